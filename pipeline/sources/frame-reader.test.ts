import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBufferPool } from './buffer-pool.ts';
import { createFrameReader, type FrameHeader } from './frame-reader.ts';

const header = (width: number, height: number, ptsS = 0): FrameHeader => ({ width, height, ptsS });

function setUp(limit = 4, wait = false) {
  const pool = createBufferPool(limit);
  const frames: { header: FrameHeader; data: Uint8Array }[] = [];
  const reader = createFrameReader({
    pool,
    wait,
    onFrame: (h, data) => {
      frames.push({ header: h, data });
    },
  });
  return { pool, frames, reader };
}

describe('FrameReader', () => {
  it('puts frames of any size together from chunks of any size', async () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }),
        async (all, cuts) => {
          const { pool, frames, reader } = setUp(all.length);
          const sent = all.map(([w, h], n) => Buffer.alloc(w * h * 3, n + 1));
          for (const [n, [w, h]] of all.entries()) reader.header(header(w, h, n));
          let bytes = Buffer.concat(sent);
          for (let n = 0; bytes.length > 0; n++) {
            const cut = cuts[n % cuts.length]!;
            await reader.data(bytes.subarray(0, cut));
            bytes = bytes.subarray(cut);
          }
          expect(frames.map((f) => Buffer.from(f.data))).toEqual(sent);
          expect(frames.map((f) => f.header.ptsS)).toEqual(all.map((_, n) => n));
          expect(pool.lent()).toBe(all.length);
        },
      ),
    );
  });

  it('waits for the header when the pixels are faster', async () => {
    const { frames, reader } = setUp();
    const read = reader.data(Buffer.alloc(3, 5));
    await Promise.resolve();
    expect(frames).toHaveLength(0);
    reader.header(header(1, 1, 2));
    await read;
    expect(frames).toMatchObject([{ header: { ptsS: 2 } }]);
  });

  it('throws a frame away when every buffer is lent, and stays in step', async () => {
    const { pool, frames, reader } = setUp(1);
    for (const n of [0, 1, 2]) reader.header(header(1, 1, n));
    await reader.data(Buffer.from([1, 1, 1, 2, 2, 2]));
    expect(reader.skipped()).toBe(1);
    pool.give(frames[0]!.data);
    await reader.data(Buffer.from([3, 3, 3]));
    expect(frames.map((f) => f.header.ptsS)).toEqual([0, 2]);
    expect(frames[1]!.data[0]).toBe(3);
  });

  it('waits for a buffer where nothing may be lost', async () => {
    const { pool, frames, reader } = setUp(1, true);
    reader.header(header(1, 1, 0));
    reader.header(header(1, 1, 1));
    let done = false;
    const read = reader.data(Buffer.from([1, 1, 1, 2, 2, 2])).then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([frames.length, done]).toEqual([1, false]);
    pool.give(frames[0]!.data);
    await read;
    expect(frames[1]!.data[0]).toBe(2);
  });

  it('gives half a frame back when it is closed, also one that it is waiting for', async () => {
    const half = setUp(1);
    half.reader.header(header(1, 1));
    await half.reader.data(Buffer.from([1]));
    half.reader.close();
    expect(half.pool.lent()).toBe(0);

    const waiting = setUp(1, true);
    const taken = waiting.pool.tryTake(3)!;
    waiting.reader.header(header(1, 1));
    const read = waiting.reader.data(Buffer.from([1, 1, 1]));
    waiting.reader.close();
    waiting.pool.give(taken);
    await read;
    expect(waiting.pool.lent()).toBe(0);
    expect(waiting.frames).toHaveLength(0);
  });

  it('refuses headers without end', () => {
    const { reader } = setUp();
    expect(() => {
      for (let n = 0; n < 1000; n++) reader.header(header(1, 1));
    }).toThrow('did not write');
  });
});
