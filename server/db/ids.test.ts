import { expect, it } from 'vitest';
import { newId } from './ids.ts';

it('makes UUIDs of version 7 that sort by creation, also within a millisecond and when the clock goes back', () => {
  const at = Date.now() + 1000;
  const ids = Array.from({ length: 20_000 }, (_, index) => newId(index % 3 === 0 ? at - 50 : at));
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids.slice(0, 50)) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  expect(Number.parseInt(ids[1]!.slice(0, 8) + ids[1]!.slice(9, 13), 16)).toBeGreaterThanOrEqual(at);
});
