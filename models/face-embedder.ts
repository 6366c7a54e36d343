import { type CropNetwork, cropRunner } from './batch.ts';
import { boundingBox, type FivePoints, invertAffine, similarityTransform } from './geometry.ts';
import { type RgbImage, writeWarp } from './image.ts';

export interface Embedding {
  /** Unit length: the dot product of two is their cosine. */
  readonly vector: Float32Array;
  /** Length before normalising: a hint of quality (a sharp frontal face is longer than a blurred one or none). */
  readonly norm: number;
}

export interface FaceEmbedder {
  /** One embedding a face, in their order. The image must stay untouched until the promise settles. */
  embed(image: RgbImage, fives: readonly FivePoints[]): Promise<Embedding[]>;
}

/** Where ArcFace (Deng et al., CVPR 2019) wants the five points in a 112 × 112 picture. */
export const ALIGNED_FACE: FivePoints = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

/** Side of the picture that `ALIGNED_FACE` is given for. */
const ALIGNED_SIDE = 112;

/** Writes the face turned, scaled and shifted so that its five points lie where `ALIGNED_FACE` has them. */
export function writeAligned(image: RgbImage, five: FivePoints, slot: Parameters<typeof writeWarp>[2]): void {
  const [, , width, height] = boundingBox(five.flat());
  // Points in one place align nothing: the picture stays black, and the embedding's norm tells.
  if (!(Math.max(width, height) >= 1)) {
    writeWarp(image, [Number.NaN, 0, 0, 0, 0, 0], slot);
    return;
  }
  const scale = slot.width / ALIGNED_SIDE;
  const target = ALIGNED_FACE.map(([x, y]) => [(x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5] as const);
  writeWarp(image, invertAffine(similarityTransform(five, target)), slot);
}

export function alignedEmbedder(network: CropNetwork, outputs: { embedding: string }): FaceEmbedder {
  const run = cropRunner(network, [outputs.embedding]);
  return {
    embed(image, fives) {
      return run(
        fives,
        (five, slot) => writeAligned(image, five, slot),
        (values) => normalise(values[outputs.embedding]!),
      );
    },
  };
}

/** A copy of unit length, and the length it had. A zero or broken vector becomes zeros of norm 0: it matches nobody. */
export function normalise(raw: Float32Array): Embedding {
  let sum = 0;
  for (let i = 0; i < raw.length; i++) sum += raw[i]! * raw[i]!;
  const norm = Math.sqrt(sum);
  const vector = new Float32Array(raw.length);
  if (!(norm > 0 && Number.isFinite(norm))) return { vector, norm: 0 };
  for (let i = 0; i < raw.length; i++) vector[i] = raw[i]! / norm;
  return { vector, norm };
}

/** Cosine of two embeddings of unit length. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
