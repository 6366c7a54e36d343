import { type Affine, type Box, cropTransform } from './geometry.ts';

export { decodePhoto } from './photo.ts';

/** Interleaved 8-bit RGB, rows from the top without padding: `data.length >= 3 · width · height`. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * How a network wants its pixels. Values become `(pixel − mean) · scale` for each of red, green and blue, whatever
 * order they are stored in; grey uses the first mean and scale on ITU-R BT.601 luma.
 */
export interface PixelFormat {
  readonly layout: 'planar-rgb' | 'planar-bgr' | 'interleaved-rgb' | 'grey';
  readonly mean: readonly [number, number, number];
  readonly scale: readonly [number, number, number];
}

/** One picture's place in a batch tensor. */
export interface TensorSlot {
  readonly data: Float32Array;
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
}

/** Floats that a picture of this format takes. */
export function slotLength(width: number, height: number, format: PixelFormat): number {
  return width * height * (format.layout === 'grey' ? 1 : 3);
}

/** A format that treats all three channels alike. */
export function uniformFormat(layout: PixelFormat['layout'], mean: number, divisor: number): PixelFormat {
  return { layout, mean: [mean, mean, mean], scale: [1 / divisor, 1 / divisor, 1 / divisor] };
}

/** Writes the part of the image that `box` covers, stretched to the slot's size. Outside the image is black. */
export function writeCrop(image: RgbImage, box: Box, slot: TensorSlot): void {
  writeWarp(image, cropTransform(box, slot.width, slot.height), slot);
}

/**
 * Writes the slot's pixels from where `toImage` (slot pixel → image pixel) finds them, bilinearly. Reductions by two
 * and more are averaged down first, over the touched part of the image only. Outside the image is black. A map
 * that is not finite gives a black picture, so that a broken box cannot take a stream down.
 */
export function writeWarp(image: RgbImage, toImage: Affine, slot: TensorSlot): void {
  const factor = Math.floor(Math.sqrt(Math.abs(toImage[0] * toImage[4] - toImage[1] * toImage[3])));
  if (!toImage.every(Number.isFinite)) {
    sample(BLACK, [0, 0, -9, 0, 0, -9], slot);
    return;
  }
  if (factor < 2) {
    sample(image, toImage, slot);
    return;
  }
  const { region, left, top } = averageRegion(image, toImage, slot.width, slot.height, factor);
  const shift = (factor - 1) / 2;
  const [a, b, tx, c, d, ty] = toImage;
  const k = 1 / factor;
  sample(region, [a * k, b * k, (tx - left - shift) * k, c * k, d * k, (ty - top - shift) * k], slot);
}

const BLACK: RgbImage = { data: new Uint8Array(3), width: 1, height: 1 };

/** Reused by every reduction: it is filled and read within one synchronous call. */
let reduced = new Uint8Array(0);

