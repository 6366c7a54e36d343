import { type SQL, sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import { ATTENDANCE_STATUSES } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse, courseScope } from '../courses/access.ts';
import { all, between, countColumns, otherColumns } from '../reports/counts.ts';
import { tallies } from '../reports/tallies.ts';
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
  const earlier = { from: from.minus({ days }).toISODate()!, to: from.minus({ days: 1 }).toISODate()! };
  const [period, before] = await Promise.all([
    periodOf(tx, caller, query),
    periodOf(tx, caller, { ...query, ...earlier }),
  ]);
  return {
    period,
    before,
    change:
      period.rate === null || before.rate === null
        ? null
        : Math.round((period.rate - before.rate) * 10_000) / 10_000,
  };
}

/** Of a department's students the records are counted, of all others what is counted by session. */
async function periodOf(tx: Tx, caller: Caller, query: StatsQuery): Promise<StatsPeriod> {
  const of = (t: SQL) =>
    all(
      between(sql`${t}.day`, { from: query.from, until: query.to }),
      query.courseId === undefined ? null : sql`${t}.course_id = ${query.courseId}`,
      courseScope(caller, sql`${t}.course_id`),
    );
  const counted =
    query.department === undefined
      ? tallies(of)
      : sql`
        select ${countColumns}, ${otherColumns} from attendance_records r join students st on st.id = r.student_id
        where ${of(sql`r`)} and st.department = ${query.department}`;
  const [[sums], [sessions]] = await Promise.all([
    tx.execute<Record<string, number>>(sql`
      select ${sql.join(
        SUMMED.map(
          (name) => sql`coalesce(sum(c.${sql.identifier(name)}), 0)::int as ${sql.identifier(name)}`,
        ),
        sql`, `,
      )} from (${counted}) c`),
    tx.execute<{ n: number }>(sql`select count(*)::int as n from class_sessions s where ${of(sql`s`)}`),
  ]);
  const n = (name: (typeof SUMMED)[number]) => sums?.[name] ?? 0;
  const statuses = noCounts();
  for (const status of ATTENDANCE_STATUSES) statuses[status] = n(status);
  return {
    from: query.from,
    to: query.to,
    sessions: sessions?.n ?? 0,
    records: ATTENDANCE_STATUSES.reduce((sum, status) => sum + n(status), 0),
    statuses,
    methods: { face: n('by_face'), qr: n('by_qr'), manual: n('by_hand'), import: n('by_import') },
    corrected: n('corrected'),
    rate: rateOf(statuses),
  };
}

const SUMMED = [...ATTENDANCE_STATUSES, 'by_face', 'by_qr', 'by_hand', 'by_import', 'corrected'] as const;
