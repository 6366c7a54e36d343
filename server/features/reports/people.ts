import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope, studentScope } from '../courses/access.ts';
import { all, between, type Counts, countColumns, type RawCounts, trendOf, withRate } from './counts.ts';
import type { DayRange } from './periods.ts';

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

/** Lists by course, student, teacher or department of the student: all in one statement, sorted and cut in it. */
export async function attendanceBy(
  tx: Tx,
  subject: Subject,
  query: ListQuery,
): Promise<{ total: number; items: Line[] }> {
  const { range, before } = query;
  const both = { from: before.from, until: range.until };
  const records = sql`
    select r.course_id, r.student_id, r.day >= ${range.from}::date as now, r.status, count(*)::int as n
    from attendance_records r
    where ${all(
      between(sql`r.day`, both),
      query.caller.role === 'student' ? null : courseScope(query.caller, sql`r.course_id`),
      query.teacherId
        ? sql`r.course_id in (select own.course_id from course_teachers own where own.teacher_id = ${query.teacherId})`
        : null,
      query.caller.role === 'student' ? studentScope(query.caller, sql`r.student_id`) : null,
    )}
    group by r.course_id, r.student_id, now, r.status`;
  const rows = await tx.execute<RawLine>(sql`
    with sums as (${records}), lines as (${LINES[subject](query)})
    select id, code, name, department, sessions, students, present, late, excused, absent, pending,
      "rateBefore", count(*) over ()::int as total
    from (
      select *, (present + late)::float8 / nullif(present + late + absent, 0) as rate from lines
    ) l
    where ${matches(query)}
    order by ${ORDERS[query.sort]}
    offset ${query.skip} limit ${query.limit}`);
  return {
    total: rows[0]?.total ?? 0,
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

function matches(query: ListQuery): SQL {
  const pattern = query.search ? `%${query.search.replace(/[\\%_]/g, '\\$&')}%` : null;
  return all(
    pattern ? sql`(name ilike ${pattern} or code ilike ${pattern})` : null,
    query.department ? sql`department = ${query.department}` : null,
  );
}

const sum = (status: string) =>
  sql`coalesce(sum(s.n) filter (where s.now and s.status = ${sql.raw(`'${status}'`)}), 0)::int`;
/** Of the current period, and the rate of the one before, over sums s. */
const totals = sql`
  ${sum('present')} as present, ${sum('late')} as late, ${sum('excused')} as excused, ${sum('absent')} as absent,
  ${sum('pending')} as pending,
  (sum(s.n) filter (where not s.now and s.status in ('present', 'late')))::float8
    / nullif(sum(s.n) filter (where not s.now and s.status in ('present', 'late', 'absent')), 0) as "rateBefore",
  count(distinct s.student_id) filter (where s.now)::int as students`;

const meetings = (query: ListQuery, where: SQL) => sql`
  (select count(*)::int from class_sessions m where ${all(where, between(sql`m.day`, query.range))})`;

const LINES: Record<Subject, (query: ListQuery) => SQL> = {
  courses: (query) => sql`
    select c.id::text as id, c.code, c.name, c.department, coalesce(m.sessions, 0) as sessions, t.*
    from (select s.course_id, ${totals} from sums s group by s.course_id) t
    join courses c on c.id = t.course_id
    left join (
      select cs.course_id, count(*)::int as sessions from class_sessions cs
      where ${between(sql`cs.day`, query.range)} group by cs.course_id
    ) m on m.course_id = c.id`,
  students: (query) => sql`
    select st.id::text as id, st.number as code, st.name, st.department,
      t.present + t.late + t.excused + t.absent + t.pending as sessions, t.*
    from (select s.student_id, ${totals} from sums s group by s.student_id) t
    join students st on st.id = t.student_id and st.archived_at is null
    where ${all(studentScope(query.caller, sql`st.id`))}`,
  teachers: (query) => sql`
    select te.id::text as id, te.title as code, te.name, te.department,
      ${meetings(query, sql`m.course_id in (select x.course_id from course_teachers x where x.teacher_id = te.id)`)} as sessions,
      t.*
    from (
      select ct.teacher_id, ${totals} from sums s join course_teachers ct on ct.course_id = s.course_id
      group by ct.teacher_id
    ) t join teachers te on te.id = t.teacher_id
    where ${all(query.caller.role === 'teacher' ? sql`te.user_id = ${query.caller.userId}` : null)}`,
  departments: () => sql`
    select t.department as id, null::text as code, t.department as name, t.department as department,
      t.present + t.late + t.excused + t.absent + t.pending as sessions,
      t.present, t.late, t.excused, t.absent, t.pending, t."rateBefore", t.students
    from (
      select st.department, ${totals} from sums s join students st on st.id = s.student_id
      group by st.department
    ) t`,
};

export interface SessionLine extends Counts {
  sessionId: string;
  day: string;
  startsAt: string;
  status: 'open' | 'closed';
}

/** The meetings of one course, oldest first. */
export async function courseSessions(tx: Tx, courseId: string, range: DayRange): Promise<SessionLine[]> {
  const rows = await tx.execute<
    Record<string, unknown> & RawCounts & Omit<SessionLine, keyof Counts> & { startsAt: string }
  >(sql`
    select s.id as "sessionId", s.day::text as day, s.starts_at as "startsAt", s.status,
      coalesce(n.present, 0) as present, coalesce(n.late, 0) as late, coalesce(n.excused, 0) as excused,
      coalesce(n.absent, 0) as absent, coalesce(n.pending, 0) as pending
    from class_sessions s left join (
      select r.session_id, ${countColumns} from attendance_records r
      where r.course_id = ${courseId} and ${between(sql`r.day`, range)} group by r.session_id
    ) n on n.session_id = s.id
    where s.course_id = ${courseId} and ${between(sql`s.day`, range)}
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
