import type { FaceModels } from '../models/face-models.ts';
import { thresholdAt } from '../models/manifest.ts';
import { createGallery, type Gallery } from './gallery.ts';
import type { GalleryEntry, PhotoFace, PhotoMatch } from './messages.ts';
import { confidenceOf, type IdentityPolicy, identityPolicy } from './tracking/identity-policy.ts';

interface Face {
  vector: Float32Array;
  problem: PhotoFace['problem'];
}

/** A face has to stand out by this much to be asked about, as in a video. */
const REVIEW_MARGIN = 0.04;
/** With nobody to compare with, a stranger's usual score stands in for the runner-up. */
const STRANGER = 0.2;

/** Who is on a photo, in the order of the faces; null: nobody of the gallery. */
export function matchFaces(
  models: Pick<FaceModels, 'calibration' | 'embeddingLength'>,
  faces: readonly Face[],
  entries: readonly GalleryEntry[],
): (PhotoMatch | null)[] {
  if (entries.length === 0) return faces.map(() => null);
  const gallery = createGallery(entries, models.embeddingLength);
  const policy = identityPolicy((far) => thresholdAt(models.calibration, far), gallery.rows);
  return matchInGallery(faces, gallery, policy);
}

/**
 * A photo is one look: the threshold is that of a single look in a video. One student is on a photo once; of two faces
 * that look like the same student the one that looks it more is, and the other nobody, because whoever sits beside a
 * student and looks like them is not found out by asking. A face too poor to be a template is at most asked about.
 */
export function matchInGallery(
  faces: readonly Face[],
  gallery: Gallery,
  policy: IdentityPolicy,
): (PhotoMatch | null)[] {
  const matches = faces.map((face) => matchOne(face, gallery, policy));
  return matches.map((match, i) =>
    match &&
    matches.every(
      (other, j) =>
        j === i ||
        other?.studentId !== match.studentId ||
        other.score < match.score ||
        (other.score === match.score && i < j),
    )
      ? match
      : null,
  );
}

function matchOne({ vector, problem }: Face, gallery: Gallery, policy: IdentityPolicy): PhotoMatch | null {
  const scores = gallery.scores(vector);
  let best = -1;
  for (const [index, studentId] of gallery.studentIds.entries()) {
    const score = scores[index]!;
    if (best >= 0 && score <= scores[best]!) continue;
    if (gallery.negativeScore(studentId, vector) >= score) continue;
    best = index;
  }
  if (best < 0) return null;
  const score = scores[best]!;
  const second = scores.reduce(
    (top, value, index) => (index === best ? top : Math.max(top, value)),
    STRANGER,
  );
  const margin = score - second;
  if (score < policy.review || margin < REVIEW_MARGIN) return null;
  const sure = problem === null && score >= policy.sureSingle && margin >= policy.marginSingle;
  const confidence = confidenceOf(score, policy.sureSingle, policy);
  return {
    studentId: gallery.studentIds[best]!,
    verdict: sure ? 'sure' : 'review',
    confidence: sure ? confidence : Math.min(confidence, 0.79),
    score,
    margin,
  };
}
