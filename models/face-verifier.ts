import { type CropNetwork, cropRunner } from './batch.ts';
import { type Box, cropTransform, type FivePoints, type Point, squareAround } from './geometry.ts';
import { type RgbImage, writeWarp } from './image.ts';

export interface VerifiedFace {
  /** P(face), 0…1 */
  readonly score: number;
  readonly points: FivePoints;
}

/** A second look at every detected box: is it a face, and where are its five points. */
export interface FaceVerifier {
  /** One answer a box, in their order. The image must stay untouched until the promise settles. */
  verify(image: RgbImage, boxes: readonly Box[]): Promise<VerifiedFace[]>;
}

/**
 * MTCNN's O-Net (Zhang et al., IEEE SPL 2016): 48 × 48 of the square round the box, with x and y swapped, because its
 * weights come from a column-major framework. `points` are five x, then five y, as fractions of the square.
 */
export function onetVerifier(
  network: CropNetwork,
  outputs: { scores: string; points: string },
): FaceVerifier {
  const run = cropRunner(network, [outputs.scores, outputs.points]);
  return {
    verify(image, boxes) {
      return run(
        boxes.map((box) => squareAround(box)),
        (square, slot) => {
          const [sx, , tx, , sy, ty] = cropTransform(square, slot.width, slot.height);
          writeWarp(image, [0, sx, tx, sy, 0, ty], slot);
        },
        (values, [left, top, side]) => {
          const v = values[outputs.points]!;
          const at = (k: number): Point => [left + v[k]! * side, top + v[k + 5]! * side];
          return { score: values[outputs.scores]![1]!, points: [at(0), at(1), at(2), at(3), at(4)] };
        },
      );
    },
  };
}
