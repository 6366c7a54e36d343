import type { FaceObservation } from '../../../pipeline/messages.ts';
import type { Faces } from '../../realtime/topics.ts';

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
    ...(face.emotion && studentId && rules.mayShowEmotion(studentId) ? { emotion: face.emotion.label } : {}),
  };
}
