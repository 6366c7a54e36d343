/**
 * Turns media times into wall-clock times of capture.
 *
 * A camera's timestamps are evenly spaced but have an unknown origin; arrival times have the right origin but
 * jitter with the network, the decoder and a busy event loop. A frame never arrives before it was taken, so the
 * smallest (arrival − media time) seen is the best estimate of the origin. It may creep up by 0.2% to follow a
 * camera clock that runs slow, and starts anew when timestamps jump.
 *
 * A busy machine reads frames seconds late without their times having jumped: lateness is believed to be one only when
 * not a single frame was better for a while.
 */
export interface CaptureClock {
  /** Epoch milliseconds, not after `arrivalMs` and rising from call to call. */
  at(mediaMs: number | null, arrivalMs: number): number;
  /** A new connection: its media times have another origin. Times go on rising. */
  restart(): void;
}

const CREEP = 0.002;
const JUMP_MS = 2000;
const LATE_MS = 10_000;

export function createCaptureClock(): CaptureClock {
  let origin: number | null = null;
  let lastArrival = 0;
  let lastMedia = 0;
  let last = 0;
  /** Since when every frame has been later than a jump, and by how much the best of them. */
  let late: { sinceMs: number; least: number } | null = null;

  return {
    at(mediaMs, arrivalMs) {
      let at = arrivalMs;
      if (mediaMs !== null) {
        const seen = arrivalMs - mediaMs;
        if (origin === null || seen < origin - JUMP_MS || mediaMs < lastMedia) {
          origin = seen;
          late = null;
        } else if (seen > origin + JUMP_MS) {
          late = { sinceMs: late?.sinceMs ?? arrivalMs, least: Math.min(late?.least ?? seen, seen) };
          if (arrivalMs - late.sinceMs > LATE_MS) {
            origin = late.least;
            late = null;
          }
        } else {
          origin = Math.min(seen, origin + (arrivalMs - lastArrival) * CREEP);
          late = null;
        }
        lastArrival = arrivalMs;
        lastMedia = mediaMs;
        at = Math.min(arrivalMs, mediaMs + origin);
      }
      last = Math.max(Math.round(at), last + 1);
      return last;
    },
    restart() {
      origin = null;
      late = null;
    },
  };
}
