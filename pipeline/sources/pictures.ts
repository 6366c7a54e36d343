import type { PushedPicture, Sampling } from '../messages.ts';
import { createCaptureClock } from './capture-clock.ts';
import { createOutlet } from './outlet.ts';
import { decodePicture, PictureError } from './picture-decoder.ts';
import type { SourceEvents, SourceOptions, VideoSource } from './source.ts';
import { DEFAULT_TIMINGS } from './timings.ts';
import { createWatchdog } from './watchdog.ts';

/** One being looked at, one waiting, one being decoded. */
const BUFFERS = 3;

/**
 * A browser that sends its camera's picture as JPEGs, because no media connection comes up where it is. They are handed
 * in by `take`, one at a time; whoever asks the browser for them sees to the rate.
 */
export function createPicturesSource(
  sampling: Sampling,
  options: SourceOptions,
  events: SourceEvents,
): VideoSource {
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const outlet = createOutlet(events, BUFFERS);
  const clock = createCaptureClock();
  const periodMs = sampling.mode === 'fps' ? 1000 / sampling.fps : 1000;
  const watchdog = createWatchdog({
    onStall: () => outlet.tell('stalled', 'frozen', 'no picture lately'),
    // Whoever sends them is watched by the server: its socket's end is this source's.
    onGiveUp: () => undefined,
  });
  let decoding: Promise<unknown> | null = null;
  let firstAtMs: number | null = null;
  let skipped = 0;
  let stopped = false;

  async function decode({ jpeg, takenMs, arrivedAtMs }: PushedPicture): Promise<boolean> {
    let picture: Awaited<ReturnType<typeof decodePicture>>;
    try {
      picture = await decodePicture(jpeg, options.maxWidth);
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      if (outlet.state() !== 'live') outlet.tell('connecting', 'corrupt', error.message);
      return false;
    }
    const { width, height, data } = picture;
    // A clock that is told nothing usable goes by arrivals.
    const atMs = clock.at(Number.isFinite(takenMs) ? takenMs : null, arrivedAtMs);
    const buffer = outlet.pool.tryTake(data.length);
    if (buffer === null) {
      skipped++;
      return true;
    }
    buffer.set(data);
    firstAtMs ??= atMs;
    watchdog.expect({
      stallMs: Math.max(timings.stall, 3 * periodMs),
      giveUpMs: Number.POSITIVE_INFINITY,
    });
    outlet.deliver({ width, height, ptsS: null }, buffer, atMs, (atMs - firstAtMs) / 1000);
    return true;
  }

  return {
    start() {
      outlet.setCodec('mjpeg');
      outlet.tell('connecting', 'starting', 'waiting for the first picture');
    },
    async take(picture) {
      if (stopped || decoding !== null) return !stopped;
      const work = decode(picture);
      decoding = work;
      try {
        return await work;
      } finally {
        decoding = null;
      }
    },
    async stop() {
      stopped = true;
      outlet.close();
      watchdog.stop();
      await decoding?.catch(() => undefined);
    },
    release: outlet.release,
    stats: () => ({ delivered: outlet.delivered(), skipped }),
  };
}
