import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropRunner, softmax } from './batch.ts';
import { ModelError } from './errors.ts';
import { uniformFormat } from './image.ts';
import { openSession, ScratchPool } from './runtime.ts';
import { echo } from './test-network.ts';

describe('cropRunner', () => {
  it('keeps the order over batches and costs nothing for an empty list', async () => {
    const network = await echo(2, 2, uniformFormat('grey', 0, 1), ['values']);
    const run = cropRunner(network, ['values']);
    const items = Array.from({ length: 21 }, (_, i) => i);
    const results = await run(
      items,
      (item, slot) => slot.data.fill(item, slot.offset, slot.offset + 4),
      ({ values }) => [...values!],
    );
    expect(results).toEqual(items.map((item) => [item, item, item, item]));
    expect(
      await run(
        [],
        () => expect.unreachable(),
        () => 1,
      ),
    ).toEqual([]);
    await network.session.dispose();
  });

  it('does not mix calls that overlap', async () => {
    const network = await echo(4, 4, uniformFormat('grey', 0, 1), ['values']);
    const run = cropRunner(network, ['values']);
    const call = (value: number) =>
      run(
        Array.from({ length: 10 }, () => value),
        (item, slot) => slot.data.fill(item, slot.offset, slot.offset + 16),
        ({ values }) => values![5]!,
      );
    const results = await Promise.all([1, 2, 3, 4].map(call));
    expect(results.map((values) => [...new Set(values)])).toEqual([[1], [2], [3], [4]]);
    await network.session.dispose();
  });
});

describe('openSession', () => {
  it('refuses what is no network, with the name of the file', async () => {
    const error = await openSession(Buffer.from('not a network'), 'The detector model').catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({
      code: 'model-unusable',
      message: expect.stringContaining('The detector model'),
    });
  });
});

describe('ScratchPool', () => {
  it('lends the same memory again, and other memory while it is out', async () => {
    const pool = new ScratchPool(Uint8Array);
    const first = await pool.use(10, async (memory) => memory);
    const second = await pool.use(8, async (memory) => {
      const other = await pool.use(8, async (inner) => inner);
      expect(other.buffer).not.toBe(memory.buffer);
      return memory;
    });
    expect(second.buffer).toBe(first.buffer);
    expect(second).toHaveLength(8);
  });

  it('takes memory back when the work fails', async () => {
    const pool = new ScratchPool(Float32Array);
    const first = await pool.use(4, async (memory) => memory);
    await expect(pool.use(4, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await pool.use(4, async (memory) => memory.buffer)).toBe(first.buffer);
  });
});

describe('softmax', () => {
  it('sums to one and survives any logits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 70 }),
        (logits) => {
          const values = softmax(logits);
          expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
          expect(values[logits.indexOf(Math.max(...logits))]).toBe(Math.max(...values));
        },
      ),
    );
  });
});