/** Averages `factor`² blocks of the part of the image that the map touches. */
function averageRegion(image: RgbImage, m: Affine, width: number, height: number, factor: number) {
  const xs = [0, width - 1].flatMap((x) => [0, height - 1].map((y) => m[0] * x + m[1] * y + m[2]));
  const ys = [0, width - 1].flatMap((x) => [0, height - 1].map((y) => m[3] * x + m[4] * y + m[5]));
  const margin = 2 * factor;
  const left = clamp(Math.floor(Math.min(...xs)) - margin, 0, image.width - 1);
  const top = clamp(Math.floor(Math.min(...ys)) - margin, 0, image.height - 1);
  const right = clamp(Math.ceil(Math.max(...xs)) + margin, left + 1, image.width);
  const bottom = clamp(Math.ceil(Math.max(...ys)) + margin, top + 1, image.height);
  const columns = Math.ceil((right - left) / factor);
  const rows = Math.ceil((bottom - top) / factor);
  const length = columns * rows * 3;
  if (reduced.length < length) reduced = new Uint8Array(length);
  const source = image.data;
  let out = 0;
  for (let row = 0; row < rows; row++) {
    const y0 = top + row * factor;
    const y1 = Math.min(y0 + factor, bottom);
    for (let column = 0; column < columns; column++) {
      const x0 = left + column * factor;
      const x1 = Math.min(x0 + factor, right);
      let r = 0;
      let g = 0;
      let b = 0;
      for (let y = y0; y < y1; y++) {
        const end = (y * image.width + x1) * 3;
        for (let p = (y * image.width + x0) * 3; p < end; p += 3) {
          r += source[p]!;
          g += source[p + 1]!;
          b += source[p + 2]!;
        }
      }
      const k = 1 / ((y1 - y0) * (x1 - x0));
      reduced[out] = r * k + 0.5;
      reduced[out + 1] = g * k + 0.5;
      reduced[out + 2] = b * k + 0.5;
      out += 3;
    }
  }
  return { region: { data: reduced, width: columns, height: rows }, left, top };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

/** Bilinear sampling without any averaging. */
function sample(image: RgbImage, m: Affine, slot: TensorSlot): void {
  const { data: source, width: w, height: h } = image;
  const { data: out, width, height, format } = slot;
  const stride = w * 3;
  const area = width * height;
  const grey = format.layout === 'grey';
  const interleaved = format.layout === 'interleaved-rgb';
  const step = interleaved ? 3 : 1;
  const red = slot.offset + (format.layout === 'planar-bgr' ? 2 * area : 0);
  const green = slot.offset + (interleaved ? 1 : area);
  const blue = slot.offset + (interleaved ? 2 : format.layout === 'planar-bgr' ? 0 : 2 * area);
  const [meanR, meanG, meanB] = format.mean;
  const [scaleR, scaleG, scaleB] = format.scale;
  const [a, b, tx, c, d, ty] = m;
  let o = 0;
  for (let y = 0; y < height; y++) {
    let sx = b * y + tx;
    let sy = d * y + ty;
    for (let x = 0; x < width; x++, sx += a, sy += c, o += step) {
      const x0 = Math.floor(sx);
      const y0 = Math.floor(sy);
      let vr = 0;
      let vg = 0;
      let vb = 0;
      if (x0 >= -1 && y0 >= -1 && x0 < w && y0 < h) {
        const fx = sx - x0;
        const fy = sy - y0;
        // A corner outside the image weighs nothing and is read from a place inside it.
        const inX0 = x0 >= 0;
        const inX1 = x0 + 1 < w;
        const inY0 = y0 >= 0;
        const inY1 = y0 + 1 < h;
        const w00 = inX0 && inY0 ? (1 - fx) * (1 - fy) : 0;
        const w01 = inX1 && inY0 ? fx * (1 - fy) : 0;
        const w10 = inX0 && inY1 ? (1 - fx) * fy : 0;
        const w11 = inX1 && inY1 ? fx * fy : 0;
        const row0 = inY0 ? y0 * stride : 0;
        const row1 = inY1 ? (y0 + 1) * stride : 0;
        const column0 = inX0 ? x0 * 3 : 0;
        const column1 = inX1 ? (x0 + 1) * 3 : 0;
        const p00 = row0 + column0;
        const p01 = row0 + column1;
        const p10 = row1 + column0;
        const p11 = row1 + column1;
        vr = source[p00]! * w00 + source[p01]! * w01 + source[p10]! * w10 + source[p11]! * w11;
        vg =
          source[p00 + 1]! * w00 + source[p01 + 1]! * w01 + source[p10 + 1]! * w10 + source[p11 + 1]! * w11;
        vb =
          source[p00 + 2]! * w00 + source[p01 + 2]! * w01 + source[p10 + 2]! * w10 + source[p11 + 2]! * w11;
      }
      if (grey) {
        out[red + o] = (0.299 * vr + 0.587 * vg + 0.114 * vb - meanR) * scaleR;
      } else {
        out[red + o] = (vr - meanR) * scaleR;
        out[green + o] = (vg - meanG) * scaleG;
        out[blue + o] = (vb - meanB) * scaleB;
      }
    }
  }
}

/** The image with `margin` pixels of one grey value on every side: detectors miss faces that fill the picture. */
export function padImage(image: RgbImage, margin: number, value = 0): RgbImage {
  const width = image.width + 2 * margin;
  const height = image.height + 2 * margin;
  const data = new Uint8Array(width * height * 3).fill(value);
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
    data.set(row, ((y + margin) * width + margin) * 3);
  }
  return { data, width, height };
}
