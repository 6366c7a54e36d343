import { type CropNetwork, cropRunner, softmax } from './batch.ts';
import { type Box, scaleBox } from './geometry.ts';
import { type RgbImage, writeCrop } from './image.ts';

/** Degrees. Yaw is positive with the nose towards the image's left, pitch positive upwards. */
export interface HeadPose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

export interface HeadPoseEstimator {
  /** One pose a detector box, in their order. The image must stay untouched until the promise settles. */
  estimate(image: RgbImage, boxes: readonly Box[]): Promise<HeadPose[]>;
}

/** A quarter of the box's width and height is added on every side. */
const CONTEXT = 1.5;
const BIN_DEGREES = 3;
const LOWEST_DEGREES = -99;

/** Hopenet (Ruiz et al., CVPRW 2018): each angle is the expectation over 66 bins of three degrees from −99. */
export function binAngle(logits: ArrayLike<number>): number {
  const probabilities = softmax(logits);
  let expectation = 0;
  for (let i = 0; i < probabilities.length; i++) expectation += i * probabilities[i]!;
  return expectation * BIN_DEGREES + LOWEST_DEGREES;
}

export function hopenetEstimator(
  network: CropNetwork,
  outputs: { yaw: string; pitch: string; roll: string },
): HeadPoseEstimator {
  const run = cropRunner(network, [outputs.yaw, outputs.pitch, outputs.roll]);
  return {
    estimate(image, boxes) {
      return run(
        boxes,
        (box, slot) => writeCrop(image, scaleBox(box, CONTEXT), slot),
        (values) => ({
          yaw: binAngle(values[outputs.yaw]!),
          pitch: binAngle(values[outputs.pitch]!),
          roll: binAngle(values[outputs.roll]!),
        }),
      );
    },
  };
}
