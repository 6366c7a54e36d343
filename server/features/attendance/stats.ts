import { sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse, courseScope } from '../courses/access.ts';
import { noCounts, rateOf } from './counting.ts';
import type { AttendanceStats, StatsPeriod, StatsQuery } from './read-schemas.ts';

const MOST_DAYS = 400;

/** Counts and rates over a stretch of days, beside as many days before it. Throws `range-invalid`, `course-not-found`. */
export async function attendanceStats(tx: Tx, caller: Caller, query: StatsQuery): Promise<AttendanceStats> {
  const from = DateTime.fromISO(query.from, { zone: 'utc' });
  const to = DateTime.fromISO(query.to, { zone: 'utc' });
  const days = Math.round(to.diff(from, 'days').days) + 1;
  if (days < 1 || days > MOST_DAYS) throw new ApiError('range-invalid', { details: { most: MOST_DAYS } });
  if (query.courseId) await assertCourse(tx, caller, query.courseId);
  const period = await periodOf(tx, caller, query);
  const before = await periodOf(tx, caller, {
    ...query,
    from: from.minus({ days }).toISODate()!,
    to: from.minus({ days: 1 }).toISODate()!,
  });
  return {
    period,
    before,
    change:
      period.rate === null || before.rate === null
        ? null
        : Math.round((period.rate - before.rate) * 10_000) / 10_000,
  };
}

async function periodOf(tx: Tx, caller: Caller, query: StatsQuery): Promise<StatsPeriod> {
  const scope = courseScope(caller, sql`r.course_id`);
  const rows = (await tx.execute(sql`
    select r.status, r.method, count(*)::int as n, count(r.corrected_by)::int as corrected
    from attendance_records r
    ${query.department === undefined ? sql`` : sql`join students st on st.id = r.student_id`}
    where r.day between ${query.from}::date and ${query.to}::date
      ${query.courseId === undefined ? sql`` : sql`and r.course_id = ${query.courseId}`}
      ${query.department === undefined ? sql`` : sql`and st.department = ${query.department}`}
      ${scope === null ? sql`` : sql`and ${scope}`}
    group by r.status, r.method`)) as unknown as {
    status: keyof StatsPeriod['statuses'];
    method: keyof StatsPeriod['methods'] | null;
    n: number;
    corrected: number;
  }[];
  const sessionScope = courseScope(caller, sql`s.course_id`);
  const [sessions] = (await tx.execute(sql`
    select count(*)::int as n from class_sessions s
    where s.day between ${query.from}::date and ${query.to}::date
      ${query.courseId === undefined ? sql`` : sql`and s.course_id = ${query.courseId}`}
      ${sessionScope === null ? sql`` : sql`and ${sessionScope}`}`)) as unknown as { n: number }[];
  const statuses = noCounts();
  const methods = { face: 0, qr: 0, manual: 0, import: 0 };
  let corrected = 0;
  for (const row of rows) {
    statuses[row.status] += row.n;
    corrected += row.corrected;
    if (row.method && (row.status === 'present' || row.status === 'late')) methods[row.method] += row.n;
  }
  return {
    from: query.from,
    to: query.to,
    sessions: sessions?.n ?? 0,
    records: rows.reduce((sum, row) => sum + row.n, 0),
    statuses,
    methods,
    corrected,
    rate: rateOf(statuses),
  };
}
