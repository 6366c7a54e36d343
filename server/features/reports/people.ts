import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import { pageWithTotal } from '../../http.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope, studentScope } from '../courses/access.ts';
import {
  all,
  between,
  type Counts,
  countColumns,
  judgedColumns,
  type RawCounts,
  trendOf,
  withRate,
} from './counts.ts';
import type { DayRange } from './periods.ts';
import { isCountedUp, tallies } from './tallies.ts';
import { attendanceByStudent, studentsOfWholeWeeks } from './week-tallies.ts';

type Who = Pick<Caller, 'role' | 'userId' | 'studentId'>;

export interface ListQuery {
  caller: Who;
  range: DayRange;
  before: DayRange;
  search?: string | undefined;
  department?: string | undefined;
  /** Only courses of this entry of the list of teachers. */
  teacherId?: string | undefined;
  sort: Sort;
  skip: number;
  limit: number;
}
export const SORTS = ['name', '-name', 'rate', '-rate', 'absent', '-absent'] as const;
export type Sort = (typeof SORTS)[number];

/** One line of a list: who or what, how often, and the rate against the period before. */
export interface Line extends Counts {
  /** Null: of no department. */
  id: string | null;
  /** The code of a course, the number of a student, the title of a teacher. */
  code: string | null;
  name: string | null;
  department: string | null;
  /** Meetings of a course or of a teacher's courses; records of a student. */
  sessions: number;
  students: number;
  /** Percentage points. */
  trend: number | null;
}

interface RawLine extends RawCounts, Record<string, unknown> {
  id: string | null;
  code: string | null;
  name: string | null;
  department: string | null;
  sessions: number;
  students: number;
  rateBefore: number | null;
  total: number;
}

export type Subject = 'courses' | 'students' | 'teachers' | 'departments';

/**
 * Lists by course, student, teacher or department of the course: sorted and cut in the database. Courses, teachers and
 * departments are summed up from what is counted by session. Of students only those of the page are counted, unless they
 * are sorted by what is counted.
 */
export async function attendanceBy(
  tx: Tx,
  subject: Subject,
  query: ListQuery,
): Promise<{ total: number; items: Line[] }> {
  const counted = subject !== 'students' && (await isCountedUp(tx));
  const { total, rows } = await pageWithTotal(query, (page) => {
    const asked = { ...query, ...page };
    if (subject !== 'students') return tx.execute<RawLine>(summedUp(subject, asked, counted));
    const byName = query.sort === 'name' || query.sort === '-name';
    return tx.execute<RawLine>(byName ? studentsByName(asked) : studentsByCount(asked));
  });
  return {
    total,
    items: rows.map(({ rateBefore, total: _, ...row }) => {
      const line = withRate(row as unknown as RawCounts & Omit<Line, 'rate' | 'trend'>);
      return { ...line, trend: trendOf(line.rate, rateBefore) };
    }),
  };
}

const ORDERS: Record<Sort, SQL> = {
  name: sql`name nulls last, code, id`,
  '-name': sql`name desc nulls last, code desc, id desc`,
  rate: sql`rate nulls last, name, id`,
  '-rate': sql`rate desc nulls last, name, id`,
  absent: sql`absent, name, id`,
  '-absent': sql`absent desc, name, id`,
};

/** The same of a page that has been counted for it. */
const RANKED: Record<Sort, SQL> = {
  ...ORDERS,
  absent: sql`cut.absent, name, id`,
  '-absent': sql`cut.absent desc, name, id`,
};

function matches(query: ListQuery, name = sql`name`, code = sql`code`, department = sql`department`): SQL {
  const pattern = query.search ? `%${query.search.replace(/[\\%_]/g, '\\$&')}%` : null;
  return all(
    pattern ? sql`(${name} ilike ${pattern} or ${code} ilike ${pattern})` : null,
    query.department ? sql`${department} = ${query.department}` : null,
  );
}

