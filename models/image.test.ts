import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Affine, Box } from './geometry.ts';
import { padImage, type RgbImage, slotLength, uniformFormat, writeCrop, writeWarp } from './image.ts';

function picture(
  width: number,
  height: number,
  pixel: (x: number, y: number, c: number) => number,
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = pixel(x, y, c);
  }
  return { data, width, height };
}

const plain = uniformFormat('planar-rgb', 0, 1);

function crop(image: RgbImage, box: Box, width: number, height: number, format = plain): Float32Array {
  const data = new Float32Array(slotLength(width, height, format)).fill(Number.NaN);
  writeCrop(image, box, { data, offset: 0, width, height, format });
  return data;
}

describe('writeCrop', () => {
  const image = picture(40, 30, (x, y, c) => (x * 3 + y * 5 + c * 40) % 256);

  it('copies pixels when the crop has the size of the slot', () => {
    const out = crop(image, [5, 7, 10, 8], 10, 8);
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 10; x++) {
        for (let c = 0; c < 3; c++)
          expect(out[(c * 8 + y) * 10 + x]).toBe(image.data[((y + 7) * 40 + x + 5) * 3 + c]);
      }
    }
  });

  it('lays channels out as the format says', () => {
    const one = picture(1, 1, (_x, _y, c) => [10, 20, 30][c]!);
    const box: Box = [0, 0, 1, 1];
    expect([...crop(one, box, 1, 1, uniformFormat('planar-rgb', 10, 10))]).toEqual([0, 1, 2]);
    expect([...crop(one, box, 1, 1, uniformFormat('planar-bgr', 0, 1))]).toEqual([30, 20, 10]);
    expect([...crop(one, box, 1, 1, uniformFormat('interleaved-rgb', 0, 1))]).toEqual([10, 20, 30]);
    expect(crop(one, box, 1, 1, uniformFormat('grey', 0, 1))[0]).toBeCloseTo(2.99 + 11.74 + 3.42, 4);
    const mixed = crop(
      picture(2, 1, (x, _y, c) => x * 100 + c),
      [0, 0, 2, 1],
      2,
      1,
      uniformFormat('planar-bgr', 0, 1),
    );
    expect([...mixed]).toEqual([2, 102, 1, 101, 0, 100]);
  });

  it('keeps the mean of what it reduces, at every factor', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 1, max: 1000 }), (factor, seed) => {
        const side = factor * 6;
        const noisy = picture(
          side,
          side,
          (x, y, c) => (Math.imul(x * 31 + y * 17 + c * 7 + seed, 2654435761) >>> 24) & 255,
        );
        const out = crop(noisy, [0, 0, side, side], 6, 6);
        for (let y = 0; y < 6; y++) {
          for (let x = 0; x < 6; x++) {
            let sum = 0;
            for (let v = 0; v < factor; v++) {
              for (let u = 0; u < factor; u++)
                sum += noisy.data[((y * factor + v) * side + x * factor + u) * 3]!;
            }
            expect(Math.abs(out[y * 6 + x]! - sum / factor ** 2)).toBeLessThanOrEqual(0.51);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('turns fine stripes into grey instead of moiré', () => {
    const stripes = picture(300, 300, (x) => (x % 2 ? 255 : 0));
    for (const side of [150, 97, 61, 40, 23]) {
      const out = crop(stripes, [0, 0, 300, 300], side, side);
      const inner = out.subarray(side * 5 + 5, side * 5 + side - 5);
      expect(Math.min(...inner)).toBeGreaterThan(60);
      expect(Math.max(...inner)).toBeLessThan(195);
    }
  });

  it('is black outside the image, wherever the box lies', () => {
    const white = picture(20, 20, () => 200);
    const out = crop(white, [-20, 0, 40, 20], 40, 20);
    expect(out[0]).toBe(0);
    expect(out[39]).toBe(200);
    expect(Math.max(...crop(white, [500, 500, 30, 30], 8, 8))).toBe(0);
    expect(Math.max(...crop(white, [-5000, -5000, 300, 300], 8, 8))).toBe(0);
    expect([...crop(white, [0, 0, 0, 0], 2, 2)].every(Number.isFinite)).toBe(true);
  });

  it('gives a black picture for a box that is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const out = crop(image, [bad, 0, 10, 10], 4, 4);
      expect([...out].every((value) => value === 0)).toBe(true);
    }
  });

  it('never leaves a value unwritten nor reads beyond the image', () => {
    const coordinate = fc.double({ min: -300, max: 300, noNaN: true });
    fc.assert(
      fc.property(coordinate, coordinate, fc.double({ min: 0, max: 900, noNaN: true }), (x, y, side) => {
        const out = crop(image, [x, y, side, side], 7, 5);
        expect([...out].every((value) => value >= 0 && value <= 255)).toBe(true);
      }),
    );
  });
});

describe('writeWarp', () => {
  it('samples a ramp exactly where a rotated map points', () => {
    const ramp = picture(100, 100, (x, y, c) => (c === 0 ? x * 2 : c === 1 ? y * 2 : 9));
    const map: Affine = [0.8, -0.6, 40.25, 0.6, 0.8, 20.5];
    const data = new Float32Array(3 * 100);
    writeWarp(ramp, map, { data, offset: 0, width: 10, height: 10, format: plain });
    for (let y = 0; y < 10; y++) {
      for (let x = 0; x < 10; x++) {
        expect(data[y * 10 + x]).toBeCloseTo(2 * (0.8 * x - 0.6 * y + 40.25), 3);
        expect(data[100 + y * 10 + x]).toBeCloseTo(2 * (0.6 * x + 0.8 * y + 20.5), 3);
      }
    }
  });

  it('stays in place when it reduces: a ramp reads the same value at every scale', () => {
    const ramp = picture(400, 400, (x) => x / 2);
    for (const scale of [1, 1.7, 2, 3.3, 5, 8.9]) {
      const data = new Float32Array(3 * 16);
      writeWarp(ramp, [scale, 0, 200, 0, scale, 200], {
        data,
        offset: 0,
        width: 4,
        height: 4,
        format: plain,
      });
      expect(data[0]).toBeGreaterThan(99);
      expect(data[0]).toBeLessThan(101);
    }
  });

  it('writes only its own slot', () => {
    const data = new Float32Array(3 * 12).fill(-1);
    writeWarp(
      picture(4, 4, () => 7),
      [1, 0, 0, 0, 1, 0],
      { data, offset: 12, width: 2, height: 2, format: plain },
    );
    expect([...data.subarray(0, 12), ...data.subarray(24)].every((value) => value === -1)).toBe(true);
    expect([...data.subarray(12, 24)].every((value) => value === 7)).toBe(true);
  });
});

it('padImage puts the image into the middle', () => {
  const padded = padImage(
    picture(2, 2, (x, y) => 10 * y + x),
    3,
    128,
  );
  expect([padded.width, padded.height]).toEqual([8, 8]);
  expect(padded.data[0]).toBe(128);
  expect(padded.data[(3 * 8 + 4) * 3]).toBe(1);
  expect(padded.data[(4 * 8 + 3) * 3 + 2]).toBe(10);
});
