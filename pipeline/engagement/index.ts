import type { EngagementCounts } from '../messages.ts';

/** From counts to the published numbers; formula and limits: docs/engagement.md. */
export type Band = 'low' | 'middle' | 'high';

export interface EngagementIndex {
  /** Share of the judged frames that were attentive; null where too little was seen to say. */
  attention: number | null;
  /** Share of the sampled frames that could be judged. */
  coverage: number;
  /** Share of the sampled frames in which the face was seen. */
  presence: number;
  band: Band | null;
}

/** Under this coverage there is no number, only the coverage. */
export const MIN_COVERAGE = 0.2;
const BAND_MIDDLE = 0.4;
const BAND_HIGH = 0.7;

export function engagementOf(counts: EngagementCounts): EngagementIndex {
  const { framesSampled, framesSeen, framesJudged, framesAttentive } = counts;
  const coverage = framesSampled > 0 ? framesJudged / framesSampled : 0;
  const presence = framesSampled > 0 ? framesSeen / framesSampled : 0;
  const attention = framesJudged > 0 && coverage >= MIN_COVERAGE ? framesAttentive / framesJudged : null;
  return { attention, coverage, presence, band: bandOf(attention) };
}

export function bandOf(attention: number | null): Band | null {
  if (attention === null) return null;
  if (attention < BAND_MIDDLE) return 'low';
  return attention < BAND_HIGH ? 'middle' : 'high';
}

/** Coverage-weighted mean of the students who can be judged; the coverage is the mean over all who are seen. */
export function classEngagement(students: readonly EngagementIndex[]): Omit<EngagementIndex, 'presence'> {
  let weighted = 0;
  let weight = 0;
  let coverage = 0;
  for (const student of students) {
    coverage += student.coverage;
    if (student.attention === null) continue;
    weighted += student.attention * student.coverage;
    weight += student.coverage;
  }
  const attention = weight > 0 ? weighted / weight : null;
  return {
    attention,
    coverage: students.length > 0 ? coverage / students.length : 0,
    band: bandOf(attention),
  };
}
