import { type CropNetwork, cropRunner, softmax } from './batch.ts';
import type { Box } from './geometry.ts';
import { type RgbImage, writeCrop } from './image.ts';

/** How much a face looks like a person rather than a photo or a screen. Advisory: it was never validated here. */
export interface LivenessScorer {
  /** One score from 0 to 1 a detector box, in their order. */
  score(image: RgbImage, boxes: readonly Box[]): Promise<number[]>;
}

/** The frame of a phone or a sheet of paper shows round the face: the network looks at 2.7 times its box. */
const CONTEXT = 2.7;

export function livenessScorer(
  network: CropNetwork,
  outputs: { logits: string },
  liveIndex: number,
): LivenessScorer {
  const run = cropRunner(network, [outputs.logits]);
  return {
    score(image, boxes) {
      return run(
        boxes.map((box) => contextBox(box, image.width, image.height)),
        (box, slot) => writeCrop(image, box, slot),
        (values) => softmax(values[outputs.logits]!)[liveIndex] ?? 0,
      );
    },
  };
}

/** The box grown 2.7 times, or as far as the image allows, and shifted into the image. */
export function contextBox(box: Box, imageWidth: number, imageHeight: number): Box {
  const scale = Math.min(CONTEXT, (imageWidth - 1) / box[2], (imageHeight - 1) / box[3]);
  const width = box[2] * scale;
  const height = box[3] * scale;
  const left = box[0] + (box[2] - width) / 2;
  const top = box[1] + (box[3] - height) / 2;
  return [
    Math.max(0, Math.min(left, imageWidth - 1 - width)),
    Math.max(0, Math.min(top, imageHeight - 1 - height)),
    width,
    height,
  ];
}
