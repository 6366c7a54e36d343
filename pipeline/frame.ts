import type { RgbImage } from '../models/image.ts';

/**
 * One sampled picture of a source: rgb24, rows without padding, `data.length === width * height * 3`.
 *
 * `data` is lent: it belongs to the source's pool and is overwritten after `VideoSource.release(frame)`. Whoever
 * takes a frame releases it exactly when done with it; whoever needs pixels longer copies them.
 */
export interface Frame extends RgbImage {
  /** Counts the frames that a source handed over, from 0, across reconnects and loops. */
  seq: number;
  /** Epoch milliseconds of the capture, rising from frame to frame. */
  atMs: number;
  /** Seconds since the source's first frame: a file's own time, or a camera's uptime. */
  mediaTimeS: number;
}
