import type { types } from 'mediasoup';
import { createRtpClock } from '../../streaming/rtp-clock.ts';

/** What is known of a consumer's times, told whenever it has been looked at. */
export interface PictureClock {
  close(): void;
}

/** Every packet that is traced costs the server a message: a few frames now and then are enough. */
const LOOK_MS = { first: 1000, last: 5000 };
const FIRST_FRAMES = 12;
const FRAMES = 5;

/**
 * Learns when the frames that a viewer gets were captured: from the RTP times of packets as the viewer gets them and the
 * times at which they came. The sender reports of the media worker would say the same with the jitter of single packets,
 * and in the viewer's clock.
 */
export function followClock(
  consumer: types.Consumer,
  onPair: (pair: { rtpTimestamp: number; atMs: number }) => void,
): PictureClock {
  const clock = createRtpClock();
  let wanted = FIRST_FRAMES;
  const seen = new Set<number>();
  let looking = false;
  let pauseMs = LOOK_MS.first;
  let timer: NodeJS.Timeout | undefined;

  const look = (on: boolean): void => {
    if (looking === on || consumer.closed) return;
    looking = on;
    seen.clear();
    consumer.enableTraceEvent(on ? ['rtp'] : []).catch(() => undefined);
  };
  consumer.on('trace', ({ type, timestamp, info }) => {
    if (type !== 'rtp' || !looking) return;
    const { rtpPacket, isRtx } = info as { rtpPacket: { timestamp: number } | null; isRtx: boolean };
    if (!rtpPacket || isRtx) return;
    clock.add(rtpPacket.timestamp, epochOf(timestamp));
    seen.add(rtpPacket.timestamp);
    if (seen.size === 1 && wanted === FIRST_FRAMES) tell();
    if (seen.size < wanted) return;
    wanted = FRAMES;
    look(false);
    tell();
    timer = setTimeout(() => look(true), pauseMs);
    pauseMs = Math.min(2 * pauseMs, LOOK_MS.last);
  });
  function tell(): void {
    const pair = clock.pair();
    if (pair) onPair(pair);
  }
  look(true);

  return {
    close() {
      clearTimeout(timer);
      look(false);
    },
  };
}

/** The media worker counts the system's monotonic milliseconds, as this process does. */
function epochOf(monotonicMs: number): number {
  return Date.now() - (Number(process.hrtime.bigint()) / 1e6 - monotonicMs);
}
