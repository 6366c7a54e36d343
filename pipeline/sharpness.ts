import { type Box, squareAround } from '../models/geometry.ts';
import { type RgbImage, uniformFormat, writeCrop } from '../models/image.ts';

const SIDE = 64;

/**
 * How much fine detail a face shows, independent of its size and exposure: energy of the Laplacian of a 64 px grey
 * crop over the crop's own variance (Pech-Pacheco et al., 2000, normalised). Out-of-focus and motion-blurred faces
 * are near 0; a sharp photo is about 0.1 and more. A face under 64 px counts as blurred in proportion.
 */
export function sharpness(image: RgbImage, box: Box): number {
  const grey = new Float32Array(SIDE * SIDE);
  writeCrop(image, squareAround(box), {
    data: grey,
    offset: 0,
    width: SIDE,
    height: SIDE,
    format: uniformFormat('grey', 0, 255),
  });
  let mean = 0;
  for (const value of grey) mean += value / grey.length;
  let variance = 0;
  let energy = 0;
  for (let y = 1; y < SIDE - 1; y++) {
    for (let x = 1; x < SIDE - 1; x++) {
      const i = y * SIDE + x;
      const value = grey[i]!;
      const laplacian = grey[i - 1]! + grey[i + 1]! + grey[i - SIDE]! + grey[i + SIDE]! - 4 * value;
      energy += laplacian * laplacian;
      variance += (value - mean) ** 2;
    }
  }
  return variance < 1e-3 ? 0 : energy / variance;
}
