/**
 * Turns media times into wall-clock times of capture.
 *
 * A camera's timestamps are evenly spaced but have an unknown origin; arrival times have the right origin but
 * jitter with the network, the decoder and a busy event loop. A frame never arrives before it was taken, so the
 * smallest (arrival − media time) seen is the best estimate of the origin. It may creep up by 0.2% to follow a
 * camera clock that runs slow, and starts anew when timestamps jump.
 */
export interface CaptureClock {
  /** Epoch milliseconds, not after `arrivalMs` and rising from call to call. */
  at(mediaMs: number | null, arrivalMs: number): number;
  /** A new connection: its media times have another origin. Times go on rising. */
  restart(): void;
}

const CREEP = 0.002;
const JUMP_MS = 2000;

export function createCaptureClock(): CaptureClock {
  let origin: number | null = null;
  let lastArrival = 0;
  let lastMedia = 0;
  let last = 0;

  return {
    at(mediaMs, arrivalMs) {
      let at = arrivalMs;
      if (mediaMs !== null) {
        const seen = arrivalMs - mediaMs;
        if (origin === null || Math.abs(seen - origin) > JUMP_MS || mediaMs < lastMedia) origin = seen;
        else origin = Math.min(seen, origin + (arrivalMs - lastArrival) * CREEP);
        lastArrival = arrivalMs;
        lastMedia = mediaMs;
        at = Math.min(arrivalMs, mediaMs + origin);
      }
      last = Math.max(Math.round(at), last + 1);
      return last;
    },
    restart() {
      origin = null;
    },
  };
}
