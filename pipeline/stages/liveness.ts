import type { FaceModels } from '../../models/face-models.ts';
import type { Box } from '../../models/geometry.ts';
import type { RgbImage } from '../../models/image.ts';

/** P(live) of faces: a hint for the log, never a ground for a decision (the model is not validated). */
export async function readLiveness(
  models: FaceModels,
  image: RgbImage,
  boxes: readonly Box[],
): Promise<number[]> {
  if (!models.liveness || boxes.length === 0) return [];
  return await models.liveness.score(image, boxes);
}
