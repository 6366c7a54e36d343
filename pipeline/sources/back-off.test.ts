import { describe, expect, it } from 'vitest';
import type { StreamReason } from '../messages.ts';
import { createBackOff } from './back-off.ts';
import { DEFAULT_TIMINGS } from './timings.ts';

const steady = () => 0.5;
const pauses = (reason: StreamReason, wasLive: boolean, count: number, random = steady) => {
  const backOff = createBackOff(DEFAULT_TIMINGS, random);
  return Array.from({ length: count }, () => backOff.next(reason, wasLive));
};

describe('back-off', () => {
  it('asks often for a camera that is away, and never rarer than its limit', () => {
    expect(pauses('refused', true, 5)).toEqual([250, 500, 1000, 1500, 1500]);
    const worst = Math.max(...pauses('frozen', false, 1000, () => 1));
    expect(worst).toBeLessThanOrEqual(1800);
  });

  it('does not lock an account out', () => {
    expect(pauses('wrong-credentials', false, 5)).toEqual([30_000, 60_000, 120_000, 300_000, 300_000]);
    expect(pauses('wrong-credentials', true, 4)).toEqual([2000, 2000, 120_000, 300_000]);
  });

  it('lies between for what a person has to mend', () => {
    expect(pauses('not-found', false, 6)).toEqual([2000, 2000, 5000, 10_000, 15_000, 15_000]);
  });

  it('begins anew after a good connection', () => {
    const backOff = createBackOff(DEFAULT_TIMINGS, steady);
    for (let n = 0; n < 5; n++) backOff.next('refused', true);
    backOff.reset();
    expect(backOff.next('disconnected', true)).toBe(250);
  });

  it('spreads attempts by a fifth each way', () => {
    expect(pauses('refused', true, 1, () => 0)).toEqual([200]);
    expect(pauses('refused', true, 1, () => 1)).toEqual([300]);
  });
});
