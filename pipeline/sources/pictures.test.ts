import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from '../frame.ts';
import { decodePicture, PictureError } from './picture-decoder.ts';
import { createPicturesSource } from './pictures.ts';
import type { SourceOptions, SourceStatus, VideoSource } from './source.ts';

const RED = { r: 200, g: 10, b: 20 };
const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: RED } });
let jpeg: Uint8Array;

beforeAll(async () => {
  jpeg = await picture(640, 360).jpeg().toBuffer();
});

describe('a pushed picture', () => {
  it('is decoded to its colours, scaled down where it is wider than wanted', async () => {
    const image = await decodePicture(jpeg, 0);
    expect([image.width, image.height, image.data.length]).toEqual([640, 360, 640 * 360 * 3]);
    for (const [at, level] of [200, 10, 20].entries()) expect(image.data[at]).toBeCloseTo(level, -1);
    const scaled = await decodePicture(jpeg, 320);
    expect([scaled.width, scaled.height]).toEqual([320, 180]);
    const grey = await decodePicture(await picture(64, 64).greyscale().jpeg().toBuffer(), 0);
    expect(grey.data.length).toBe(64 * 64 * 3);
  });

  it('is refused where decoding it could be made expensive, or where it is none', async () => {
    // It says of itself that it is 65 000 pixels wide and high.
    const bomb = Buffer.from(jpeg);
    const frameHeader = bomb.indexOf(Buffer.from([0xff, 0xc0]));
    bomb.writeUInt32BE(65_000 * 65_536 + 65_000, frameHeader + 5);
    const hostile: [string, Uint8Array][] = [
      ['a bomb', bomb],
      ['progressive', await picture(640, 360).jpeg({ progressive: true }).toBuffer()],
      ['another format', await picture(640, 360).png().toBuffer()],
      ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
      ['cut off', jpeg.subarray(0, Math.floor(jpeg.length / 2))],
      ['empty', new Uint8Array()],
      ['noise', Buffer.from('ffd8ffe0deadbeef'.repeat(50), 'hex')],
    ];
    for (const [name, bytes] of hostile) {
      const error = await decodePicture(bytes, 1280).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error, name).toBeInstanceOf(PictureError);
    }
  });
});

describe('a source of pictures', () => {
  let source: VideoSource | null = null;
  afterEach(() => source?.stop());

  function open() {
    const frames: Frame[] = [];
    const statuses: SourceStatus[] = [];
    const made = createPicturesSource(
      { mode: 'fps', fps: 10 },
      // It runs no ffmpeg and connects to nothing.
      { maxWidth: 0, timings: { stall: 150 } } as unknown as SourceOptions,
      { onFrame: (frame) => frames.push(frame), onStatus: (status) => statuses.push(status) },
    );
    source = made;
    made.start();
    return { source: made, frames, statuses };
  }

  it('gives frames with the times at which they were taken', async () => {
    const { source: made, frames, statuses } = open();
    // Taken 200 ms apart; the second came 80 ms late.
    expect(await made.take!({ jpeg, takenMs: 5000, arrivedAtMs: 1_000_000 })).toBe(true);
    expect(await made.take!({ jpeg, takenMs: 5200, arrivedAtMs: 1_000_280 })).toBe(true);
    expect(frames.map(({ atMs, seq }) => [atMs, seq])).toEqual([
      [1_000_000, 0],
      // The sender's clock may be a little slow: the estimate follows it by two in a thousand.
      [1_000_201, 1],
    ]);
    expect(statuses.at(-1)).toMatchObject({
      ...{ state: 'live', reason: 'ok', codec: 'mjpeg', width: 640, height: 360 },
    });
    expect(await made.take!({ jpeg, takenMs: Number.NaN, arrivedAtMs: 1_000_500 })).toBe(true);
    expect(frames.at(-1)?.atMs).toBe(1_000_500);
  });

  it('lends a few buffers only, and skips what comes meanwhile', async () => {
    const { source: made, frames } = open();
    for (let at = 0; at < 6; at++) await made.take!({ jpeg, takenMs: at * 100, arrivedAtMs: at * 100 });
    expect([frames.length, made.stats().skipped]).toEqual([3, 3]);
    made.release(frames[0]!);
    await made.take!({ jpeg, takenMs: 700, arrivedAtMs: 700 });
    expect(frames.length).toBe(4);
  });

  it('says what is wrong with a picture, and goes on with the next', async () => {
    const { source: made, frames, statuses } = open();
    expect(await made.take!({ jpeg: Buffer.from('no'), takenMs: 0, arrivedAtMs: 0 })).toBe(false);
    expect(statuses.at(-1)).toMatchObject({ state: 'connecting', reason: 'corrupt' });
    expect(await made.take!({ jpeg, takenMs: 100, arrivedAtMs: 100 })).toBe(true);
    expect(frames).toHaveLength(1);
  });

  it('is stalled when none comes, and silent once it is stopped', async () => {
    const { source: made, frames, statuses } = open();
    await made.take!({ jpeg, takenMs: 0, arrivedAtMs: 0 });
    await expect.poll(() => statuses.at(-1)?.state, { timeout: 5000 }).toBe('stalled');
    await made.stop();
    expect(await made.take!({ jpeg, takenMs: 100, arrivedAtMs: 100 })).toBe(false);
    expect(frames).toHaveLength(1);
  });
});
