import { type CropNetwork, cropRunner, softmax } from './batch.ts';
import type { Box } from './geometry.ts';
import { type RgbImage, writeCrop } from './image.ts';
import type { Landmarks } from './landmarks.ts';

/** P(closed) of the eyes on the image's left and right. */
export interface EyeState {
  readonly left: number;
  readonly right: number;
}

export interface EyeStateClassifier {
  /** Means little below the face width of the pack's calibration: an eye of four pixels is always half closed. */
  closed(image: RgbImage, landmarks: readonly Landmarks[]): Promise<EyeState[]>;
}

/** Side of the square round an eye in eye widths. */
const CONTEXT = 1.6;
/** First points of the two eyes in iBUG order: outer (inner) corner, two of the upper lid, corner, two of the lower. */
const LEFT_EYE = 36;
const RIGHT_EYE = 42;

export function eyeStateClassifier(network: CropNetwork, outputs: { logits: string }): EyeStateClassifier {
  const run = cropRunner(network, [outputs.logits]);
  return {
    async closed(image, landmarks) {
      const squares = landmarks.flatMap(({ points }) => [
        eyeSquare(points, LEFT_EYE),
        eyeSquare(points, RIGHT_EYE),
      ]);
      const closed = await run(
        squares,
        (square, slot) => writeCrop(image, square, slot),
        (values) => softmax(values[outputs.logits]!)[0]!,
      );
      return landmarks.map((_, i) => ({ left: closed[2 * i]!, right: closed[2 * i + 1]! }));
    },
  };
}

/** The square round the middle of the lids; its size follows the distance between the corners of the eye. */
export function eyeSquare(points: Float32Array, first: number): Box {
  const x = (i: number) => points[2 * (first + i)]!;
  const y = (i: number) => points[2 * (first + i) + 1]!;
  const side = Math.max(1, CONTEXT * Math.hypot(x(3) - x(0), y(3) - y(0)));
  const centreX = (x(1) + x(2) + x(4) + x(5)) / 4;
  const centreY = (y(1) + y(2) + y(4) + y(5)) / 4;
  return [centreX - side / 2, centreY - side / 2, side, side];
}
