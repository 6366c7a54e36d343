import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAuthentic, MAX_STEP, makeCode, readCode } from './code.ts';
import { distanceM, isWithin, MAX_ACCURACY_CREDIT_M } from './place.ts';
import { createSteps, isShown } from './steps.ts';

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const steps = fc.integer({ min: 0, max: MAX_STEP });

describe('codes', () => {
  it('say which window and step they are of, in characters that need no escaping', () => {
    fc.assert(
      fc.property(secrets, fc.uuid(), steps, (secret, id, step) => {
        const code = makeCode(secret, id, step);
        expect(code).toMatch(/^[A-Za-z0-9_-]{46}$/);
        const parts = readCode(code)!;
        expect(parts).toMatchObject({ qrSessionId: id, step });
        expect(isAuthentic(secret, parts)).toBe(true);
        expect(readCode(`https://yoklama.example/scan#${code}`)).toEqual(parts);
      }),
    );
  });

  it('are refused when any bit of them was changed', () => {
    fc.assert(
      fc.property(secrets, fc.uuid(), steps, fc.nat(34 * 8 - 1), (secret, id, step, bit) => {
        const bytes = Buffer.from(makeCode(secret, id, step), 'base64url');
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expect(isAuthentic(secret, readCode(bytes.toString('base64url'))!)).toBe(false);
      }),
    );
  });

  it('are refused under another secret, and have one spelling', () => {
    fc.assert(
      fc.property(secrets, secrets, fc.uuid(), steps, (secret, other, id, step) => {
        fc.pre(!secret.equals(other));
        const code = makeCode(secret, id, step);
        expect(isAuthentic(other, readCode(code)!)).toBe(false);
        // The last character carries four bits that are not used.
        const last = code.at(-1)!;
        for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
          if (letter !== last) {
            const twin = readCode(code.slice(0, -1) + letter);
            expect(twin === null || !isAuthentic(secret, twin)).toBe(true);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are nothing else', () => {
    for (const text of [
      '',
      '#',
      'abc',
      'A'.repeat(45),
      'A'.repeat(47),
      `${'A'.repeat(45)}=`,
      '…'.repeat(46),
    ]) {
      expect(readCode(text), text).toBeNull();
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const parts = readCode(text);
        expect(parts === null || !isAuthentic(randomBytes(32), parts)).toBe(true);
      }),
    );
    expect(() => makeCode(randomBytes(32), '018f2b5e-7a3c-7000-8000-000000000000', MAX_STEP + 1)).toThrow(
      RangeError,
    );
  });
});

describe('steps', () => {
  const frame = { id: 'w', opensAt: new Date(1_000_000), rotateSeconds: 10, lastStep: 0 };

  it('follow the clock', () => {
    const clock = createSteps(() => 0);
    expect([0, 9999, 10_000, 25_000].map((at) => clock.current(frame, 1_000_000 + at))).toEqual([0, 0, 1, 2]);
    expect(clock.current({ ...frame, id: 'x' }, 0)).toBe(0);
  });

  it('never go back, whatever the clock says, and go on by the time that was counted', () => {
    let counted = 0;
    const clock = createSteps(() => counted);
    expect(clock.current(frame, 1_055_000)).toBe(5);
    expect(clock.current(frame, 1_020_000)).toBe(5);
    counted += 10_000;
    expect(clock.current(frame, 1_030_000)).toBe(6);
    expect(clock.current(frame, 1_071_000)).toBe(7);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(600_000), fc.nat(20_000))), (moments) => {
        let monotonic = 0;
        const steps = createSteps(() => monotonic);
        let before = 0;
        for (const [at, passed] of moments) {
          monotonic += passed;
          const step = steps.current(frame, 1_000_000 + at);
          expect(step).toBeGreaterThanOrEqual(before);
          before = step;
        }
      }),
    );
  });

  it('start where another server has come to', () => {
    expect(createSteps(() => 0).current({ ...frame, lastStep: 9 }, 1_000_000)).toBe(9);
  });

  it('let the code before pass, and neither an older nor a later one', () => {
    expect([3, 4, 5, 6].filter((step) => isShown(step, 5))).toEqual([4, 5]);
  });
});

describe('places', () => {
  const istanbul = { latitude: 41.0082, longitude: 28.9784 };
  const bishkek = { latitude: 42.8746, longitude: 74.5698 };

  it('have a distance', () => {
    expect(distanceM(istanbul, istanbul)).toBe(0);
    // A degree of latitude, and a quarter of the way round.
    expect(distanceM({ latitude: 0, longitude: 9 }, { latitude: 1, longitude: 9 })).toBeCloseTo(111_195, -1);
    expect(distanceM({ latitude: 90, longitude: 0 }, { latitude: 0, longitude: 45 })).toBeCloseTo(
      10_007_557,
      -1,
    );
    expect(distanceM(istanbul, bishkek)).toBeCloseTo(distanceM(bishkek, istanbul), 3);
    expect(
      distanceM({ latitude: 0, longitude: 179.9995 }, { latitude: 0, longitude: -179.9995 }),
    ).toBeLessThan(112);
    const places = fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    fc.assert(
      fc.property(places, places, (a, b) => {
        const there = distanceM(a, b);
        expect(there).toBeGreaterThanOrEqual(0);
        expect(there).toBeLessThanOrEqual(20_016_000);
        expect(Math.abs(there - distanceM(b, a))).toBeLessThan(0.001);
      }),
    );
  });

  it('give a device credit for its error, but not more than a little', () => {
    expect(isWithin(60, 50, 0)).toBe(false);
    expect(isWithin(60, 50, 15)).toBe(true);
    expect(isWithin(50 + MAX_ACCURACY_CREDIT_M + 1, 50, 5000)).toBe(false);
    expect(isWithin(60, 50, -100)).toBe(false);
  });
});
