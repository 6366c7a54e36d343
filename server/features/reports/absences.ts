import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope, studentScope } from '../courses/access.ts';
import { type Chosen, missedRuns, wholeCourses } from './absence-tallies.ts';
import { all, between } from './counts.ts';
import type { DayRange } from './periods.ts';
import { isCountedUp } from './tallies.ts';

export interface AbsenceQuery {
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>;
  /** Null: all meetings of the courses. A course is one semester's. */
  range: DayRange | null;
  /** Absences from which on a student is warned where the course says nothing; null: no warning there. */
  threshold: number | null;
  courseId?: string | undefined;
  studentId?: string | undefined;
  department?: string | undefined;
  /** Only courses of this entry of the list of teachers. */
  teacherId?: string | undefined;
  /** Only who has missed as many meetings in a row, up to the last one. */
  minStreak?: number | undefined;
  warningsOnly?: boolean | undefined;
  sort?: Sort;
  skip: number;
  limit: number;
}

type Sort = 'absences' | 'streak' | 'longest' | 'name';

export interface AbsenceItem {
  studentId: string;
  studentName: string;
  studentNumber: string;
  department: string | null;
  courseId: string;
  courseCode: string;
  courseName: string;
  absences: number;
  excused: number;
  /** Meetings missed in a row up to the course's last one; 0 where the student came to the last one. */
  currentStreak: number;
  longestStreak: number;
  /** Days of the longest streak's first and last absence; of the latest one where several are as long. */
  longestFrom: string | null;
  longestUntil: string | null;
  threshold: number | null;
  warning: boolean;
}

/**
 * Who was absent from which course, and how often in a row. Only closed sessions count. Being excused neither lengthens
 * nor ends a streak; a meeting that the student came to, or has no record of, ends it.
 *
 * Of whole courses absences and streaks have been counted before. Of some days they are counted from what was missed
 * alone, a tenth of all records; streaks are looked for in the lines of the page then, and in all others only where the
 * list is sorted or chosen by them.
 */
export async function absences(
  tx: Tx,
  query: AbsenceQuery,
): Promise<{ total: number; warnings: number; items: AbsenceItem[] }> {
  const { range, threshold } = query;
  const sort = query.sort ?? 'absences';
  const byStreak = sort === 'streak' || sort === 'longest' || query.minStreak !== undefined;
  const chosen = chosenBy(query);
  const later =
    range !== null && !byStreak ? streaksOf(range, sql`cut.course_id`, sql`cut.student_id`) : null;
  const lines =
    range === null
      ? wholeCourses(chosen, await isCountedUp(tx))
      : later
        ? countedOnly(chosen, range)
        : countedWithStreaks(chosen, range);
  const band = bandOf(sort, query);
  const streaks = later ? sql`` : sql`p.current_streak, p.longest_streak, p.longest_from, p.longest_until,`;
  const rows = await tx.execute<
    Record<string, unknown> & Partial<AbsenceItem> & { total: number; warnings: number }
  >(
    sql`
    with counted as ${range === null ? sql`` : sql`materialized`} (${lines}
    ), those as materialized (
      -- Or each line would look for its course by itself.
      select id, code, name as course_name, coalesce(warn_after_absences, ${threshold}::int) as threshold from courses
    ), people as materialized (
      select id, name, number, department from students
    ), judged as materialized (
      select p.absences, ${streaks} p.student_id, p.course_id, p.excused,
        coalesce(p.absences >= c.threshold, false) as warning
      from counted p join those c on c.id = p.course_id
      where p.absences > 0 and ${stillThere(query.department)}
    ), chosen as not materialized (
      select * from judged where ${all(
        query.warningsOnly ? sql`warning` : null,
        query.minStreak ? sql`current_streak >= ${query.minStreak}` : null,
      )}
    ), n as materialized (
      select count(*)::int as total, count(*) filter (where warning)::int as warnings from chosen
    ), ${band.before}cut as materialized (
      select cut.*, st.name, st.number, st.department, c.code, c.course_name, c.threshold
      from chosen cut join people st on st.id = cut.student_id join those c on c.id = cut.course_id
      where ${band.where} order by ${ORDERS[sort]} offset ${band.offset} limit ${query.limit}
    )
    select cut.student_id as "studentId", cut.name as "studentName", cut.number as "studentNumber", cut.department,
      cut.course_id as "courseId", cut.code as "courseCode", cut.course_name as "courseName", absences, excused,
      current_streak as "currentStreak", longest_streak as "longestStreak", longest_from::text as "longestFrom",
      longest_until::text as "longestUntil", cut.threshold, warning, n.total, n.warnings
    from n left join cut on true
    ${later ? sql`left join lateral (${later}) streaks on true` : sql``}
    order by ${ORDERS[sort]}`,
  );
  return {
    total: rows[0]?.total ?? 0,
    warnings: rows[0]?.warnings ?? 0,
    items: rows.flatMap(({ total: _, warnings: __, ...item }) =>
      // Beyond the last page there are the numbers alone.
      item.studentId ? (item as AbsenceItem) : [],
    ),
  };
}

