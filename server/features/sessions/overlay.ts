import type { FaceObservation } from '../../../pipeline/messages.ts';
import type { Faces } from '../../realtime/topics.ts';

/** Real people scored 0.78 on average, faces on screens and prints 0.17 and 0.38: see docs/models.md. */
const MAYBE_PICTURE = 0.4;

/** A face as the page draws it: with the name, and with an emotion only where policy and student allow it. */
export function overlayFace(
  face: FaceObservation,
  rules: { nameOf(studentId: string): string | null; mayShowEmotion(studentId: string): boolean },
): Faces['faces'][number] {
  const { studentId } = face.identity;
  return {
    trackId: face.trackId,
    box: [...face.box],
    score: face.score,
    state: face.identity.state,
    studentId,
    name: studentId ? rules.nameOf(studentId) : null,
    confidence: face.identity.confidence,
    attentive: face.attentive,
    ...(face.liveness !== undefined && face.liveness < MAYBE_PICTURE ? { maybePicture: true as const } : {}),
    ...(face.emotion && studentId && rules.mayShowEmotion(studentId) ? { emotion: face.emotion.label } : {}),
  };
}
