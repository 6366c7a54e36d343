import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCaptureClock } from './capture-clock.ts';

const T0 = 1_700_000_000_000;

describe('CaptureClock', () => {
  it('takes the jitter of the arrival out', () => {
    const clock = createCaptureClock();
    const jitter = [0, 5, 80, 300, 2, 40, 0, 150];
    const times = jitter.map((late, n) => clock.at(n * 200, T0 + n * 200 + late));
    expect(times[0]).toBe(T0);
    for (const [n, at] of times.entries()) expect(Math.abs(at - (T0 + n * 200))).toBeLessThanOrEqual(3);
  });

  it('comes down to the least delay after a slow start', () => {
    const clock = createCaptureClock();
    clock.at(0, T0 + 700);
    clock.at(40, T0 + 700);
    expect(clock.at(1000, T0 + 1045)).toBe(T0 + 1045);
    expect(clock.at(1200, T0 + 1300) - (T0 + 1245)).toBeLessThanOrEqual(1);
  });

  it('follows a camera whose clock runs slow', () => {
    const clock = createCaptureClock();
    let late = 0;
    for (let n = 0; n < 3600; n++) {
      const arrival = T0 + n * 1000;
      late = arrival - clock.at(n * 999.9, arrival);
    }
    expect(late).toBeLessThan(5);
  });

  it('starts anew when timestamps jump, or at a new connection', () => {
    const clock = createCaptureClock();
    clock.at(0, T0);
    expect(clock.at(90_000_000, T0 + 200)).toBe(T0 + 200);
    expect(clock.at(10, T0 + 400)).toBe(T0 + 400);
    clock.restart();
    expect(clock.at(500, T0 + 700)).toBe(T0 + 700);
  });

  it('keeps its head while a busy machine reads frames seconds late', () => {
    const clock = createCaptureClock();
    for (let n = 0; n < 100; n++) {
      // Between the fourth and the tenth second everything comes up to four seconds late, in its order.
      const late = n < 20 ? 0 : Math.max(0, 4000 - Math.abs(n - 35) * 250);
      expect(Math.abs(clock.at(n * 200, T0 + n * 200 + late) - (T0 + n * 200))).toBeLessThan(20);
    }
  });

  it('gives in when frames stay late: the camera’s clock has stood still', () => {
    const clock = createCaptureClock();
    clock.at(0, T0);
    let at = 0;
    for (let n = 1; n < 80; n++) at = clock.at(n * 200, T0 + 3000 + n * 200 + (n % 3) * 20);
    expect(Math.abs(at - (T0 + 3000 + 79 * 200))).toBeLessThan(5);
  });

  it('goes by the arrival where there are no timestamps', () => {
    const clock = createCaptureClock();
    expect(clock.at(null, T0)).toBe(T0);
    expect(clock.at(null, T0 + 33)).toBe(T0 + 33);
  });

  it('always rises', () => {
    const step = fc.record({
      media: fc.option(fc.integer({ min: -5000, max: 100_000 })),
      wait: fc.integer({ min: 0, max: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const clock = createCaptureClock();
        let now = T0;
        let last = 0;
        for (const { media, wait } of steps) {
          now += wait;
          const at = clock.at(media, now);
          expect(at).toBeGreaterThan(last);
          last = at;
        }
      }),
    );
  });
});
