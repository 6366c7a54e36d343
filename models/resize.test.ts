import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RgbImage, uniformFormat } from './image.ts';
import { resizeInto, writePlanes } from './resize.ts';

function noise(width: number, height: number, seed: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { data, width, height };
}

/** Mean of the image over the rectangle that a target pixel covers, pixel by pixel. */
function areaMean(image: RgbImage, x0: number, x1: number, y0: number, y1: number, c: number): number {
  let sum = 0;
  for (let y = 0; y < image.height; y++) {
    const h = Math.min(y + 1, y1) - Math.max(y, y0);
    if (h <= 0) continue;
    for (let x = 0; x < image.width; x++) {
      const w = Math.min(x + 1, x1) - Math.max(x, x0);
      if (w > 0) sum += w * h * image.data[(y * image.width + x) * 3 + c]!;
    }
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

const size = fc.integer({ min: 1, max: 24 });

describe('resizeInto', () => {
  it('averages areas, whatever the two sizes', () => {
    fc.assert(
      fc.property(size, size, size, size, fc.nat(), (w, h, moreW, moreH, seed) => {
        const image = noise(w + moreW - 1, h + moreH - 1, seed);
        const small = resizeInto(image, w, h, new Uint8Array(w * h * 3));
        const [sx, sy] = [image.width / w, image.height / h];
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            const expected = areaMean(image, x * sx, (x + 1) * sx, y * sy, (y + 1) * sy, 1);
            expect(Math.abs(small.data[(y * w + x) * 3 + 1]! - expected)).toBeLessThanOrEqual(0.51);
          }
        }
      }),
    );
  });

  it.each([2, 3, 4, 6])('averages whole blocks of %i the same way', (factor) => {
    const image = noise(12 * factor, 7 * factor, factor);
    const small = resizeInto(image, 12, 7, new Uint8Array(12 * 7 * 3));
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 12; x++) {
        for (let c = 0; c < 3; c++) {
          const expected = areaMean(image, x * factor, (x + 1) * factor, y * factor, (y + 1) * factor, c);
          expect(Math.abs(small.data[(y * 12 + x) * 3 + c]! - expected)).toBeLessThanOrEqual(0.51);
        }
      }
    }
  });

  it('enlarges within the range of its neighbours and keeps a ramp a ramp', () => {
    const ramp: RgbImage = { data: Uint8Array.from([0, 0, 0, 100, 100, 100]), width: 2, height: 1 };
    const large = resizeInto(ramp, 4, 2, new Uint8Array(4 * 2 * 3));
    expect([0, 3, 6, 9].map((i) => large.data[i])).toEqual([0, 25, 75, 100]);
  });

  it('writes into the memory it is given and refuses an image that is too short', () => {
    const out = new Uint8Array(100);
    expect(resizeInto(noise(4, 4, 1), 2, 2, out).data).toBe(out);
    expect(() => resizeInto({ data: new Uint8Array(5), width: 2, height: 2 }, 1, 1, out)).toThrow(RangeError);
  });
});

describe('writePlanes', () => {
  it('puts channels into planes and leaves the margin alone', () => {
    const image: RgbImage = { data: Uint8Array.from([1, 2, 3, 4, 5, 6]), width: 2, height: 1 };
    const out = new Float32Array(3 * 6).fill(-1);
    writePlanes(image, out, uniformFormat('planar-bgr', 1, 2), 3, 2);
    expect([...out.subarray(0, 6)]).toEqual([1, 2.5, -1, -1, -1, -1]);
    expect([...out.subarray(12, 18)]).toEqual([0, 1.5, -1, -1, -1, -1]);
  });
});
