import { describe, expect, it } from 'vitest';
import { createTsCutter, PMT_PID, VIDEO_PID } from './ts-cutter.ts';

/** One packet: header, an adaptation field where it is a key frame, a PES header where a picture begins. */
function packet(pid: number, picture?: { ptsMs: number; key?: boolean }): Buffer {
  const bytes = Buffer.alloc(188, 0xff);
  bytes[0] = 0x47;
  bytes[1] = (picture || pid !== VIDEO_PID ? 0x40 : 0) | (pid >> 8);
  bytes[2] = pid & 0xff;
  bytes[3] = picture?.key ? 0x30 : 0x10;
  let at = 4;
  if (picture?.key) {
    bytes[4] = 1;
    bytes[5] = 0x40;
    at = 6;
  }
  if (!picture) return bytes;
  const pts = (Math.round(picture.ptsMs * 90) + 2 ** 33) % 2 ** 33;
  const high = Math.floor(pts / 2 ** 30);
  bytes.set([0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5], at);
  bytes.set(
    [
      0x21 | (high << 1),
      (pts >>> 22) & 0xff,
      ((pts >>> 14) & 0xfe) | 1,
      (pts >>> 7) & 0xff,
      ((pts << 1) & 0xfe) | 1,
    ],
    at + 9,
  );
  return bytes;
}

const options = { targetMs: 1000, maxBytes: 1024 * 1024 };
const tables = [packet(0), packet(PMT_PID)];
/** Pictures of 100 ms, a key frame every `gop`. */
const pictures = (from: number, count: number, gop: number, startMs = 0): Buffer[] =>
  Array.from({ length: count }, (_, index) => [
    packet(VIDEO_PID, { ptsMs: startMs + (from + index) * 100, key: (from + index) % gop === 0 }),
    packet(VIDEO_PID),
  ]).flat();

describe('cutting a transport stream', () => {
  it('begins each segment with the tables and a key frame', () => {
    const cutter = createTsCutter(options);
    const done = cutter.push(Buffer.concat([...tables, ...pictures(0, 25, 10)]));
    expect(done.map(({ durationMs, offsetMs }) => [offsetMs, durationMs])).toEqual([
      [0, 1000],
      [1000, 1000],
    ]);
    for (const { data } of done) {
      expect(data.length % 188).toBe(0);
      expect(data.subarray(0, 188).equals(tables[0]!)).toBe(true);
      expect(data.subarray(188, 376).equals(tables[1]!)).toBe(true);
      expect(data[376 + 5]! & 0x40).toBe(0x40);
    }
    expect(cutter.end()).toMatchObject({ offsetMs: 2000, durationMs: 440 });
    expect(cutter.end()).toBeNull();
  });

  it('gives the same whatever the pieces it is handed', () => {
    const whole = Buffer.concat([...tables, ...pictures(0, 35, 10)]);
    const atOnce = createTsCutter(options).push(whole);
    const cutter = createTsCutter(options);
    const piecewise = [];
    for (let at = 0; at < whole.length; at += 101)
      piecewise.push(...cutter.push(whole.subarray(at, at + 101)));
    expect(piecewise).toEqual(atOnce);
  });

  it('leaves out what comes before the first key frame', () => {
    const cutter = createTsCutter(options);
    expect(cutter.push(Buffer.concat([...tables, ...pictures(3, 5, 10)]))).toEqual([]);
    expect([cutter.openMs(), cutter.end()]).toEqual([null, null]);
  });

  it('waits for a key frame, but not without bound', () => {
    const patient = createTsCutter(options);
    expect(patient.push(Buffer.concat([...tables, ...pictures(0, 100, 1000)]))).toEqual([]);
    expect(patient.openMs()).toBe(9900);
    const bounded = createTsCutter({ ...options, maxBytes: 188 * 50 });
    const done = bounded.push(Buffer.concat([...tables, ...pictures(0, 100, 1000)]));
    expect(done.length).toBeGreaterThan(2);
    expect(done.every(({ data }) => data.length <= 188 * 52)).toBe(true);
  });

  it('counts on where the clock of the stream wraps or jumps', () => {
    const wrapMs = 2 ** 33 / 90;
    const wrapping = createTsCutter(options);
    const [first] = wrapping.push(Buffer.concat([...tables, ...pictures(0, 25, 10, wrapMs - 500)]));
    expect(first).toMatchObject({ offsetMs: 0, durationMs: 1000 });
    const jumping = createTsCutter(options);
    jumping.push(Buffer.concat([...tables, ...pictures(0, 10, 10)]));
    const after = jumping.push(Buffer.concat(pictures(0, 21, 10, 3_600_000)));
    expect(after.map(({ durationMs }) => durationMs)).toEqual([1900, 1000]);
  });

  it('refuses what is no transport stream', () => {
    expect(() => createTsCutter(options).push(Buffer.alloc(188, 1))).toThrow('not an MPEG transport stream');
  });
});
