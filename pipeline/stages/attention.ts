import type { FaceModels } from '../../models/face-models.ts';
import type { Box } from '../../models/geometry.ts';
import type { RgbImage } from '../../models/image.ts';
import type { Landmarks } from '../../models/landmarks.ts';
import type { EyesReading, HeadPose } from '../engagement/attention.ts';

/** Head poses of faces; empty where the pack has no pose model. */
export async function readPoses(
  models: FaceModels,
  image: RgbImage,
  boxes: readonly Box[],
): Promise<HeadPose[]> {
  if (!models.headPose || boxes.length === 0) return [];
  return await models.headPose.estimate(image, boxes);
}

/** Eye states of faces with landmarks; empty where the pack has no eye model. */
export async function readEyes(
  models: FaceModels,
  image: RgbImage,
  landmarks: readonly Landmarks[],
): Promise<EyesReading[]> {
  if (!models.eyes || landmarks.length === 0) return [];
  return await models.eyes.closed(image, landmarks);
}
