import { describe, expect, it } from 'vitest';
import { createBufferPool } from './buffer-pool.ts';

describe('BufferPool', () => {
  it('lends the same memory again and never more than its limit', () => {
    const pool = createBufferPool(2);
    const first = pool.tryTake(12)!;
    const second = pool.tryTake(12)!;
    expect(first).toHaveLength(12);
    expect(pool.tryTake(12)).toBeNull();
    pool.give(first);
    expect(pool.tryTake(12)).toBe(first);
    pool.give(second);
    expect(pool.lent()).toBe(1);
  });

  it('gives a new size its own buffers', () => {
    const pool = createBufferPool(2);
    const small = pool.tryTake(3)!;
    pool.give(small);
    const large = pool.tryTake(300)!;
    expect(large).toHaveLength(300);
    pool.give(large);
    expect(pool.tryTake(3)).not.toBe(small);
  });

  it('ignores what is given twice or never was its own', () => {
    const pool = createBufferPool(1);
    const buffer = pool.tryTake(3)!;
    pool.give(buffer);
    pool.give(buffer);
    pool.give(new Uint8Array(3));
    expect(pool.tryTake(3)).toBe(buffer);
    expect(pool.tryTake(3)).toBeNull();
  });

  it('lets one wait for a buffer', async () => {
    const pool = createBufferPool(1);
    const buffer = pool.tryTake(3)!;
    let got: Uint8Array | null = null;
    const waiting = pool.take(6).then((b) => {
      got = b;
    });
    await Promise.resolve();
    expect(got).toBeNull();
    pool.give(buffer);
    await waiting;
    expect(got).toHaveLength(6);
    expect(pool.lent()).toBe(1);
  });
});
