import type { FaceModels } from '../../models/face-models.ts';
import type { Box } from '../../models/geometry.ts';
import type { RgbImage } from '../../models/image.ts';
import type { Landmarks } from '../../models/landmarks.ts';

/** 68 points of faces, located once a frame for whatever needs them; empty where the pack has no such model. */
export async function locateLandmarks(
  models: FaceModels,
  image: RgbImage,
  boxes: readonly Box[],
): Promise<Landmarks[]> {
  if (!models.landmarks || boxes.length === 0) return [];
  return await models.landmarks.locate(image, boxes);
}
