import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope } from '../courses/access.ts';
import { all, between } from './counts.ts';
import type { DayRange } from './periods.ts';
import { isCountedUp, tallies } from './tallies.ts';

/**
 * How often the machine was right, as far as people's corrections can tell. One student in one session counts once.
 * What nobody looked at counts as right, so `precision` is an upper bound where few marks are looked at; `recall` knows
 * only of those whom a person or a QR code found, and only of students with a face enrolled, in sessions with a camera.
 */
export interface Accuracy {
  /** The machine alone recognised the student, and no person has said otherwise. */
  kept: number;
  /** It recognised the student; a person changed late to present or the other way round, so the face was right. */
  timeCorrected: number;
  /** It recognised the student; a person said that they were absent. */
  correctedAway: number;
  /** A person said of the very face that it was not this student, after the machine had been sure. */
  rejected: number;
  /** It was nearly sure and asked; the person confirmed. */
  reviewsConfirmed: number;
  /** It was nearly sure and asked; the person said no. */
  reviewsRejected: number;
  /** Asked and not answered. */
  reviewsOpen: number;
  /** A person or a QR code marked the student, whom no camera had recognised. */
  missed: number;
  /** (kept + timeCorrected) / (kept + timeCorrected + correctedAway + rejected). */
  precision: number | null;
  /** (kept + timeCorrected) / (kept + timeCorrected + reviewsConfirmed + missed). */
  recall: number | null;
  /** reviewsConfirmed / (reviewsConfirmed + reviewsRejected). */
  reviewPrecision: number | null;
}

type Raw = Omit<Accuracy, 'precision' | 'recall' | 'reviewPrecision'>;

export async function accuracy(
  tx: Tx,
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>,
  query: { range: DayRange; courseId?: string | undefined },
): Promise<Accuracy> {
  const sessions = sql`
    select s.id from class_sessions s
    where ${all(
      between(sql`s.day`, query.range),
      courseScope(caller, sql`s.course_id`),
      query.courseId ? sql`s.course_id = ${query.courseId}` : null,
    )}`;
  const of = (t: SQL) =>
    all(
      between(sql`${t}.day`, query.range),
      courseScope(caller, sql`${t}.course_id`),
      query.courseId ? sql`${t}.course_id = ${query.courseId}` : null,
    );
  const countedUp = await isCountedUp(tx);
  const [row] = await tx.execute<Record<string, unknown> & Raw>(sql`
    with marks as (
      select coalesce(sum(c.kept), 0)::int as kept, coalesce(sum(c.time_corrected), 0)::int as time_corrected,
        coalesce(sum(c.corrected_away), 0)::int as corrected_away
      from (${tallies(of, countedUp)}) c
    ), asked as (
      select count(*) filter (where i.status = 'confirmed')::int as confirmed,
        count(*) filter (where i.status = 'rejected')::int as rejected,
        count(*) filter (where i.status = 'open')::int as open
      from review_items i where i.session_id in (${sessions})
    ), refused as (
      select count(distinct (x.session_id, x.student_id))::int as n from attendance_events x
      where x.type = 'rejected' and x.session_id in (${sessions}) and exists (
        select 1 from attendance_events m where m.session_id = x.session_id and m.student_id = x.student_id
          and m.type in ('marked', 'seen') and m.stream_id = x.stream_id and m.track_id = x.track_id)
    ), missed as (
      select count(*)::int as n from attendance_records r
      where ${of(sql`r`)} and r.method in ('manual', 'qr') and r.first_seen_at is null and r.status in ('present', 'late')
        and exists (select 1 from streams t where t.session_id = r.session_id)
        and exists (select 1 from face_templates f where f.student_id = r.student_id and f.kind = 'enrolment')
    )
    select marks.kept, marks.time_corrected as "timeCorrected", marks.corrected_away as "correctedAway",
      refused.n as rejected, asked.confirmed as "reviewsConfirmed", asked.rejected as "reviewsRejected",
      asked.open as "reviewsOpen", missed.n as missed
    from marks, asked, refused, missed`);
  const raw = row as Raw;
  const right = raw.kept + raw.timeCorrected;
  return {
    ...raw,
    precision: share(right, right + raw.correctedAway + raw.rejected),
    recall: share(right, right + raw.reviewsConfirmed + raw.missed),
    reviewPrecision: share(raw.reviewsConfirmed, raw.reviewsConfirmed + raw.reviewsRejected),
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
