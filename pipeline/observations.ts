import type { FrameReading } from './engagement/windows.ts';
import type { Frame } from './frame.ts';
import {
  EMOTION_LABELS,
  type FaceIdentity,
  type FaceObservation,
  type IdentityDecision,
  type Observation,
  type Purposes,
} from './messages.ts';
import type { TrackedFace } from './tracked-face.ts';

/** Tracks in the form of the messages. */
export function observationOf(
  streamId: string,
  frame: Frame,
  faces: readonly TrackedFace[],
  purposes: Purposes,
  stagesMs: Record<string, number>,
): Observation {
  const { seq, atMs, mediaTimeS, width, height } = frame;
  return {
    streamId,
    seq,
    atMs,
    mediaTimeS,
    width,
    height,
    faces: faces.map((face) => faceObservation(face, atMs, purposes)),
    stagesMs,
  };
}

function faceObservation(face: TrackedFace, atMs: number, purposes: Purposes): FaceObservation {
  const { track, judge } = face;
  const observed: FaceObservation = {
    trackId: track.id,
    box: track.box,
    score: track.score,
    identity: identityState(face),
    pose: judge.pose(atMs),
    attentive: judge.attentive(atMs),
  };
  if (purposes.emotion === 'individual' && face.emotion && atMs - face.emotion.atMs < 10_000) {
    const { scores } = face.emotion;
    const best = scores.indexOf(Math.max(...scores));
    observed.emotion = { label: EMOTION_LABELS[best] ?? 'neutral', scores };
  }
  if (purposes.liveness && face.liveness !== null) observed.liveness = face.liveness;
  return observed;
}

function identityState(face: TrackedFace): FaceIdentity {
  const { state, studentId, confidence } = face.votes.standing();
  return { state, studentId, confidence };
}

/** What the frame adds to the engagement of students who are certainly in it. */
export function readingsOf(faces: readonly TrackedFace[], atMs: number, purposes: Purposes): FrameReading[] {
  return faces.flatMap((face) => {
    const { state, studentId } = face.votes.standing();
    if (state !== 'sure' || studentId === null) return [];
    const fresh = purposes.emotion !== 'off' && face.emotion?.atMs === atMs;
    return [
      {
        studentId,
        attentive: purposes.attention ? face.judge.attentive(atMs) : null,
        eyesClosed: purposes.attention ? face.judge.eyesClosed(atMs) : null,
        emotion: fresh ? face.emotion?.scores : undefined,
      },
    ];
  });
}

/** The track's decision, when it is another one than was sent before. */
export function identityOf(streamId: string, face: TrackedFace, atMs: number): IdentityDecision | null {
  const { state, studentId, confidence, score, margin } = face.votes.standing();
  if ((state !== 'sure' && state !== 'review') || studentId === null) {
    face.announced = null;
    return null;
  }
  const key = `${state} ${studentId}`;
  if (face.announced === key) return null;
  face.announced = key;
  return {
    streamId,
    trackId: face.track.id,
    studentId,
    verdict: state,
    confidence,
    score,
    margin,
    votes: face.votes.looks.count(),
    firstSeenAtMs: face.track.firstSeenMs,
    decidedAtMs: atMs,
    embedding: face.votes.fused() ?? new Float32Array(),
    face: null,
  };
}
