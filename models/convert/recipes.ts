import { cutUltraFace, freeBatch, freeFrame } from './onnx-graph.ts';
import { faceApiExpression } from './tfjs.ts';
import { tfliteToOnnx } from './tflite.ts';

/**
 * How a pack's file is made from its sources, by the name that the manifest uses. Each takes the sources' bytes in
 * the manifest's order and is a pure function of them: the same sources give the same bytes.
 */
export const RECIPES = {
  /** The file as it is. */
  copy: ([file]) => file!,
  /** `onnx-graph.ts` */
  'cut-ultraface': ([file]) => cutUltraFace(file!),
  'free-batch': ([file]) => freeBatch(file!),
  'free-frame': ([file]) => freeFrame(file!),
  /** Weights manifest, then the binary. */
  'face-api-expression': ([manifest, binary]) => faceApiExpression(manifest!, binary!),
  /** Outputs: P(not a face), P(face) · box · points */
  'mtcnn-onet': ([file]) => tfliteToOnnx(file!, ['scores', 'box', 'points']),
} as const satisfies Record<string, (sources: readonly Uint8Array[]) => Uint8Array>;

export type RecipeName = keyof typeof RECIPES;

/** How many source files a recipe takes. */
export const SOURCES_OF: Readonly<Record<RecipeName, number>> = {
  copy: 1,
  'cut-ultraface': 1,
  'free-batch': 1,
  'free-frame': 1,
  'face-api-expression': 2,
  'mtcnn-onet': 1,
};
