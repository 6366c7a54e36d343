import type { PixelFormat, RgbImage } from './image.ts';
import { writeWarp } from './image.ts';

type Planar = PixelFormat & { layout: 'planar-rgb' | 'planar-bgr' };

/**
 * Writes a whole frame into a planar tensor of `width` × `height` in one pass over its pixels: copied at its own
 * size, averaged in blocks for whole reduction factors, else by the area each target pixel covers. Enlarging is
 * bilinear. Rows and columns of `out` beyond `width` and `height` (up to `strideWidth`, `strideHeight`) are untouched.
 */
export function writeFrame(
  image: RgbImage,
  out: Float32Array,
  width: number,
  height: number,
  format: Planar,
  strideWidth = width,
  strideHeight = height,
): void {
  if (image.data.length < image.width * image.height * 3) {
    throw new RangeError('The image has fewer bytes than its width and height ask for');
  }
  const padded = strideWidth !== width || strideHeight !== height;
  const target: Target = { out, width, height, stride: strideWidth, plane: strideWidth * strideHeight };
  const factor = image.width / width;
  if (width === image.width && height === image.height) {
    copy(image, target, format);
  } else if (Number.isInteger(factor) && image.height === height * factor) {
    blocks(image, target, format, factor);
  } else if (factor < 1 && !padded) {
    const sy = image.height / height;
    const map = [factor, 0, factor / 2 - 0.5, 0, sy, sy / 2 - 0.5] as const;
    writeWarp(image, map, { data: out, offset: 0, width, height, format });
  } else {
    areas(image, target, format);
  }
}

interface Target {
  out: Float32Array;
  width: number;
  height: number;
  stride: number;
  plane: number;
}

/** Normalised values of all sums that a block of `count` pixels can have. */
function table(mean: number, scale: number, count: number): Float32Array {
  const values = new Float32Array(255 * count + 1);
  for (let sum = 0; sum < values.length; sum++) values[sum] = (sum / count - mean) * scale;
  return values;
}

const tables = new Map<string, readonly [Float32Array, Float32Array, Float32Array]>();

function tablesOf(format: Planar, count: number): readonly [Float32Array, Float32Array, Float32Array] {
  const key = `${format.mean}/${format.scale}/${count}`;
  let found = tables.get(key);
  if (!found) {
    const of = (c: 0 | 1 | 2) => table(format.mean[c], format.scale[c], count);
    found = [of(0), of(1), of(2)];
    tables.set(key, found);
  }
  return found;
}

function copy(image: RgbImage, target: Target, format: Planar): void {
  const [tableR, tableG, tableB] = tablesOf(format, 1);
  const { out, plane, stride } = target;
  const red = format.layout === 'planar-bgr' ? 2 * plane : 0;
  const blue = 2 * plane - red;
  const source = image.data;
  let p = 0;
  for (let y = 0; y < image.height; y++) {
    const end = y * stride + image.width;
    for (let o = y * stride; o < end; o++, p += 3) {
      out[red + o] = tableR[source[p]!]!;
      out[plane + o] = tableG[source[p + 1]!]!;
      out[blue + o] = tableB[source[p + 2]!]!;
    }
  }
}

function blocks(image: RgbImage, target: Target, format: Planar, factor: number): void {
  const [tableR, tableG, tableB] = tablesOf(format, factor * factor);
  const { out, plane, stride } = target;
  const red = format.layout === 'planar-bgr' ? 2 * plane : 0;
  const blue = 2 * plane - red;
  const source = image.data;
  const rowBytes = image.width * 3;
  for (let y = 0; y < target.height; y++) {
    const top = y * factor * rowBytes;
    for (let x = 0, o = y * stride; x < target.width; x++, o++) {
      let r = 0;
      let g = 0;
      let b = 0;
      const left = top + x * factor * 3;
      for (let row = 0, start = left; row < factor; row++, start += rowBytes) {
        for (let p = start, end = start + factor * 3; p < end; p += 3) {
          r += source[p]!;
          g += source[p + 1]!;
          b += source[p + 2]!;
        }
      }
      out[red + o] = tableR[r]!;
      out[plane + o] = tableG[g]!;
      out[blue + o] = tableB[b]!;
    }
  }
}

/** Reused by every call: filled and read synchronously. */
let sums = new Float32Array(0);

function areas(image: RgbImage, target: Target, format: Planar): void {
  const { out, plane, stride, width, height } = target;
  const red = format.layout === 'planar-bgr' ? 2 * plane : 0;
  const blue = 2 * plane - red;
  const [meanR, meanG, meanB] = format.mean;
  const [scaleR, scaleG, scaleB] = format.scale;
  const rowValues = image.width * 3;
  if (sums.length < rowValues) sums = new Float32Array(rowValues);
  const stepX = image.width / width;
  const stepY = image.height / height;
  const share = 1 / (stepX * stepY);
  for (let y = 0; y < height; y++) {
    addRows(image, y * stepY, Math.min((y + 1) * stepY, image.height));
    for (let x = 0, o = y * stride; x < width; x++, o++) {
      const from = x * stepX;
      const to = Math.min(from + stepX, image.width);
      let r = 0;
      let g = 0;
      let b = 0;
      for (let column = Math.floor(from); column < to; column++) {
        const weight = Math.min(column + 1, to) - Math.max(column, from);
        r += sums[column * 3]! * weight;
        g += sums[column * 3 + 1]! * weight;
        b += sums[column * 3 + 2]! * weight;
      }
      out[red + o] = (r * share - meanR) * scaleR;
      out[plane + o] = (g * share - meanG) * scaleG;
      out[blue + o] = (b * share - meanB) * scaleB;
    }
  }
}

/** Sums of the rows between two heights, each weighted by how much of it lies between them. */
function addRows(image: RgbImage, from: number, to: number): void {
  const length = image.width * 3;
  const source = image.data;
  let first = true;
  for (let row = Math.floor(from); row < to; row++) {
    const weight = Math.min(row + 1, to) - Math.max(row, from);
    const start = row * length;
    if (first) for (let i = 0; i < length; i++) sums[i] = source[start + i]! * weight;
    else for (let i = 0; i < length; i++) sums[i] = sums[i]! + source[start + i]! * weight;
    first = false;
  }
}
