/**
 * When the packets of a video left its source, on this machine's clock, from their RTP times.
 *
 * RTP times are evenly spaced, but their origin is anybody's guess; arrival times have the right origin, but jitter. No
 * packet arrives before it was sent, so that the smallest (arrival − RTP time) seen is the best estimate. It may creep up
 * by 0.2% to follow a clock that runs slow, and starts anew where RTP times jump; mere lateness is believed to be a jump when
 * not a single packet was better for a while. The pipeline estimates the times of its
 * frames in the same way (`atMs`), so the two agree but for what its decoder takes.
 */
export interface RtpClock {
  /** A packet with this RTP time arrived. */
  add(rtpTimestamp: number, arrivalMs: number): void;
  /** An RTP time and its capture, epoch milliseconds; null before the first packet. */
  pair(): { rtpTimestamp: number; atMs: number } | null;
}

const TICKS_PER_MS = 90;
const CREEP = 0.002;
const JUMP_MS = 2000;
const LATE_MS = 10_000;

export function createRtpClock(): RtpClock {
  let last: { rtpTimestamp: number; mediaMs: number; arrivalMs: number } | null = null;
  let origin = 0;
  /** Since when every packet has been later than a jump, and by how much the best of them. */
  let late: { sinceMs: number; least: number } | null = null;

  return {
    add(rtpTimestamp, arrivalMs) {
      // 32 bits that begin again after 13 hours; the difference is signed.
      const ticks = last ? (rtpTimestamp - last.rtpTimestamp) | 0 : 0;
      const mediaMs = (last?.mediaMs ?? 0) + ticks / TICKS_PER_MS;
      const seen = arrivalMs - mediaMs;
      if (last === null || seen < origin - JUMP_MS || ticks < -JUMP_MS * TICKS_PER_MS) {
        origin = seen;
        late = null;
      } else if (seen > origin + JUMP_MS) {
        late = { sinceMs: late?.sinceMs ?? arrivalMs, least: Math.min(late?.least ?? seen, seen) };
        if (arrivalMs - late.sinceMs > LATE_MS) {
          origin = late.least;
          late = null;
        }
      } else {
        origin = Math.min(seen, origin + Math.max(0, arrivalMs - last.arrivalMs) * CREEP);
        late = null;
      }
      last = { rtpTimestamp, mediaMs, arrivalMs };
    },
    pair: () => last && { rtpTimestamp: last.rtpTimestamp, atMs: last.mediaMs + origin },
  };
}
