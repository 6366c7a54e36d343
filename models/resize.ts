import type { PixelFormat, RgbImage } from './image.ts';

/**
 * The whole image at another size, written into `out` (at least 3 · width · height bytes) and returned as an image
 * of that memory. Reductions average the area that each pixel covers; whole factors are the cheapest, two above all.
 * Enlarging is bilinear.
 */
export function resizeInto(image: RgbImage, width: number, height: number, out: Uint8Array): RgbImage {
  if (image.data.length < image.width * image.height * 3) {
    throw new RangeError('The image has fewer bytes than its width and height ask for');
  }
  const target = { data: out, width, height };
  const factor = image.width / width;
  if (factor === 2 && image.height === height * 2) halve(image, target);
  else if (Number.isInteger(factor) && image.height === height * factor) averageBlocks(image, target, factor);
  else if (factor >= 1 && image.height >= height) averageAreas(image, target);
  else enlarge(image, target);
  return target;
}

function halve({ data, width: sourceWidth }: RgbImage, { data: out, width, height }: RgbImage): void {
  const rowBytes = sourceWidth * 3;
  for (let y = 0, o = 0; y < height; y++) {
    const end = o + width * 3;
    for (let p = 2 * y * rowBytes, q = p + rowBytes; o < end; o += 3, p += 6, q += 6) {
      out[o] = (data[p]! + data[p + 3]! + data[q]! + data[q + 3]! + 2) >> 2;
      out[o + 1] = (data[p + 1]! + data[p + 4]! + data[q + 1]! + data[q + 4]! + 2) >> 2;
      out[o + 2] = (data[p + 2]! + data[p + 5]! + data[q + 2]! + data[q + 5]! + 2) >> 2;
    }
  }
}

function averageBlocks(image: RgbImage, { data: out, width, height }: RgbImage, factor: number): void {
  const { data } = image;
  const rowBytes = image.width * 3;
  const blockBytes = factor * 3;
  const share = 1 / (factor * factor);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0, left = y * factor * rowBytes; x < width; x++, o += 3, left += blockBytes) {
      let r = 0;
      let g = 0;
      let b = 0;
      for (let row = 0, start = left; row < factor; row++, start += rowBytes) {
        for (let p = start, stop = start + blockBytes; p < stop; p += 3) {
          r += data[p]!;
          g += data[p + 1]!;
          b += data[p + 2]!;
        }
      }
      out[o] = r * share + 0.5;
      out[o + 1] = g * share + 0.5;
      out[o + 2] = b * share + 0.5;
    }
  }
}

/** Reused by every call: filled and read synchronously. */
let rowSums = new Float32Array(0);

function averageAreas(image: RgbImage, { data: out, width, height }: RgbImage): void {
  const rowValues = image.width * 3;
  if (rowSums.length < rowValues) rowSums = new Float32Array(rowValues);
  const sums = rowSums;
  const stepX = image.width / width;
  const stepY = image.height / height;
  const share = 1 / (stepX * stepY);
  for (let y = 0, o = 0; y < height; y++) {
    sumRows(image, y * stepY, Math.min((y + 1) * stepY, image.height), sums);
    for (let x = 0; x < width; x++, o += 3) {
      const from = x * stepX;
      const to = Math.min(from + stepX, image.width);
      let r = 0;
      let g = 0;
      let b = 0;
      for (let column = Math.floor(from), p = column * 3; column < to; column++, p += 3) {
        const weight = Math.min(column + 1, to) - Math.max(column, from);
        r += sums[p]! * weight;
        g += sums[p + 1]! * weight;
        b += sums[p + 2]! * weight;
      }
      out[o] = r * share + 0.5;
      out[o + 1] = g * share + 0.5;
      out[o + 2] = b * share + 0.5;
    }
  }
}

/** Sums of the rows between two heights, each weighted by how much of it lies between them. */
function sumRows({ data, width }: RgbImage, from: number, to: number, sums: Float32Array): void {
  const length = width * 3;
  const first = Math.floor(from);
  for (let row = first; row < to; row++) {
    const weight = Math.min(row + 1, to) - Math.max(row, from);
    const start = row * length;
    if (row === first) for (let i = 0; i < length; i++) sums[i] = data[start + i]! * weight;
    else for (let i = 0; i < length; i++) sums[i] = sums[i]! + data[start + i]! * weight;
  }
}

function enlarge(image: RgbImage, { data: out, width, height }: RgbImage): void {
  const { data } = image;
  const rowBytes = image.width * 3;
  for (let y = 0, o = 0; y < height; y++) {
    const sy = Math.min(Math.max(((y + 0.5) * image.height) / height - 0.5, 0), image.height - 1);
    const top = Math.floor(sy) * rowBytes;
    const bottom = Math.min(Math.floor(sy) + 1, image.height - 1) * rowBytes;
    const fy = sy - Math.floor(sy);
    for (let x = 0; x < width; x++, o += 3) {
      const sx = Math.min(Math.max(((x + 0.5) * image.width) / width - 0.5, 0), image.width - 1);
      const left = Math.floor(sx) * 3;
      const right = Math.min(Math.floor(sx) + 1, image.width - 1) * 3;
      const fx = sx - Math.floor(sx);
      for (let c = 0; c < 3; c++) {
        const above = data[top + left + c]! * (1 - fx) + data[top + right + c]! * fx;
        const below = data[bottom + left + c]! * (1 - fx) + data[bottom + right + c]! * fx;
        out[o + c] = above * (1 - fy) + below * fy + 0.5;
      }
    }
  }
}

/**
 * The image as three planes of floats, `strideWidth` × `strideHeight` each with the image in the top left corner;
 * what is beyond it stays as it is.
 */
export function writePlanes(
  image: RgbImage,
  out: Float32Array,
  format: PixelFormat,
  strideWidth = image.width,
  strideHeight = image.height,
): void {
  const area = strideWidth * strideHeight;
  const { data, width, height } = image;
  for (let c = 0; c < 3; c++) {
    const channel = out.subarray(c * area, (c + 1) * area);
    const from = format.layout === 'planar-bgr' ? 2 - c : c;
    const mean = format.mean[from]!;
    const scale = format.scale[from]!;
    for (let y = 0, p = from; y < height; y++) {
      const end = y * strideWidth + width;
      for (let o = y * strideWidth; o < end; o++, p += 3) channel[o] = (data[p]! - mean) * scale;
    }
  }
}
