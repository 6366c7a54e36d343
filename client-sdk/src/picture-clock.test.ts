import { describe, expect, it } from 'vitest';
import { createPictureClock } from './picture-clock.ts';

const HERE = 1_700_000_000_000;
/** The server's clock is so much ahead of the browser's. */
const AHEAD = 3_600_000;

function clockAt(here = () => HERE) {
  const clock = createPictureClock(here);
  clock.begin('a');
  clock.set({ id: 'a', rtpTimestamp: 900_000, atMs: HERE + AHEAD - 80, nowMs: HERE + AHEAD });
  return clock;
}

describe('the clock of a picture', () => {
  it('knows nothing before the server has spoken', () => {
    expect(createPictureClock().captureTime({ rtpTimestamp: 1, receiveTime: 1 })).toBeNull();
  });

  it('counts from the frame that the server named, in the server’s clock', () => {
    const clock = clockAt();
    expect(clock.captureTime({ rtpTimestamp: 900_000 })).toBe(HERE + AHEAD - 80);
    expect(clock.captureTime({ rtpTimestamp: 900_000 + 3600 })).toBe(HERE + AHEAD - 40);
    expect(clock.captureTime({ rtpTimestamp: 900_000 - 3600 })).toBe(HERE + AHEAD - 120);
  });

  it('goes on when the 32 bits begin again', () => {
    const clock = clockAt();
    clock.set({ id: 'a', rtpTimestamp: 2 ** 32 - 1800, atMs: HERE + AHEAD - 20, nowMs: HERE + AHEAD });
    expect(clock.captureTime({ rtpTimestamp: 1800 })).toBe(HERE + AHEAD + 20);
  });

  it('says nothing of frames of the video before', () => {
    const clock = clockAt();
    clock.begin('b');
    expect(clock.captureTime({ rtpTimestamp: 900_000 })).toBeNull();
    clock.set({ id: 'a', rtpTimestamp: 900_000, atMs: HERE + AHEAD, nowMs: HERE + AHEAD });
    expect(clock.captureTime({ rtpTimestamp: 900_000 })).toBeNull();
    clock.set({ id: 'b', rtpTimestamp: 77, atMs: HERE + AHEAD, nowMs: HERE + AHEAD });
    expect(clock.captureTime({ rtpTimestamp: 77 })).toBe(HERE + AHEAD);
    // Of the old video, still on the screen.
    expect(clock.captureTime({ rtpTimestamp: 900_000_000 })).toBeNull();
  });

  it('takes the arrival where the browser tells no RTP time', () => {
    let now = HERE;
    const clock = clockAt(() => now);
    now = performance.timeOrigin + 5000;
    clock.set({ id: 'a', rtpTimestamp: 1, atMs: now + AHEAD, nowMs: now + AHEAD });
    expect(clock.captureTime({ receiveTime: 5000 })).toBeCloseTo(now + AHEAD, 0);
    expect(clock.captureTime({})).toBeNull();
  });
});
