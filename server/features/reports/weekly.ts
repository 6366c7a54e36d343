import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import { type AbsenceItem, absences } from './absences.ts';
import { between, type Counts, countColumns, type RawCounts, sumOf, trendOf, withRate } from './counts.ts';
import { courseEngagement, type EngagementSummary } from './engagement.ts';
import { type DayRange, previousPeriod } from './periods.ts';

export interface WeeklyTeacherReport {
  week: DayRange;
  totals: Counts & { sessions: number };
  /** Percentage points against the week before. */
  trend: number | null;
  courses: (Counts & {
    courseId: string;
    code: string;
    name: string;
    sessions: number;
    trend: number | null;
    /** Null where no camera saw a class of the course in that week. */
    engagement: EngagementSummary | null;
  })[];
  /** Students who have reached a course's threshold, those with the longest streak first; at most 50. */
  warnings: AbsenceItem[];
}

/**
 * A teacher's own week, from Monday to Sunday in the institution's time: the courses that had a session, against the
 * week before. `teacherId` is the entry in the list of teachers. `threshold`: see `absences`.
 */
export async function weeklyTeacherReport(
  tx: Tx,
  given: { teacherId: string; week: DayRange; threshold: number | null },
): Promise<WeeklyTeacherReport> {
  const { teacherId, week } = given;
  const before = previousPeriod('week', week);
  const own = sql`(select ct.course_id from course_teachers ct where ct.teacher_id = ${teacherId})`;
  const rows = await tx.execute<
    Record<string, unknown> &
      RawCounts & { courseId: string; code: string; name: string; now: boolean; sessions: number }
  >(sql`
    select c.id as "courseId", c.code, c.name, r.day >= ${week.from}::date as now,
      count(distinct r.session_id)::int as sessions, ${countColumns}
    from attendance_records r join courses c on c.id = r.course_id
    where r.course_id in ${own} and ${between(sql`r.day`, { from: before.from, until: week.until })}
    group by c.id, c.code, c.name, now order by c.code`);
  const then = new Map(rows.filter((row) => !row.now).map((row) => [row.courseId, withRate(row).rate]));
  const now = rows.filter((row) => row.now);
  const engagement = await courseEngagement(
    tx,
    now.map((row) => row.courseId),
    week,
  );
  const totals = sumOf(now);
  const { items } = await absences(tx, {
    caller: { role: 'admin', userId: teacherId, studentId: null },
    teacherId,
    // What counts for a warning is the semester, not the week.
    range: { from: '1970-01-01', until: week.until },
    threshold: given.threshold,
    warningsOnly: true,
    sort: 'streak',
    skip: 0,
    limit: 50,
  });
  return {
    week,
    totals: { ...totals, sessions: now.reduce((count, row) => count + row.sessions, 0) },
    trend: trendOf(totals.rate, sumOf(rows.filter((row) => !row.now)).rate),
    courses: now.map(({ now: _, courseId, code, name, sessions, ...counts }) => {
      const known = withRate(counts as unknown as RawCounts);
      return {
        courseId,
        code,
        name,
        sessions,
        ...known,
        trend: trendOf(known.rate, then.get(courseId) ?? null),
        engagement: engagement.get(courseId) ?? null,
      };
    }),
    warnings: items,
  };
}
