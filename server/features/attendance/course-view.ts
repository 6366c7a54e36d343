import { and, eq, inArray, sql } from 'drizzle-orm';
import {
  type AttendanceStatus,
  classSessions,
  courses,
  sessionTallies,
  staleTallies,
} from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope } from '../courses/access.ts';
import { tallies } from '../reports/tallies.ts';
import { searchPatterns } from '../students/search.ts';
import { noCounts } from './counting.ts';
import type { CourseAttendanceQuery, StatusCounts } from './read-schemas.ts';
import { marksReader, PLACE_LENGTH, type Register } from './register-json.ts';

/** The class register: students in rows, the sessions of a stretch of time in columns. Throws `course-not-found`. */
export async function courseAttendance(
  tx: Tx,
  caller: Caller,
  courseId: string,
  query: CourseAttendanceQuery,
): Promise<Register> {
  const [[course], { newest, sessionsTotal }] = await Promise.all([
    tx
      .select({ id: courses.id, code: courses.code, name: courses.name })
      .from(courses)
      .where(and(eq(courses.id, courseId), courseScope(caller, courses.id) ?? undefined)),
    columns(tx, courseId, query),
  ]);
  // Who may not see a course is told that there is none.
  if (!course) throw new ApiError('course-not-found');
  const sessionIds = newest.map((session) => session.id);
  const [counts, people] = await Promise.all([
    countsOf(
      tx,
      newest.flatMap(({ id, counts }) => (counts ? [] : id)),
    ),
    rows(tx, courseId, sessionIds, query),
  ]);
  const sessions = newest.map((session) => ({
    ...session,
    counts: session.counts ?? counts.get(session.id) ?? noCounts(),
  }));
  const read = marksReader(sessionIds);
  return {
    course,
    sessions,
    sessionsTotal,
    total: people.total,
    skip: query.skip,
    limit: query.limit,
    items: people.items.map(({ id, name, number, enrolled, marks }) => ({
      student: { id, name, number },
      enrolled,
      ...read(marks),
    })),
  };
}

interface Column {
  id: string;
  startsAt: string;
  day: string;
  status: (typeof classSessions.$inferSelect)['status'];
  /** Null: has changed since it was counted. */
  counts: StatusCounts | null;
}

/** The newest sessions of the range, oldest first. */
async function columns(
  tx: Tx,
  courseId: string,
  { from, to, sessions }: CourseAttendanceQuery,
): Promise<{ sessionsTotal: number; newest: Column[] }> {
  const found = await tx.execute<
    Omit<Column, 'counts'> & StatusCounts & { counted: boolean; total: number }
  >(sql`
    select s.*, t.session_id is not null as counted, t.present, t.late, t.excused, t.absent, t.pending
    from (
      select id, starts_at as "startsAt", day::text as day, status, count(*) over ()::int as total
      from ${classSessions} where course_id = ${courseId}
        ${from ? sql`and day >= ${from}::date` : sql``} ${to ? sql`and day <= ${to}::date` : sql``}
      order by starts_at desc, id desc limit ${sessions}
    ) s left join ${sessionTallies} t on t.session_id = s.id
      and not exists (select 1 from ${staleTallies} x where x.session_id = t.session_id)
    order by s."startsAt", s.id`);
  const newest = found.map(
    ({ id, startsAt, day, status, counted, total: _, present, late, excused, absent, pending }): Column => ({
      ...{ id, day, status, startsAt: new Date(startsAt).toISOString() },
      counts: counted ? { present, late, excused, absent, pending } : null,
    }),
  );
  return { sessionsTotal: found[0]?.total ?? 0, newest };
}

async function countsOf(tx: Tx, sessionIds: string[]): Promise<Map<string, StatusCounts>> {
  if (sessionIds.length === 0) return new Map();
  const found = await tx.execute<{ sessionId: string } & Record<AttendanceStatus, number>>(sql`
    select session_id as "sessionId", present, late, excused, absent, pending
    from (${tallies((t) => inArray(sql`${t}.session_id`, sessionIds))}) c`);
  return new Map(found.map(({ sessionId, ...counts }) => [sessionId, counts]));
}

interface Row extends Record<string, unknown> {
  id: string;
  name: string;
  number: string;
  enrolled: boolean;
  /** For `marksReader`; null: enrolled, and not on any of these days. */
  marks: string | null;
}

/**
 * Who is enrolled, and who was and has marks in these sessions; each with those marks in the order of the sessions. The
 * marks of a student come as one text: rows or JSON would cost more to carry and to read than the marks to find.
 */
async function rows(
  tx: Tx,
  courseId: string,
  sessionIds: string[],
  query: CourseAttendanceQuery,
): Promise<{ total: number; items: Row[] }> {
  const wanted = searchPatterns(query.search ?? '').map((pattern) => sql`and s.search_text like ${pattern}`);
  const found = await tx.execute<Row & { total: number }>(sql`
    with columns as materialized (
      select value::uuid as session_id, lpad(ordinality::text, ${PLACE_LENGTH}, '0') as place
      from jsonb_array_elements_text(${JSON.stringify(sessionIds)}::text::jsonb) with ordinality
    ), enrolled as materialized (
      select e.student_id from enrolments e where e.course_id = ${courseId}
    ), marks as materialized (
      select r.student_id, string_agg(c.place || r.id || r.status || ' ' || coalesce(r.method, ''), ',') as marks
      from columns c join attendance_records r on r.session_id = c.session_id
      group by r.student_id
    ), people as (
      select s.id, s.name, s.number, e.student_id is not null as enrolled, m.marks
      from enrolled e full join marks m using (student_id)
      join students s on s.id = student_id
      where (m.student_id is not null or s.archived_at is null) ${sql.join(wanted, sql` `)}
    )
    select *, count(*) over ()::int as total from people
    order by name collate "und-x-icu", number offset ${query.skip} limit ${query.limit}`);
  if (found.length === 0 && query.skip > 0) {
    const first = await rows(tx, courseId, sessionIds, { ...query, skip: 0, limit: 1 });
    return { total: first.total, items: [] };
  }
  return {
    total: found[0]?.total ?? 0,
    items: found,
  };
}
