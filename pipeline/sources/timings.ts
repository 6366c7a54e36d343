/** All in milliseconds. The defaults bring a camera back within 5 s of its return. */
export interface SourceTimings {
  /** TCP connection to the camera, before ffmpeg is started at all. */
  connect: number;
  /** From ffmpeg's start to its description of the stream. */
  describe: number;
  /** From there to the first frame: an open group of pictures has to end first. */
  firstFrame: number;
  /** No frame for this long: `stalled`. */
  stall: number;
  /** No frame for this long: ffmpeg is killed and the camera connected anew. */
  giveUp: number;
  /** First and longest pause before a new attempt at a camera that is away. */
  retryMin: number;
  retryMax: number;
}

export const DEFAULT_TIMINGS: SourceTimings = {
  connect: 2000,
  describe: 4000,
  firstFrame: 10_000,
  stall: 2000,
  giveUp: 4000,
  retryMin: 250,
  retryMax: 1500,
};
