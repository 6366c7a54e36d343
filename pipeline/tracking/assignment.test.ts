import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from './assignment.ts';

const total = (costs: number[][], pairs: (number | null)[], alone: number): number =>
  pairs.reduce<number>((sum, column, row) => sum + (column === null ? alone : costs[row]![column]!), 0);

/** Tries every partial assignment. */
function bruteForce(costs: number[][], alone: number, row = 0, taken = new Set<number>()): number {
  if (row === costs.length) return 0;
  let best = alone + bruteForce(costs, alone, row + 1, taken);
  for (const [column, cost] of costs[row]!.entries()) {
    if (taken.has(column) || !Number.isFinite(cost)) continue;
    taken.add(column);
    best = Math.min(best, cost + bruteForce(costs, alone, row + 1, taken));
    taken.delete(column);
  }
  return best;
}

const cell = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 100 }).map((n) => n / 10) },
  { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
);
const matrix = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );

describe('assign', () => {
  it('costs as little as the best of all assignments, and uses a column once', () => {
    fc.assert(
      fc.property(matrix, fc.integer({ min: 0, max: 120 }), (costs, tenths) => {
        const alone = tenths / 10;
        const pairs = assign(costs, alone);
        const used = pairs.filter((column) => column !== null);
        expect(new Set(used).size).toBe(used.length);
        for (const [row, column] of pairs.entries()) {
          if (column !== null) expect(Number.isFinite(costs[row]![column]!)).toBe(true);
        }
        expect(total(costs, pairs, alone)).toBeCloseTo(bruteForce(costs, alone), 6);
      }),
      { numRuns: 500 },
    );
  });

  it('answers nothing for nothing', () => {
    expect(assign([], 1)).toEqual([]);
    expect(assign([[], []], 1)).toEqual([null, null]);
  });

  it('takes a hundred faces in a few milliseconds', () => {
    const costs = Array.from({ length: 100 }, (_, row) =>
      Array.from({ length: 100 }, (_, column) => ((row * 37 + column * 91) % 101) / 101),
    );
    const before = performance.now();
    expect(assign(costs, 2).every((column) => column !== null)).toBe(true);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
