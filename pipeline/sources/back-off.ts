import type { StreamReason } from '../messages.ts';

/**
 * How long to wait before the next attempt at a camera.
 *
 * A camera that is merely away is asked often: knocking costs one TCP connection, and it has to be back with
 * frames within 5 s of its return. One that refuses the password is asked rarely, because cameras lock accounts
 * out after a few attempts. What a person has to change first (no such path, no picture in it) lies between.
 */
export interface BackOff {
  /** Milliseconds; `wasLive` says whether these settings have ever given a picture. */
  next(reason: StreamReason, wasLive: boolean): number;
  /** The camera is well: begin anew. */
  reset(): void;
}

const SECOND = 1000;
/** By a person's hand, or after a reboot during which a camera may answer strangely. */
const SLOW = [2, 2, 5, 10, 15].map((s) => s * SECOND);
const LOCKOUT = [30, 60, 120, 300].map((s) => s * SECOND);

export function createBackOff(
  limits: { retryMin: number; retryMax: number },
  random: () => number = Math.random,
): BackOff {
  let failures = 0;

  return {
    next(reason, wasLive) {
      const n = failures++;
      const wait = pause(reason, wasLive, n, limits);
      // ± 20%, so that cameras behind one switch do not all come back in the same moment.
      return Math.round(wait * (0.8 + 0.4 * random()));
    },
    reset() {
      failures = 0;
    },
  };
}

/** Reasons that stay until a person does something. */
export function needsPerson(reason: StreamReason): boolean {
  return ['wrong-credentials', 'forbidden', 'not-found', 'no-video', 'unsupported-codec'].includes(reason);
}

function pause(
  reason: StreamReason,
  wasLive: boolean,
  failures: number,
  limits: { retryMin: number; retryMax: number },
): number {
  if (reason === 'wrong-credentials' || reason === 'forbidden') {
    // Right until now: the camera may be starting up. Two quick attempts do not lock an account.
    if (wasLive && failures < 2) return 2 * SECOND;
    return LOCKOUT[Math.min(failures, LOCKOUT.length - 1)]!;
  }
  if (needsPerson(reason)) return SLOW[Math.min(failures, SLOW.length - 1)]!;
  return Math.min(limits.retryMax, limits.retryMin * 2 ** Math.min(failures, 16));
}
