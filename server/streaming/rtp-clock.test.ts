import { describe, expect, it } from 'vitest';
import { createRtpClock } from './rtp-clock.ts';

const START = 1_700_000_000_000;

/** Packets of a video of 25 frames a second, whose first has this RTP time. */
function feed(frames: number, first: number, lateMs: (n: number) => number) {
  const clock = createRtpClock();
  for (let n = 0; n < frames; n++) clock.add((first + n * 3600) >>> 0, START + n * 40 + lateMs(n));
  const pair = clock.pair()!;
  return { ...pair, errorMs: pair.atMs - (START + (frames - 1) * 40) };
}

describe('the clock of RTP times', () => {
  it('knows nothing before the first packet', () => {
    expect(createRtpClock().pair()).toBeNull();
  });

  it('believes the quickest packets, not the late ones', () => {
    const { errorMs } = feed(200, 1234, (n) => (n % 7) * 11);
    expect(errorMs).toBeGreaterThanOrEqual(0);
    expect(errorMs).toBeLessThan(2);
  });

  it('goes on when the 32 bits begin again', () => {
    const { errorMs, rtpTimestamp } = feed(100, 2 ** 32 - 50 * 3600, () => 0);
    expect(errorMs).toBeCloseTo(0);
    expect(rtpTimestamp).toBe(49 * 3600);
  });

  it('takes packets that come in another order', () => {
    const clock = createRtpClock();
    for (const n of [0, 2, 1, 4, 3]) clock.add(n * 3600, START + n * 40);
    const { rtpTimestamp, atMs } = clock.pair()!;
    expect(atMs - rtpTimestamp / 90).toBeCloseTo(START);
  });

  it('follows a source whose clock is slow', () => {
    // 100 ppm in ten minutes are 60 ms.
    const { errorMs } = feed(15_000, 0, (n) => n * 40 * 1e-4);
    expect(Math.abs(errorMs - 60)).toBeLessThan(2);
  });

  it('keeps its head when packets come seconds late for a while', () => {
    const { errorMs } = feed(400, 0, (n) => (n > 200 && n < 350 ? 3000 : 0));
    expect(errorMs).toBeLessThan(2);
    // In the midst of it.
    expect(feed(300, 0, (n) => (n > 200 ? 3000 : 0)).errorMs).toBeLessThan(2);
    expect(feed(600, 0, (n) => (n > 200 ? 3000 : 0)).errorMs).toBeGreaterThan(2990);
  });

  it('begins anew where the times jump', () => {
    const clock = createRtpClock();
    for (let n = 0; n < 10; n++) clock.add(n * 3600, START + n * 40);
    for (let n = 10; n < 20; n++) clock.add((3_000_000_000 + n * 3600) >>> 0, START + n * 40);
    expect(clock.pair()).toEqual({ rtpTimestamp: 3_000_000_000 + 19 * 3600, atMs: START + 19 * 40 });
  });
});
