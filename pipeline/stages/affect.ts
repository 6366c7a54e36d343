import type { FaceModels } from '../../models/face-models.ts';
import type { RgbImage } from '../../models/image.ts';
import type { Landmarks } from '../../models/landmarks.ts';

/**
 * Emotion scores of faces with landmarks; empty where the pack has no such model. The first call loads the
 * model: nothing calls this under a policy that says `off`, so there the weights are never even read.
 */
export async function readEmotions(
  models: FaceModels,
  image: RgbImage,
  landmarks: readonly Landmarks[],
): Promise<Float32Array[]> {
  if (landmarks.length === 0) return [];
  const classifier = await models.emotion();
  return classifier ? await classifier.classify(image, landmarks) : [];
}
