import type { FaceModels } from '../../models/face-models.ts';
import type { Box, FivePoints } from '../../models/geometry.ts';
import { iou } from '../../models/geometry.ts';
import type { RgbImage } from '../../models/image.ts';

export interface DetectedFace {
  box: Box;
  /** Geometric mean of detector and verifier, 0…1. */
  score: number;
  points: FivePoints | null;
}

export interface DetectOptions {
  /** 0: the image's own width. */
  width: number;
  /** Faces already followed: a confident detection on one of them needs no second opinion. */
  known: readonly Box[];
}

/** A detection like this on a face that is already followed was verified often enough. */
const TRUSTED = { score: 0.9, overlap: 0.5 };
/** The level for faces of over 200 px, which the native level may miss. */
const LARGE_FACES_WIDTH = 320;
const MOST_FACES = 150;
/** A detection that lies inside a better one to this share of the smaller is the same face at another size. */
const NESTED = 0.65;

/** All faces of an image: detector, then verifier on what is new or doubtful. */
export async function detectFaces(
  models: FaceModels,
  image: RgbImage,
  options: DetectOptions,
): Promise<DetectedFace[]> {
  const width = options.width > 0 && options.width < image.width ? options.width : 0;
  const found = await models.detector.detect(image, {
    ...(width > 0 ? { width } : {}),
    pyramid: image.width > LARGE_FACES_WIDTH * 1.5 ? [LARGE_FACES_WIDTH] : [],
  });
  const detections = withoutNested([...found].sort((a, b) => b.score - a.score)).slice(0, MOST_FACES);
  const verifier = models.verifier;
  if (!verifier) return detections.map(({ box, score, points }) => ({ box, score, points: points ?? null }));

  const trusted = detections.map(
    ({ box, score }) =>
      score >= TRUSTED.score && options.known.some((known) => iou(known, box) >= TRUSTED.overlap),
  );
  const asked = detections.filter((_, i) => !trusted[i]);
  const answers = await verifier.verify(
    image,
    asked.map(({ box }) => box),
  );
  const minScore = models.calibration.verifier?.minScore ?? 0.5;
  const answerOf = new Map(asked.map((detection, i) => [detection, answers[i]!]));
  const faces: DetectedFace[] = [];
  for (const [i, detection] of detections.entries()) {
    const { box, score, points } = detection;
    if (trusted[i]) {
      faces.push({ box, score, points: points ?? null });
      continue;
    }
    const answer = answerOf.get(detection)!;
    if (answer.score < minScore) continue;
    faces.push({ box, score: Math.sqrt(score * answer.score), points: points ?? answer.points });
  }
  return faces;
}

/** Suppression by overlap over union lets a small box inside a large one live, so levels may find a face twice. */
function withoutNested<T extends { readonly box: Box }>(bestFirst: readonly T[]): T[] {
  const kept: T[] = [];
  for (const candidate of bestFirst) {
    if (kept.every(({ box }) => shareOfSmaller(box, candidate.box) < NESTED)) kept.push(candidate);
  }
  return kept;
}

function shareOfSmaller(a: Box, b: Box): number {
  const w = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return w <= 0 || h <= 0 ? 0 : (w * h) / Math.min(a[2] * a[3], b[2] * b[3]);
}