/** The courses that are counted for the caller. */
const counted = ({ caller, teacherId }: ListQuery, column: SQL): SQL =>
  all(
    caller.role === 'student' ? null : courseScope(caller, column),
    teacherId
      ? sql`${column} in (select own.course_id from course_teachers own where own.teacher_id = ${teacherId})`
      : null,
  );

const COUNTS = ['present', 'late', 'excused', 'absent', 'pending'] as const;
const page = (query: ListQuery) =>
  sql`order by ${ORDERS[query.sort]} offset ${query.skip} limit ${query.limit}`;
const rate = sql`(present + late)::float8 / nullif(present + late + absent, 0) as rate`;

/** `sums` by course: the range, and the rate of the one before. */
function summedUp(subject: Exclude<Subject, 'students'>, query: ListQuery, countedUp: boolean): SQL {
  const { range, before } = query;
  const both = { from: before.from, until: range.until };
  const where = (t: SQL) => all(between(sql`${t}.day`, both), counted(query, sql`${t}.course_id`));
  const sums = sql.join(
    COUNTS.map((name) => {
      const column = sql.identifier(name);
      return sql`coalesce(sum(${column}) filter (where now), 0)::int as ${column}`;
    }),
    sql`, `,
  );
  return sql`
    with parts as (
      select c.course_id, c.present, c.late, c.excused, c.absent, c.pending, c.day >= ${range.from}::date as now
      from (${tallies(where, countedUp)}) c
    ), sums as materialized (
      select course_id, ${sums}, count(*) filter (where now)::int as sessions,
        coalesce(sum(present + late) filter (where not now), 0)::int as came_before,
        coalesce(sum(present + late + absent) filter (where not now), 0)::int as judged_before
      from parts group by course_id
    ), lines as (${LINES[subject](query)}), cut as (
      select *, count(*) over ()::int as total from (select *, ${rate} from lines) l
      where ${matches(query)} ${page(query)}
    ), enrolled as materialized (${ENROLLED[subject]})
    select cut.*, coalesce(n.students, 0) as students
    from cut left join enrolled n on n.id is not distinct from cut.id
    order by ${ORDERS[query.sort]}`;
}

const summed = sql`
  sum(s.sessions)::int as sessions, sum(s.present)::int as present, sum(s.late)::int as late,
  sum(s.excused)::int as excused, sum(s.absent)::int as absent, sum(s.pending)::int as pending,
  sum(s.came_before)::float8 / nullif(sum(s.judged_before), 0) as "rateBefore"`;

const LINES: Record<Exclude<Subject, 'students'>, (query: ListQuery) => SQL> = {
  courses: () => sql`
    select c.id::text as id, c.code, c.name, c.department, s.sessions, s.present, s.late, s.excused, s.absent,
      s.pending, s.came_before::float8 / nullif(s.judged_before, 0) as "rateBefore"
    from sums s join courses c on c.id = s.course_id`,
  teachers: (query) => sql`
    select te.id::text as id, te.title as code, te.name, te.department, ${summed}
    from sums s join course_teachers ct on ct.course_id = s.course_id join teachers te on te.id = ct.teacher_id
    where ${all(query.caller.role === 'teacher' ? sql`te.user_id = ${query.caller.userId}` : null)}
    group by te.id, te.title, te.name, te.department`,
  departments: () => sql`
    select c.department as id, null::text as code, c.department as name, c.department, ${summed}
    from sums s join courses c on c.id = s.course_id group by c.department`,
};

/**
 * How many are enrolled now, in the lines of the page: each student once, whatever the number of courses. Students come
 * first in what is distinct: sorted by what few have in common, every comparison would need the second column too.
 */
const ENROLLED: Record<Exclude<Subject, 'students'>, SQL> = {
  courses: sql`
    select e.course_id::text as id, count(*)::int as students from enrolments e
    where e.course_id in (select cut.id::uuid from cut) group by e.course_id`,
  teachers: sql`
    select teacher_id::text as id, count(*)::int as students from (
      select distinct e.student_id, x.teacher_id from course_teachers x join enrolments e on e.course_id = x.course_id
      where x.teacher_id in (select cut.id::uuid from cut)
    ) d group by teacher_id`,
  departments: sql`
    select department as id, count(*)::int as students from (
      select distinct e.student_id, x.department from courses x join enrolments e on e.course_id = x.id
    ) d group by department`,
};

