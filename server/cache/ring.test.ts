import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRing } from './ring.ts';

const SIZE = 1000;
const LARGEST = SIZE / 4;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      put: fc.constantFrom(...'abcdefghijkl'),
      parts: fc.array(fc.uint8Array({ maxLength: 150 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ remove: fc.constantFrom(...'abcdefghijkl') }) },
);

describe('a ring of bytes', () => {
  it('gives back what was put, or nothing once it was overwritten, and keeps the newest', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const kept = new Map<string, Buffer>();
        const ring = createRing(SIZE, (key) => expect(kept.delete(key)).toBe(true));
        for (const one of steps) {
          if ('remove' in one) {
            kept.delete(one.remove);
            ring.delete(one.remove);
          } else {
            const parts = one.parts.map((part) => Buffer.from(part));
            const value = Buffer.concat(parts);
            kept.delete(one.put);
            const fits = value.length <= LARGEST;
            expect(ring.put(one.put, parts)).toBe(fits);
            if (fits) kept.set(one.put, value);
          }
          for (const key of 'abcdefghijkl') expect(ring.get(key)).toEqual(kept.get(key) ?? null);
        }
      }),
    );
  });

  it('holds as much as it has room for', () => {
    const gone: string[] = [];
    const ring = createRing(SIZE, (key) => gone.push(key));
    for (let at = 0; at < 25; at++) ring.put(`${at}`, [Buffer.alloc(100, at)]);
    expect(gone).toEqual(Array.from({ length: 15 }, (_, at) => `${at}`));
    for (let at = 15; at < 25; at++) expect(ring.get(`${at}`)).toEqual(Buffer.alloc(100, at));
    ring.clear();
    expect(ring.get('24')).toBeNull();
  });
});
