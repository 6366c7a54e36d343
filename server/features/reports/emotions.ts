import { sql } from 'drizzle-orm';
import { policy } from '../../../config/policies.ts';
import { EMOTION_LABELS, type EmotionLabel } from '../../../pipeline/messages.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope } from '../courses/access.ts';
import { all, between } from './counts.ts';
import type { Institution } from './institution.ts';
import type { DayRange } from './periods.ts';

export interface EmotionPoint {
  day: string;
  /** Readings that the shares are made of. */
  samples: number;
  scores: Record<EmotionLabel, number>;
}

export interface EmotionReport {
  /** Shares that add up to 1, over all readings; null where there is none. */
  scores: Record<EmotionLabel, number> | null;
  samples: number;
  days: EmotionPoint[];
}

/**
 * Throws `emotion-prohibited` where the jurisdiction's policy prohibits it, whatever the institution may have chosen,
 * and `emotion-off` where the institution's mode does not go as far as what is asked for.
 */
export function assertEmotion(tenant: Institution, of: 'class' | 'individual'): void {
  if (policy(tenant.policy).emotion.prohibited) throw new ApiError('emotion-prohibited');
  if (tenant.emotionMode === 'off' || (of === 'individual' && tenant.emotionMode !== 'individual'))
    throw new ApiError('emotion-off');
}

/** Throws `emotion-consent-missing` where the student's latest word is not yes. */
export async function assertEmotionConsent(tx: Tx, studentId: string): Promise<void> {
  const [latest] = await tx.execute<{ granted: boolean }>(sql`
    select granted from consents where student_id = ${studentId} and purpose = 'emotion' order by id desc limit 1`);
  if (!latest?.granted) throw new ApiError('emotion-consent-missing');
}

/**
 * Of a course: aggregates only, each of at least as many people as the policy asks for. Of a student: their own rows,
 * which exist only in sessions that were opened under the mode `individual`.
 */
export async function emotions(
  tx: Tx,
  tenant: Institution,
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>,
  of: { courseId: string } | { studentId: string; courseId?: string | undefined },
  range: DayRange,
): Promise<EmotionReport> {
  const { minClassSize } = policy(tenant.policy).emotion;
  const rows = await tx.execute<{ day: string; samples: number; scores: number[] }>(sql`
    select day::text as day, sum(samples)::int as samples, array_agg(mean order by label)::float8[] as scores
    from (
      select s.day, u.label, sum(u.score * h.samples) / sum(h.samples) as mean,
        case when u.label = 1 then sum(h.samples) else 0 end as samples
      from emotion_history h join class_sessions s on s.id = h.session_id
      cross join lateral unnest(h.scores) with ordinality as u(score, label)
      where ${all(
        between(sql`s.day`, range),
        sql`h.samples > 0`,
        caller.role === 'student' ? null : courseScope(caller, sql`s.course_id`),
        of.courseId ? sql`s.course_id = ${of.courseId}` : null,
        'studentId' in of
          ? sql`h.student_id = ${of.studentId}`
          : sql`h.student_id is null and h.people >= ${Math.max(5, minClassSize)}`,
      )}
      group by s.day, u.label
    ) m group by day order by day`);
  const days = rows.map(({ day, samples, scores }) => ({ day, samples, scores: named(scores) }));
  const samples = rows.reduce((sum, row) => sum + row.samples, 0);
  const mean = EMOTION_LABELS.map((_, label) =>
    rows.reduce((sum, row) => sum + (row.scores[label] ?? 0) * row.samples, 0),
  );
  return { scores: samples === 0 ? null : named(mean), samples, days };
}

function named(scores: readonly number[]): Record<EmotionLabel, number> {
  const total = scores.reduce((a, b) => a + b, 0);
  return Object.fromEntries(
    EMOTION_LABELS.map((label, at) => [label, total > 0 ? (scores[at] ?? 0) / total : 0]),
  ) as Record<EmotionLabel, number>;
}