const person = sql`st.id::text as id, st.number as code, st.name, st.department`;

function recordsOf(query: ListQuery, range: DayRange): SQL {
  return all(between(sql`r.day`, range), counted(query, sql`r.course_id`));
}

/** The page `cut` (with `student_id`, `total`) with what is counted of it: in the range, and the rate before it. */
function countedOf(query: ListQuery): SQL {
  const { range, before } = query;
  const now = sql`r.day >= ${range.from}::date`;
  const came = sql`r.status in ('present', 'late')`;
  const number = (status: string) =>
    sql`count(*) filter (where ${now} and r.status = ${sql.raw(`'${status}'`)})::int as ${sql.identifier(status)}`;
  return sql`
    select cut.id, code, name, department, n.*, 1 as students,
      n.present + n.late + n.excused + n.absent + n.pending as sessions, total
    from cut cross join lateral (
      select ${sql.join(COUNTS.map(number), sql`, `)},
        count(*) filter (where not ${now} and ${came})::float8
          / nullif(count(*) filter (where not ${now} and (${came} or r.status = 'absent')), 0) as "rateBefore"
      from attendance_records r
      where r.student_id = cut.student_id and ${recordsOf(query, { from: before.from, until: range.until })}
    ) n`;
}

const ofAllCourses = (query: ListQuery): boolean =>
  !query.teacherId && courseScope(query.caller, sql`course_id`) === null;

/** Whether student `st` has one in the range. */
function hasRecord(query: ListQuery): SQL {
  // Not `exists`: that would read all records of the range instead of one of each student.
  const one = sql`
    (select true from attendance_records r where r.student_id = st.id and ${recordsOf(query, query.range)} limit 1)`;
  return ofAllCourses(query) ? sql`(st.id in (${studentsOfWholeWeeks(query.range)}) or ${one})` : one;
}

/** Students with a record in the range; their page first, then what is counted of it. */
function studentsByName(query: ListQuery): SQL {
  return sql`
    with cut as (
      select ${person}, st.id as student_id, count(*) over ()::int as total from students st
      where ${all(
        sql`st.archived_at is null`,
        studentScope(query.caller, sql`st.id`),
        matches(query, sql`st.name`, sql`st.number`, sql`st.department`),
        hasRecord(query),
      )}
      ${page(query)}
    )
    ${countedOf(query)} order by ${ORDERS[query.sort]}`;
}

/** All students are counted in the range as far as the order needs it, those of the page whole and also before it. */
function studentsByCount(query: ListQuery): SQL {
  return sql`
    with n as (${ofAllCourses(query) ? attendanceByStudent(query.range) : attendanceInCourses(query)}), cut as (
      select ${person}, st.id as student_id, absent, came::float8 / nullif(came + absent, 0) as rate,
        count(*) over ()::int as total
      from n join students st on st.id = n.student_id and st.archived_at is null
      where ${all(
        studentScope(query.caller, sql`st.id`),
        matches(query, sql`st.name`, sql`st.number`, sql`st.department`),
      )}
      ${page(query)}
    )
    ${countedOf(query)} order by ${RANKED[query.sort]}`;
}

const attendanceInCourses = (query: ListQuery): SQL => sql`
  select r.student_id, ${judgedColumns} from attendance_records r where ${recordsOf(query, query.range)} group by r.student_id`;

export interface SessionLine extends Counts {
  sessionId: string;
  day: string;
  startsAt: string;
  status: 'open' | 'closed';
}

