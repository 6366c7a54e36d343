import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import { type Band, bandOf, MIN_COVERAGE } from '../engagement/measures.ts';
import { all, between } from './counts.ts';
import type { DayRange } from './periods.ts';

/** Never without its coverage, never an input to a grade: docs/engagement.md. */
export interface EngagementSummary {
  /** Share of the judged frames that were attentive, 0…1; null below the minimum coverage. */
  attention: number | null;
  /** Share of the sampled frames that could be judged, 0…1. */
  coverage: number;
  /** Share of the sampled frames in which the student was seen, 0…1. */
  presence: number;
  band: Band | null;
  /** How many students it is made of. */
  students: number;
  sessions: number;
}

interface Row extends Record<string, unknown> {
  key: string;
  attention: number | null;
  coverage: number;
  presence: number;
  students: number;
  sessions: number;
}

/**
 * Per student and session the frames of all cameras are pooled for attention, and coverage and presence are those of
 * the camera that saw most (as in features/engagement/measures.ts); a session counts for a student by its coverage.
 */
const measured = (where: ReturnType<typeof all>) => sql`
  select session_id, student_id, course_id, day,
    case when max(judged::float8 / sampled) >= ${MIN_COVERAGE} then sum(attentive)::float8 / nullif(sum(judged), 0) end as attention,
    max(judged::float8 / sampled) as coverage, max(seen::float8 / sampled) as presence
  from (
    select e.session_id, e.student_id, e.stream_id, s.course_id, s.day, sum(e.frames_sampled) as sampled,
      sum(e.frames_seen) as seen, sum(e.frames_judged) as judged, sum(e.frames_attentive) as attentive
    from engagement_samples e join class_sessions s on s.id = e.session_id
    where ${where}
    group by e.session_id, e.student_id, e.stream_id, s.course_id, s.day
  ) v where sampled > 0 group by session_id, student_id, course_id, day`;

const summary = sql`
  (sum(attention * coverage) / nullif(sum(coverage) filter (where attention is not null), 0))::float8 as attention,
  avg(coverage)::float8 as coverage, avg(presence)::float8 as presence,
  count(distinct student_id)::int as students, count(distinct session_id)::int as sessions`;

/** By course. Courses that no camera has seen are not in the map. */
export async function courseEngagement(
  tx: Tx,
  courseIds: readonly string[],
  range: DayRange,
): Promise<Map<string, EngagementSummary>> {
  if (courseIds.length === 0) return new Map();
  const inCourses = sql`s.course_id in ${[...courseIds]}`;
  return read(
    await tx.execute<Row>(sql`
      select course_id as key, ${summary} from (${measured(all(inCourses, between(sql`s.day`, range)))}) m
      group by course_id`),
  );
}

export interface EngagementParts {
  /** Null where no camera has seen anybody. */
  total: EngagementSummary | null;
  days: Map<string, EngagementSummary>;
  parts: Map<string, EngagementSummary>;
}

/** Of one course by day and student, or of one student by day and course (`by`): samples are read once. */
export async function engagementBy(
  tx: Tx,
  by: 'student_id' | 'course_id',
  given: { courseId?: string; studentId?: string; range: DayRange; scope?: ReturnType<typeof all> | null },
): Promise<EngagementParts> {
  const where = all(
    given.courseId ? sql`s.course_id = ${given.courseId}` : null,
    given.studentId ? sql`e.student_id = ${given.studentId}` : null,
    between(sql`s.day`, given.range),
    given.scope,
  );
  const part = sql.identifier(by);
  const rows = await tx.execute<Row & { day: string | null; part: string | null }>(sql`
    select day::text as day, ${part} as part, '' as key, ${summary} from (${measured(where)}) m
    group by grouping sets ((), (day), (${part})) order by day, part`);
  const keyed = (name: 'day' | 'part') =>
    read(
      rows.flatMap(({ day, part: of, ...row }) => {
        const key = name === 'day' ? day : of;
        return key === null ? [] : [{ ...row, key } as Row];
      }),
    );
  const whole = rows.flatMap(({ day, part: of, ...row }) =>
    day === null && of === null && row.sessions > 0 ? [row as unknown as Row] : [],
  );
  return { total: read(whole).get('') ?? null, days: keyed('day'), parts: keyed('part') };
}

function read(rows: readonly Row[]): Map<string, EngagementSummary> {
  return new Map(
    rows.map(({ key, ...row }) => [key, { ...row, band: bandOf(row.attention) } as EngagementSummary]),
  );
}
