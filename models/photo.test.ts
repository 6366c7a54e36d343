import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { PhotoError } from './errors.ts';
import { decodePhoto } from './photo.ts';

const RED = { r: 220, g: 20, b: 20 };
const BLUE = { r: 20, g: 20, b: 220 };

/** Left half red, right half blue. */
function halves(width: number, height: number): Sharp {
  const right = { create: { width: width / 2, height, channels: 3 as const, background: BLUE } };
  return sharp({ create: { width, height, channels: 3, background: RED } }).composite([
    { input: right, left: width / 2, top: 0 },
  ]);
}

const pixel = (image: { data: Uint8Array; width: number }, x: number, y: number) => [
  ...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
];

const isRed = ([r = 0, , b = 0]: number[]) => r > 150 && b < 90;
const isBlue = ([r = 0, , b = 0]: number[]) => b > 150 && r < 90;

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof PhotoError ? error.code : `not refused properly: ${String(error)}`;
}

describe('decodePhoto', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff', 'gif', 'avif'] as const)('reads %s', async (format) => {
    const image = await decodePhoto(await halves(64, 32).toFormat(format).toBuffer());
    expect([image.width, image.height, image.data.length]).toEqual([64, 32, 64 * 32 * 3]);
    expect(isRed(pixel(image, 5, 5))).toBe(true);
    expect(isBlue(pixel(image, 60, 5))).toBe(true);
  });

  it('turns the picture as its EXIF says', async () => {
    const image = await decodePhoto(await halves(64, 32).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect([image.width, image.height]).toEqual([32, 64]);
    expect(isRed(pixel(image, 16, 5))).toBe(true);
    expect(isBlue(pixel(image, 16, 60))).toBe(true);
  });

  it('reads CMYK as the colours it means', async () => {
    const cmyk = await halves(64, 32).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const image = await decodePhoto(cmyk);
    expect(isRed(pixel(image, 5, 5))).toBe(true);
    // Pure blue lies outside what ink can print: it comes back paler, but blue.
    const [r = 0, , b = 0] = pixel(image, 60, 5);
    expect(b).toBeGreaterThan(r + 40);
  });

  it('reads grey and sixteen-bit pictures as eight-bit RGB', async () => {
    const grey = await decodePhoto(await halves(64, 32).greyscale().png().toBuffer());
    expect(grey.data.length).toBe(64 * 32 * 3);
    expect(new Set(pixel(grey, 3, 3)).size).toBe(1);
    const deep = await decodePhoto(await halves(64, 32).toColourspace('rgb16').png().toBuffer());
    expect(deep.data.length).toBe(64 * 32 * 3);
    expect(isRed(pixel(deep, 5, 5))).toBe(true);
  });

  it('puts transparent pictures on grey', async () => {
    const clear = sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    });
    expect(pixel(await decodePhoto(await clear.png().toBuffer()), 4, 4)).toEqual([128, 128, 128]);
  });

  it.each(['gif', 'webp'] as const)('takes the first frame of an animated %s', async (format) => {
    const frames = Buffer.alloc(16 * 32 * 3);
    for (let i = 0; i < 16 * 32; i++) frames.set(i < 16 * 16 ? [220, 20, 20] : [20, 20, 220], 3 * i);
    const animated = await sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } })
      .toFormat(format)
      .toBuffer();
    expect((await sharp(animated).metadata()).pages).toBe(2);
    const image = await decodePhoto(animated);
    expect([image.width, image.height]).toEqual([16, 16]);
    expect(isRed(pixel(image, 8, 8))).toBe(true);
  });

  it('scales a very large photo down to what a detector can use', async () => {
    const image = await decodePhoto(await halves(600, 300).jpeg().toBuffer(), { targetPixels: 20_000 });
    expect(image.width * image.height).toBeLessThanOrEqual(20_000);
    expect(image.width / image.height).toBeCloseTo(2, 1);
  });

  it('takes a photo of 20 MB', async () => {
    const raw = Buffer.alloc(3000 * 2400 * 3);
    let state = 7;
    for (let i = 0; i < raw.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      raw[i] = state >>> 24;
    }
    const png = await sharp(raw, { raw: { width: 3000, height: 2400, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    expect(png.length).toBeGreaterThan(20e6);
    expect((await decodePhoto(png)).width).toBe(3000);
  });
});

describe('decodePhoto refuses', () => {
  it('files over the limit, before looking inside', async () => {
    expect(await codeOf(decodePhoto(new Uint8Array(2000), { maxBytes: 1000 }))).toBe('photo-too-large');
  });

  it('a small file that describes a picture of gigabytes', async () => {
    const bomb = await halves(2, 2).png().toBuffer();
    bomb.writeUInt32BE(40_000, 16);
    bomb.writeUInt32BE(40_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    expect((await sharp(bomb, { limitInputPixels: false }).metadata()).width).toBe(40_000);
    const before = process.memoryUsage().rss;
    expect(await codeOf(decodePhoto(bomb))).toBe('photo-too-large');
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  it('truncated files', async () => {
    const jpeg = await halves(640, 480).jpeg().toBuffer();
    const png = await halves(640, 480).png().toBuffer();
    expect(await codeOf(decodePhoto(jpeg.subarray(0, jpeg.length / 2)))).toBe('not-a-photo');
    expect(await codeOf(decodePhoto(png.subarray(0, png.length / 2)))).toBe('not-a-photo');
    expect(await codeOf(decodePhoto(jpeg.subarray(0, 20)))).toBe('not-a-photo');
  });

  it('what is not a photo', async () => {
    expect(await codeOf(decodePhoto(new Uint8Array(0)))).toBe('not-a-photo');
    expect(await codeOf(decodePhoto(Buffer.from('%PDF-1.7 hello')))).toBe('not-a-photo');
    expect(await codeOf(decodePhoto(Buffer.from('MZ'.repeat(500))))).toBe('not-a-photo');
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/></svg>';
    expect(await codeOf(decodePhoto(Buffer.from(svg)))).toBe('not-a-photo');
  });
});
