import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope, studentScope } from '../courses/access.ts';
import { all, between } from './counts.ts';
import type { DayRange } from './periods.ts';

export interface AbsenceQuery {
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>;
  range: DayRange;
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
  sort?: 'absences' | 'streak' | 'longest' | 'name';
  skip: number;
  limit: number;
}

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
 * Absences are counted from what was missed alone, a tenth of all records. Streaks are looked for in the lines of the
 * page, and in all others only where the list is sorted or chosen by them.
 */
export async function absences(
  tx: Tx,
  query: AbsenceQuery,
): Promise<{ total: number; warnings: number; items: AbsenceItem[] }> {
  const { range, threshold } = query;
  const sort = query.sort ?? 'absences';
  const byStreak = sort === 'streak' || sort === 'longest' || query.minStreak !== undefined;
  const rows = await tx.execute<Record<string, unknown> & AbsenceItem & { total: number; warnings: number }>(
    sql`
    with counted as materialized (${byStreak ? countedWithStreaks(query) : countedOnly(query)}
    ), people as materialized (
      select id, name, number, department from students
      where ${all(sql`archived_at is null`, query.department ? sql`department = ${query.department}` : null)}
    ), judged as (
      select p.*, coalesce(c.warn_after_absences, ${threshold}::int) as threshold,
        coalesce(p.absences >= coalesce(c.warn_after_absences, ${threshold}::int), false) as warning,
        c.code, c.name as course_name, st.name, st.number, st.department
      from counted p join courses c on c.id = p.course_id
      join people st on st.id = p.student_id
      where ${all(sql`p.absences > 0`, query.minStreak ? sql`p.counted_current >= ${query.minStreak}` : null)}
    ), cut as materialized (
      select *, count(*) over ()::int as total, count(*) filter (where warning) over ()::int as warnings
      from judged where ${query.warningsOnly ? sql`warning` : sql`true`}
      order by ${ORDERS[sort]} offset ${query.skip} limit ${query.limit}
    )
    select cut.student_id as "studentId", name as "studentName", number as "studentNumber", department,
      cut.course_id as "courseId", code as "courseCode", course_name as "courseName", absences, excused,
      streaks.current as "currentStreak", streaks.longest as "longestStreak",
      streaks.first_day::text as "longestFrom", streaks.last_day::text as "longestUntil", threshold, warning, total, warnings
    from cut cross join lateral (${streaksOf(range, sql`cut.course_id`, sql`cut.student_id`)}) streaks
    order by ${ORDERS[sort]}`,
  );
  return {
    total: rows[0]?.total ?? 0,
    warnings: rows[0]?.warnings ?? 0,
    items: rows.map(({ total: _, warnings: __, ...item }) => item as AbsenceItem),
  };
}

const missedBy = (query: AbsenceQuery): SQL =>
  all(
    sql`r.status in ('absent', 'excused')`,
    between(sql`r.day`, query.range),
    coursesIn(query, sql`r.course_id`),
    query.studentId ? sql`r.student_id = ${query.studentId}` : null,
    studentScope(query.caller, sql`r.student_id`),
  );

function countedOnly(query: AbsenceQuery): SQL {
  return sql`
      select r.student_id, r.course_id, count(*) filter (where r.status = 'absent')::int as absences,
        count(*) filter (where r.status = 'excused')::int as excused
      from attendance_records r
      where ${missedBy(query)} and r.session_id <> all(array(select o.id from class_sessions o where o.status = 'open'))
      group by r.student_id, r.course_id`;
}

/**
 * Gaps and islands: the meetings of a course are numbered, and the number less the place among the student's own missed
 * meetings is the same all through a streak.
 */
function countedWithStreaks(query: AbsenceQuery): SQL {
  return sql`
      select student_id, course_id, sum(length)::int as absences, sum(excused)::int as excused,
        max(length)::int as counted_longest, coalesce(max(length) filter (where at_end), 0)::int as counted_current
      from (
        select student_id, course_id, count(*) filter (where absent) as length,
          count(*) filter (where not absent) as excused, max(n) = max(last) as at_end
        from (
          select r.student_id, r.course_id, r.status = 'absent' as absent, m.n, m.last,
            m.n - row_number() over (partition by r.course_id, r.student_id order by m.n) as island
          from attendance_records r join (
            select s.id, row_number() over (partition by s.course_id order by s.starts_at, s.id) as n,
              count(*) over (partition by s.course_id) as last
            from class_sessions s
            where ${all(
              sql`s.status = 'closed'`,
              between(sql`s.day`, query.range),
              coursesIn(query, sql`s.course_id`),
            )}
          ) m on m.id = r.session_id
          where ${missedBy(query)}
        ) missed group by student_id, course_id, island
      ) runs group by student_id, course_id`;
}

/** The same of one student in one course, with the days of the longest streak. */
function streaksOf(range: DayRange, course: SQL, student: SQL): SQL {
  return sql`
      with m as materialized (
        select s.id, row_number() over (order by s.starts_at, s.id) as n, count(*) over () as last
        from class_sessions s
        where s.status = 'closed' and s.course_id = ${course} and ${between(sql`s.day`, range)}
      )
      select coalesce(max(length), 0)::int as longest, coalesce(max(length) filter (where at_end), 0)::int as current,
        (array_agg(first_day order by length desc, first_day desc))[1] as first_day,
        (array_agg(last_day order by length desc, first_day desc))[1] as last_day
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

const ORDERS: Record<NonNullable<AbsenceQuery['sort']>, SQL> = {
  absences: sql`absences desc, name, number, code`,
  streak: sql`counted_current desc, absences desc, name, number, code`,
  longest: sql`counted_longest desc, absences desc, name, number, code`,
  name: sql`name, number, code`,
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
