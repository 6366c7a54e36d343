import { EMOTION_LABELS, type EmotionLabel, type EngagementCounts } from '../../../pipeline/messages.ts';

/** From counts to the published numbers. Formulas, weights and limits of validity: docs/engagement.md. */

export type Band = 'low' | 'middle' | 'high';

/** Lower bounds of attention. Bands are shown besides the number because its second digit means nothing. */
const BANDS: readonly [Band, number][] = [
  ['high', 0.7],
  ['middle', 0.4],
  ['low', 0],
];

/** With less than this share of the frames judged, a number would describe the few good moments only. */
export const MIN_COVERAGE = 0.2;
/** Share of closed eyes needs a minute and this many judged frames: blinks are shorter than a sample. */
const MIN_EYE_FRAMES = 20;
const MIN_EYE_WINDOW_MS = 60_000;

export interface StudentMeasure {
  studentId: string;
  /** Share of judged frames that were attentive, 0…1; null below the minimum coverage. */
  attention: number | null;
  /** Share of sampled frames that could be judged, 0…1. */
  coverage: number;
  /** Share of sampled frames in which the student was seen, 0…1. */
  presence: number;
  band: Band | null;
  eyesClosedShare: number | null;
  lastSeenAt: number;
}

export interface ClassMeasure {
  /** Mean of the students' attention, weighted by coverage. */
  attention: number | null;
  /** Mean coverage over the students who were seen in the window. */
  coverage: number;
  /** Students seen in the window. */
  present: number;
  expected: number;
  band: Band | null;
}

export function bandOf(attention: number | null): Band | null {
  if (attention === null) return null;
  return BANDS.find(([, from]) => attention >= from)![0];
}

/**
 * One student over all cameras. Judged frames are pooled: each says something about the student. Coverage and presence
 * are those of the camera that saw most, because a student outside another camera's view is not missing.
 */
export function mergeCounts(views: readonly EngagementCounts[], windowMs: number): StudentMeasure {
  let judged = 0;
  let attentive = 0;
  let eyesJudged = 0;
  let eyesClosed = 0;
  let coverage = 0;
  let presence = 0;
  let lastSeenAt = 0;
  for (const view of views) {
    judged += view.framesJudged;
    attentive += view.framesAttentive;
    eyesJudged += view.eyesJudged;
    eyesClosed += view.eyesClosed;
    coverage = Math.max(coverage, share(view.framesJudged, view.framesSampled) ?? 0);
    presence = Math.max(presence, share(view.framesSeen, view.framesSampled) ?? 0);
    lastSeenAt = Math.max(lastSeenAt, view.lastSeenAtMs);
  }
  const attention = coverage >= MIN_COVERAGE ? share(attentive, judged) : null;
  const eyes = windowMs >= MIN_EYE_WINDOW_MS && eyesJudged >= MIN_EYE_FRAMES;
  return {
    studentId: views[0]!.studentId,
    attention,
    coverage,
    presence,
    band: bandOf(attention),
    eyesClosedShare: eyes ? share(eyesClosed, eyesJudged) : null,
    lastSeenAt,
  };
}

export function classMeasure(students: readonly StudentMeasure[], expected: number): ClassMeasure {
  const seen = students.filter((student) => student.presence > 0);
  let weight = 0;
  let sum = 0;
  let coverage = 0;
  for (const student of seen) {
    coverage += student.coverage;
    if (student.attention === null) continue;
    weight += student.coverage;
    sum += student.coverage * student.attention;
  }
  const attention = share(sum, weight);
  return {
    attention,
    coverage: share(coverage, seen.length) ?? 0,
    present: seen.length,
    expected,
    band: bandOf(attention),
  };
}

/**
 * Emotions of the class as shares that add up to 1: the mean of the students' means, so that nobody counts twice for
 * being seen often. Null with fewer than `minClassSize` people, because then it would describe individuals.
 */
export function classEmotion(
  students: readonly { sums: readonly number[]; count: number }[],
  minClassSize: number,
): Record<EmotionLabel, number> | null {
  const judged = students.filter((student) => student.count > 0);
  if (judged.length < Math.max(minClassSize, 1)) return null;
  const mean = EMOTION_LABELS.map(
    (_, label) => judged.reduce((sum, s) => sum + (s.sums[label] ?? 0) / s.count, 0) / judged.length,
  );
  const total = mean.reduce((a, b) => a + b, 0);
  return Object.fromEntries(
    EMOTION_LABELS.map((label, at) => [label, total > 0 ? mean[at]! / total : 0]),
  ) as Record<EmotionLabel, number>;
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? Math.min(1, part / whole) : null;
}
