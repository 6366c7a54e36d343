import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Affine,
  applyAffine,
  type Box,
  boundingBox,
  cropTransform,
  invertAffine,
  iou,
  nonMaximumSuppression,
  type Point,
  similarityTransform,
  squareAround,
} from './geometry.ts';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const box = fc.tuple(
  number(-500, 2000),
  number(-500, 2000),
  number(1, 800),
  number(1, 800),
) as fc.Arbitrary<Box>;
const point = fc.tuple(number(-2000, 2000), number(-2000, 2000)) as fc.Arbitrary<Point>;

describe('iou', () => {
  it('is symmetric, within 0…1, and 1 for a box with itself', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(iou(a, b)).toBeCloseTo(iou(b, a), 10);
        expect(iou(a, b)).toBeGreaterThanOrEqual(0);
        expect(iou(a, b)).toBeLessThanOrEqual(1);
        expect(iou(a, a)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('counts shared area: two boxes that share half of each', () => {
    expect(iou([0, 0, 10, 10], [5, 0, 10, 10])).toBeCloseTo(50 / 150, 12);
    expect(iou([0, 0, 10, 10], [10, 0, 10, 10])).toBe(0);
    expect(iou([0, 0, 0, 10], [0, 0, 0, 10])).toBe(0);
  });
});

describe('nonMaximumSuppression', () => {
  const candidates = fc.array(fc.record({ box, score: number(0, 1) }), { maxLength: 40 });

  it('keeps no two that overlap more than allowed, and only drops what a better one covers', () => {
    fc.assert(
      fc.property(candidates, number(0, 0.9), (list, threshold) => {
        const kept = nonMaximumSuppression(list, threshold);
        for (const [i, a] of kept.entries()) {
          for (const b of kept.slice(i + 1)) expect(iou(a.box, b.box)).toBeLessThanOrEqual(threshold);
        }
        for (const dropped of list.filter((candidate) => !kept.includes(candidate))) {
          expect(kept.some((k) => k.score >= dropped.score && iou(k.box, dropped.box) > threshold)).toBe(
            true,
          );
        }
      }),
    );
  });

  it('is idempotent and does not reorder its input', () => {
    fc.assert(
      fc.property(candidates, (list) => {
        const before = [...list];
        const kept = nonMaximumSuppression(list, 0.3);
        expect(list).toEqual(before);
        expect(nonMaximumSuppression(kept, 0.3)).toEqual(kept);
      }),
    );
  });
});

describe('similarityTransform', () => {
  const five = fc.array(point, { minLength: 5, maxLength: 5 });

  it('finds a rotation, scale and shift again', () => {
    fc.assert(
      fc.property(five, number(-3, 3), number(0.05, 20), point, (from, angle, scale, [tx, ty]) => {
        const [, , width, height] = boundingBox(from.flat());
        fc.pre(width + height > 1);
        const a = scale * Math.cos(angle);
        const b = scale * Math.sin(angle);
        const map: Affine = [a, -b, tx, b, a, ty];
        const found = similarityTransform(
          from,
          from.map((p) => applyAffine(map, p)),
        );
        from.forEach((p) => {
          const [x, y] = applyAffine(map, p);
          const [u, v] = applyAffine(found, p);
          expect(Math.hypot(u - x, v - y)).toBeLessThan(1e-6 * (1 + Math.abs(x) + Math.abs(y)) * (1 + scale));
        });
      }),
    );
  });

  it('never mirrors, whatever it is given', () => {
    fc.assert(
      fc.property(five, five, (from, to) => {
        const [a, b, , c, d] = similarityTransform(from, to);
        expect(a * d - b * c).toBeGreaterThanOrEqual(0);
        expect(a).toBe(d);
        expect(b).toBe(-c);
      }),
    );
  });

  it('is the least-squares optimum: small changes only make it worse', () => {
    fc.assert(
      fc.property(five, five, number(-0.01, 0.01), number(-0.01, 0.01), (from, to, da, db) => {
        const best = similarityTransform(from, to);
        const error = (m: Affine) =>
          from.reduce((sum, p, i) => {
            const [x, y] = applyAffine(m, p);
            return sum + (x - to[i]![0]) ** 2 + (y - to[i]![1]) ** 2;
          }, 0);
        const [a, b, tx, c, d, ty] = best;
        const changed: Affine = [a + da, b - db, tx, c + db, d + da, ty];
        expect(error(changed)).toBeGreaterThanOrEqual(error(best) * (1 - 1e-9) - 1e-3);
      }),
    );
  });

  it('becomes a shift where all points coincide', () => {
    expect(
      similarityTransform(
        [
          [1, 1],
          [1, 1],
        ],
        [
          [4, 5],
          [4, 5],
        ],
      ),
    ).toEqual([1, -0, 3, 0, 1, 4]);
  });
});

describe('invertAffine', () => {
  it('undoes a map', () => {
    fc.assert(
      fc.property(number(0.1, 5), number(-3, 3), point, point, (scale, angle, [tx, ty], p) => {
        const a = scale * Math.cos(angle);
        const b = scale * Math.sin(angle);
        const map: Affine = [a, -b, tx, b, a, ty];
        const [x, y] = applyAffine(invertAffine(map), applyAffine(map, p));
        expect(Math.hypot(x - p[0], y - p[1])).toBeLessThan(1e-6);
      }),
    );
  });

  it('refuses a map that flattens the plane', () => {
    expect(() => invertAffine([1, 1, 0, 1, 1, 0])).toThrow(RangeError);
    expect(() => invertAffine([Number.NaN, 0, 0, 0, 1, 0])).toThrow(RangeError);
  });
});

describe('boxes', () => {
  it('squares have the longer side and the same centre', () => {
    fc.assert(
      fc.property(box, number(0.5, 3), (b, scale) => {
        const [x, y, width, height] = squareAround(b, scale);
        expect(width).toBe(height);
        expect(width).toBeCloseTo(Math.max(b[2], b[3]) * scale, 9);
        expect(x + width / 2).toBeCloseTo(b[0] + b[2] / 2, 6);
        expect(y + height / 2).toBeCloseTo(b[1] + b[3] / 2, 6);
      }),
    );
  });

  it('a crop at its own size reads pixel for pixel', () => {
    const map = cropTransform([10, 20, 8, 6], 8, 6);
    expect(applyAffine(map, [0, 0])).toEqual([10, 20]);
    expect(applyAffine(map, [7, 5])).toEqual([17, 25]);
  });

  it('bounds of no points are empty', () => {
    expect(boundingBox([])).toEqual([0, 0, 0, 0]);
    expect(boundingBox([3, 4, 1, 9])).toEqual([1, 4, 2, 5]);
  });
});