/**
 * Lines of students who have not left, and of one department. Who has left is looked up in a hash of them, which stays quick
 * when they are many after some years; an array would be searched through for every line.
 */
const stillThere = (department: string | undefined): SQL =>
  department === undefined
    ? sql`p.student_id not in (select id from students where archived_at is not null)`
    : sql`p.student_id in (select id from students where archived_at is null and department = ${department})`;

interface Band {
  /** Queries to put before, with a comma after them. */
  before: SQL;
  where: SQL;
  offset: SQL;
}

/**
 * Only the lines that are as high as the first and as low as the last of the page in the numbers that come before the
 * names: what is above them has only to be counted, and what lies below has no place on the page. So few names are
 * looked up and sorted, on the first page and on the last.
 */
function bandOf(sort: Sort, { skip, limit }: AbsenceQuery): Band {
  const numbers = NUMBERS[sort];
  if (numbers === null) return { before: sql``, where: sql`true`, offset: sql`${skip}` };
  const columns = sql.join(numbers, sql`, `);
  const descending = sql.join(
    numbers.map((number) => sql`${number} desc`),
    sql`, `,
  );
  const first = sql`(select ${columns} from page order by ${descending} limit 1)`;
  const last = sql`(select ${columns} from page order by ${columns} limit 1)`;
  return {
    before: sql`
    page as materialized (
      select ${columns} from chosen order by ${descending} offset ${skip} limit ${limit}
    ), `,
    where: sql`(${columns}) between ${last} and ${first}`,
    offset: sql`${skip} - (select count(*) from chosen where (${columns}) > ${first})`,
  };
}

function chosenBy(query: AbsenceQuery): Chosen {
  return {
    courses: (column) => coursesIn(query, column),
    students: (column) =>
      all(query.studentId ? sql`${column} = ${query.studentId}` : null, studentScope(query.caller, column)),
  };
}

const missedIn = ({ courses, students }: Chosen, range: DayRange): SQL =>
  all(between(sql`r.day`, range), courses(sql`r.course_id`), students(sql`r.student_id`));

function countedOnly(chosen: Chosen, range: DayRange): SQL {
  return sql`
      select r.student_id, r.course_id, count(*) filter (where r.status = 'absent')::int as absences,
        count(*) filter (where r.status = 'excused')::int as excused
      from attendance_records r
      where r.status in ('absent', 'excused') and ${missedIn(chosen, range)}
        and r.session_id <> all(array(select o.id from class_sessions o where o.status = 'open'))
      group by r.student_id, r.course_id`;
}

const countedWithStreaks = (chosen: Chosen, range: DayRange): SQL =>
  missedRuns({
    sessions: all(between(sql`s.day`, range), chosen.courses(sql`s.course_id`)),
    records: missedIn(chosen, range),
  });

/** The same of one student in one course. */
function streaksOf(range: DayRange, course: SQL, student: SQL): SQL {
  return sql`
      with m as materialized (
        select s.id, row_number() over (order by s.starts_at, s.id) as n, count(*) over () as last
        from class_sessions s
        where s.status = 'closed' and s.course_id = ${course} and ${between(sql`s.day`, range)}
      )
      select coalesce(max(length), 0)::int as longest_streak,
        coalesce(max(length) filter (where at_end), 0)::int as current_streak,
        (array_agg(first_day order by length desc, first_day desc))[1] as longest_from,
        (array_agg(last_day order by length desc, first_day desc))[1] as longest_until
      from (
        select count(*) filter (where absent) as length, max(n) = max(last) as at_end,
          min(day) filter (where absent) as first_day, max(day) filter (where absent) as last_day
        from (
          select r.day, r.status = 'absent' as absent, m.n, m.last, m.n - row_number() over (order by m.n) as island
          from m join attendance_records r on r.session_id = m.id
          where r.student_id = ${student} and r.status in ('absent', 'excused')
        ) missed group by island
      ) runs`;
}

/** What is sorted by first, the most on top. */
const NUMBERS: Record<Sort, SQL[] | null> = {
  absences: [sql`absences`],
  streak: [sql`current_streak`, sql`absences`],
  longest: [sql`longest_streak`, sql`absences`],
  name: null,
};

const BY_NAME = sql`name, number, code`;
const ORDERS: Record<Sort, SQL> = {
  absences: sql`absences desc, ${BY_NAME}`,
  streak: sql`current_streak desc, absences desc, ${BY_NAME}`,
  longest: sql`longest_streak desc, absences desc, ${BY_NAME}`,
  name: BY_NAME,
};

function coursesIn(query: AbsenceQuery, column: SQL): SQL {
  return all(
    query.caller.role === 'student' ? null : courseScope(query.caller, column),
    query.courseId ? sql`${column} = ${query.courseId}` : null,
    query.teacherId
      ? sql`${column} in (select ct.course_id from course_teachers ct where ct.teacher_id = ${query.teacherId})`
      : null,
  );
}
