import type { FaceModels } from '../../models/face-models.ts';
import type { Box, FivePoints } from '../../models/geometry.ts';
import type { RgbImage } from '../../models/image.ts';
import type { Landmarks } from '../../models/landmarks.ts';

export interface FaceToEmbed {
  box: Box;
  score: number;
  points: FivePoints | null;
}

export interface EmbeddedFace {
  vector: Float32Array;
  /** 0…1: how much this embedding can be trusted. */
  quality: number;
  /** False where the network saw hardly any face in the crop. */
  faceLike: boolean;
}

/** Aligns and embeds faces. `landmarks` of the same faces are used where they are at hand. */
export async function embedFaces(
  models: FaceModels,
  image: RgbImage,
  faces: readonly FaceToEmbed[],
  landmarks: readonly (Landmarks | undefined)[] = [],
): Promise<(EmbeddedFace | null)[]> {
  if (faces.length === 0) return [];
  const fives: (FivePoints | null)[] = faces.map((face, i) => landmarks[i]?.five ?? face.points);
  const missing = fives.flatMap((five, i) => (five === null ? [i] : []));
  if (missing.length > 0 && models.verifier) {
    const answers = await models.verifier.verify(
      image,
      missing.map((i) => faces[i]!.box),
    );
    for (const [k, i] of missing.entries()) fives[i] = answers[k]!.points;
  }
  const usable = fives.flatMap((five, i) => (five === null ? [] : [i]));
  const embeddings = await models.embedder.embed(
    image,
    usable.map((i) => fives[i]!),
  );
  const out: (EmbeddedFace | null)[] = faces.map(() => null);
  for (const [k, i] of usable.entries()) {
    const { vector, norm } = embeddings[k]!;
    const face = faces[i]!;
    const byNorm = normQuality(models, norm);
    out[i] = {
      vector,
      quality: Math.sqrt(sizeQuality(facePx(face.box)) * byNorm) * Math.min(1, face.score + 0.1),
      faceLike: byNorm > 0,
    };
  }
  return out;
}

export const facePx = (box: Box): number => Math.min(box[2], box[3]);

/** Full from 56 px; a fifth at 16 px. */
function sizeQuality(px: number): number {
  return Math.min(1, Math.max(0.2, (px - 6) / 50));
}

/** The embedding's length before normalising tells faces from prints on shirts, in packs that know the scale. */
function normQuality(models: FaceModels, norm: number): number {
  const scale = models.calibration.embeddingNorm;
  if (!scale) return 0.8;
  return Math.min(1, Math.max(0, (norm - scale.noFace) / (scale.face - scale.noFace)));
}