/** The meetings of one course, oldest first. */
export async function courseSessions(tx: Tx, courseId: string, range: DayRange): Promise<SessionLine[]> {
  const countedUp = await isCountedUp(tx);
  const of = (t: SQL) => all(sql`${t}.course_id = ${courseId}`, between(sql`${t}.day`, range));
  const rows = await tx.execute<
    Record<string, unknown> & RawCounts & Omit<SessionLine, keyof Counts> & { startsAt: string }
  >(sql`
    select s.id as "sessionId", s.day::text as day, s.starts_at as "startsAt", s.status,
      coalesce(n.present, 0) as present, coalesce(n.late, 0) as late, coalesce(n.excused, 0) as excused,
      coalesce(n.absent, 0) as absent, coalesce(n.pending, 0) as pending
    from class_sessions s left join (${tallies(of, countedUp)}) n on n.session_id = s.id
    where ${of(sql`s`)}
    order by s.starts_at, s.id limit 1000`);
  return rows.map((row) => withRate({ ...row, startsAt: new Date(row.startsAt).toISOString() }));
}

export interface StudentLine extends Counts {
  studentId: string;
  name: string;
  number: string;
  department: string | null;
}

/** The students of one course, by name: who is enrolled, and who has a record of the range and is no longer. */
export async function courseStudents(tx: Tx, courseId: string, range: DayRange): Promise<StudentLine[]> {
  const rows = await tx.execute<Record<string, unknown> & RawCounts & Omit<StudentLine, keyof Counts>>(sql`
    with n as (
      select r.student_id, ${countColumns} from attendance_records r
      where r.course_id = ${courseId} and ${between(sql`r.day`, range)} group by r.student_id
    )
    select st.id as "studentId", st.name, st.number, st.department, coalesce(n.present, 0) as present,
      coalesce(n.late, 0) as late, coalesce(n.excused, 0) as excused, coalesce(n.absent, 0) as absent,
      coalesce(n.pending, 0) as pending
    from (
      select e.student_id from enrolments e where e.course_id = ${courseId} union select student_id from n
    ) who join students st on st.id = who.student_id and st.archived_at is null
    left join n on n.student_id = st.id
    order by st.name, st.number limit 2000`);
  return rows.map((row) => withRate(row));
}

export interface StudentCourseLine extends Counts {
  courseId: string;
  code: string;
  name: string;
  semester: string | null;
}

/** The courses of one student, by code. */
export async function studentCourses(
  tx: Tx,
  caller: Who,
  studentId: string,
  range: DayRange,
): Promise<StudentCourseLine[]> {
  const rows = await tx.execute<Record<string, unknown> & RawCounts & Omit<StudentCourseLine, keyof Counts>>(
    sql`
    select c.id as "courseId", c.code, c.name, nullif(c.semester, '') as semester, ${countColumns}
    from attendance_records r join courses c on c.id = r.course_id
    where ${all(
      sql`r.student_id = ${studentId}`,
      between(sql`r.day`, range),
      caller.role === 'student' ? null : courseScope(caller, sql`r.course_id`),
    )}
    group by c.id, c.code, c.name, c.semester order by c.code, c.semester limit 500`,
  );
  return rows.map((row) => withRate(row));
}

export interface RecentMark {
  recordId: string;
  sessionId: string;
  courseId: string;
  code: string;
  day: string;
  startsAt: string;
  status: string;
  method: string | null;
}

/** The latest records of a student, newest first. */
export async function recentMarks(
  tx: Tx,
  caller: Who,
  studentId: string,
  range: DayRange,
  limit: number,
): Promise<RecentMark[]> {
  const rows = await tx.execute<Record<string, unknown> & RecentMark>(sql`
    select r.id as "recordId", r.session_id as "sessionId", r.course_id as "courseId", c.code, r.day::text as day,
      s.starts_at as "startsAt", r.status, r.method
    from attendance_records r join class_sessions s on s.id = r.session_id join courses c on c.id = r.course_id
    where ${all(
      sql`r.student_id = ${studentId}`,
      between(sql`r.day`, range),
      caller.role === 'student' ? null : courseScope(caller, sql`r.course_id`),
    )}
    order by r.day desc, s.starts_at desc, r.id desc limit ${limit}`);
  return rows.map((row) => ({ ...row, startsAt: new Date(row.startsAt).toISOString() }));
}
