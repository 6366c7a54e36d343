import type { ShownFrame } from './watcher.ts';

/** When shown frames were captured, on the server's clock. */
export interface PictureClock {
  /** Another video, with times of its own. */
  begin(id: string): void;
  /** What the server says: a frame with this RTP time was captured at `atMs`; its clock shows `nowMs`. */
  set(said: { id: string; rtpTimestamp: number; atMs: number; nowMs: number }): void;
  captureTime(frame: ShownFrame): number | null;
}

/** RTP counts the times of videos with 90 kHz (RFC 3551). */
const TICKS_PER_MS = 90;
/** A frame that seems so old is one of the video before. */
const OLDEST_MS = 20_000;

/**
 * A browser that tells each frame's RTP time (Chromium, Firefox, Safari) is told its capture to the millisecond, whatever its
 * own clock shows. Elsewhere the time of arrival has to do, in the server's clock as far as a message's way tells it.
 */
export function createPictureClock(now: () => number = Date.now): PictureClock {
  let current: string | null = null;
  let pair: { rtpTimestamp: number; atMs: number } | null = null;
  let aheadMs: number | null = null;

  return {
    begin(id) {
      if (current !== id) pair = null;
      current = id;
    },
    set({ id, rtpTimestamp, atMs, nowMs }) {
      // The message that was the quickest says the most.
      const ahead = nowMs - now();
      aheadMs = aheadMs === null ? ahead : Math.max(ahead, aheadMs - 1);
      if (current !== null && current !== id) return;
      pair = { rtpTimestamp, atMs };
      current = id;
    },
    captureTime({ rtpTimestamp, receiveTime }) {
      if (aheadMs === null) return null;
      const serverMs = now() + aheadMs;
      let at: number | null = null;
      if (rtpTimestamp !== undefined) {
        // 32 bits that begin again after 13 hours; the difference is signed.
        if (pair) at = pair.atMs + ((rtpTimestamp - pair.rtpTimestamp) | 0) / TICKS_PER_MS;
      } else if (receiveTime !== undefined) at = performance.timeOrigin + receiveTime + aheadMs;
      return at !== null && Math.abs(serverMs - at) < OLDEST_MS ? at : null;
    },
  };
}
