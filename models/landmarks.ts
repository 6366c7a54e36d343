import { type CropNetwork, cropRunner } from './batch.ts';
import type { Box, FivePoints, Point } from './geometry.ts';
import { type RgbImage, writeCrop } from './image.ts';

export interface Landmarks {
  /** 68 points in iBUG 300-W order as x, y pairs; pixels of the image. */
  readonly points: Float32Array;
  readonly five: FivePoints;
}

export interface LandmarkLocator {
  /** One answer a box, in their order. The image must stay untouched until the promise settles. */
  locate(image: RgbImage, boxes: readonly Box[]): Promise<Landmarks[]>;
}

/** Crop: a square round the box's centre, as wide as the box is high. Output: x, y as fractions of that square. */
export function landmarkLocator(network: CropNetwork, outputs: { points: string }): LandmarkLocator {
  const run = cropRunner(network, [outputs.points]);
  return {
    locate(image, boxes) {
      return run(
        boxes.map(([x, y, width, height]): Box => [x + (width - height) / 2, y, height, height]),
        (square, slot) => writeCrop(image, square, slot),
        (values, [left, top, side]) => {
          const fractions = values[outputs.points]!;
          const points = new Float32Array(fractions.length);
          for (let i = 0; i < fractions.length; i += 2) {
            points[i] = left + fractions[i]! * side;
            points[i + 1] = top + fractions[i + 1]! * side;
          }
          return { points, five: fiveOf(points) };
        },
      );
    },
  };
}

/** Eye centres from the lids, nose tip, and mouth corners between the outer and inner lip. */
export function fiveOf(points: Float32Array): FivePoints {
  const mean = (...indices: number[]): Point => {
    let x = 0;
    let y = 0;
    for (const index of indices) {
      x += points[2 * index]! / indices.length;
      y += points[2 * index + 1]! / indices.length;
    }
    return [x, y];
  };
  return [mean(37, 38, 40, 41), mean(43, 44, 46, 47), mean(30), mean(48, 60), mean(54, 64)];
}
