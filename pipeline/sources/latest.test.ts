import { describe, expect, it } from 'vitest';
import type { Frame } from '../frame.ts';
import { createLatestFrame } from './latest.ts';

const frame = (seq: number): Frame => ({
  seq,
  atMs: seq,
  mediaTimeS: seq,
  width: 1,
  height: 1,
  data: new Uint8Array(3),
});

function mailbox() {
  const released: number[] = [];
  const latest = createLatestFrame((f) => released.push(f.seq));
  return { latest, released };
}

describe('LatestFrame', () => {
  it('hands the newest frame over and gives the others back', async () => {
    const { latest, released } = mailbox();
    for (const seq of [0, 1, 2]) latest.put(frame(seq));
    expect((await latest.take())?.seq).toBe(2);
    expect(released).toEqual([0, 1]);
    expect(latest.counts()).toEqual({ sampled: 3, dropped: 2 });
  });

  it('wakes a reader that waits, without counting a drop', async () => {
    const { latest, released } = mailbox();
    const taken = latest.take();
    latest.put(frame(7));
    expect((await taken)?.seq).toBe(7);
    expect(released).toEqual([]);
    expect(latest.counts()).toEqual({ sampled: 1, dropped: 0 });
  });

  it('ends: the reader gets null, what waits and what comes goes back', async () => {
    const { latest, released } = mailbox();
    const taken = latest.take();
    latest.close();
    expect(await taken).toBeNull();
    latest.put(frame(1));
    expect(await latest.take()).toBeNull();
    expect(released).toEqual([1]);

    const other = mailbox();
    other.latest.put(frame(2));
    other.latest.close();
    expect(other.released).toEqual([2]);
    expect(await other.latest.take()).toBeNull();
  });

  it('refuses a second reader', () => {
    const { latest } = mailbox();
    void latest.take();
    expect(() => latest.take()).toThrow('one reader');
  });
});
