import { type CropNetwork, cropRunner, softmax } from './batch.ts';
import { writeAligned } from './face-embedder.ts';
import { boundingBox, type FivePoints, squareAround } from './geometry.ts';
import { type RgbImage, type TensorSlot, writeCrop } from './image.ts';

/** The order of every vector of emotion scores. */
export const EMOTION_LABELS = [
  'neutral',
  'happy',
  'sad',
  'angry',
  'fearful',
  'disgusted',
  'surprised',
] as const;

export type EmotionLabel = (typeof EMOTION_LABELS)[number];

/** `Landmarks` are one; classifiers that align by five points need no more than those. */
export interface EmotionFace {
  readonly five: FivePoints;
  readonly points?: Float32Array;
}

/** Reads the expression of faces: a guess at what a face shows, never at what a person feels. */
export interface EmotionClassifier {
  /** Seven scores a face that sum to one, in the order of `EMOTION_LABELS`. */
  classify(image: RgbImage, faces: readonly EmotionFace[]): Promise<Float32Array[]>;
}

/** face-api's expression network: the square round the 68 points, a fifth larger, straight up. */
export function cropEmotionClassifier(
  network: CropNetwork,
  outputs: { logits: string },
  labels: readonly EmotionLabel[],
): EmotionClassifier {
  return classifier(network, outputs, labels, (image, face, slot) => {
    if (!face.points) throw new RangeError('This emotion classifier needs the 68 landmarks of a face');
    writeCrop(image, squareAround(boundingBox(face.points), 1.2), slot);
  });
}

/** OpenCV Zoo's FER MobileFaceNet: the face aligned by its five points. */
export function alignedEmotionClassifier(
  network: CropNetwork,
  outputs: { logits: string },
  labels: readonly EmotionLabel[],
): EmotionClassifier {
  return classifier(network, outputs, labels, (image, face, slot) => writeAligned(image, face.five, slot));
}

function classifier(
  network: CropNetwork,
  outputs: { logits: string },
  labels: readonly EmotionLabel[],
  write: (image: RgbImage, face: EmotionFace, slot: TensorSlot) => void,
): EmotionClassifier {
  const run = cropRunner(network, [outputs.logits]);
  const order = EMOTION_LABELS.map((label) => labels.indexOf(label));
  return {
    classify(image, faces) {
      return run(
        faces,
        (face, slot) => write(image, face, slot),
        (values) => {
          const scores = softmax(values[outputs.logits]!);
          return Float32Array.from(order, (index) => scores[index] ?? 0);
        },
      );
    },
  };
}
