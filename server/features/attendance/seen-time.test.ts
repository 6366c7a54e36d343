import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeenTime } from './seen-time.ts';

describe('seen time', () => {
  it('bridges short gaps and leaves out long ones', () => {
    const seen = createSeenTime(5000);
    for (const at of [0, 2000, 4000, 60_000, 61_000]) seen.saw('a', at);
    expect(seen.get('a')).toEqual({ firstSeenAt: 0, lastSeenAt: 61_000, seenMs: 5000 });
  });

  it('counts a student once whom two cameras see', () => {
    const one = createSeenTime(5000);
    const two = createSeenTime(5000);
    for (let at = 0; at <= 10_000; at += 500) {
      one.saw('a', at);
      two.saw('a', at);
      two.saw('a', at - 120);
    }
    expect(two.get('a')!.seenMs).toBe(one.get('a')!.seenMs);
  });

  it('continues after a restart without counting the gap', () => {
    const seen = createSeenTime(5000);
    seen.restore('a', { firstSeenAt: 0, lastSeenAt: 10_000, seenMs: 9000 });
    seen.saw('a', 40_000);
    seen.saw('a', 41_000);
    expect(seen.get('a')).toEqual({ firstSeenAt: 0, lastSeenAt: 41_000, seenMs: 10_000 });
  });

  it('goes on counting when the clock was set back', () => {
    const seen = createSeenTime(5000);
    const hour = 3_600_000;
    for (const at of [hour, hour + 2000, 1000, 3000, 6000]) seen.saw('a', at);
    expect(seen.get('a')).toEqual({ firstSeenAt: 1000, lastSeenAt: hour + 2000, seenMs: 7000 });
  });

  it('hands out each change once', () => {
    const seen = createSeenTime(5000);
    seen.saw('a', 1);
    expect(seen.takeChanged().map(([id]) => id)).toEqual(['a']);
    expect(seen.takeChanged()).toEqual([]);
  });

  it('never counts more than the time between first and last sight', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60_000), { minLength: 1 }), (times) => {
        const seen = createSeenTime(5000);
        for (const at of times) seen.saw('a', at);
        const tally = seen.get('a')!;
        expect(tally.seenMs).toBeLessThanOrEqual(tally.lastSeenAt - tally.firstSeenAt);
        expect(tally.lastSeenAt).toBe(Math.max(...times));
      }),
    );
  });
});
