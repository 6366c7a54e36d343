import { type SQL, sql } from 'drizzle-orm';
import { absenceTallies, staleTallies } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { all } from './counts.ts';

/** Notes `x` that counting anew takes away: what is noted of an open session waits for its closing. */
export const countable: SQL = sql`
  not exists (select 1 from class_sessions o where o.id = x.session_id and o.status = 'open')`;

/** Conditions on sessions `s` and on records `r`, or on what has their `course_id` and `student_id`. */
export interface Chosen {
  courses: (column: SQL) => SQL;
  students: (column: SQL) => SQL;
}

const COLUMNS = sql`
  student_id, course_id, absences, excused, current_streak, longest_streak, longest_from, longest_until`;

/**
 * Absences of whole courses: as they were counted, and of courses that have changed since then from their records. So
 * what is read is right at every moment. Rows ({@link COLUMNS}) of everybody with an absence or excuse.
 */
export function wholeCourses({ courses, students }: Chosen, countedUp: boolean): SQL {
  if (countedUp) {
    return sql`
    select ${COLUMNS} from ${absenceTallies} t where ${all(courses(sql`t.course_id`), students(sql`t.student_id`))}`;
  }
  const changed = sql`array(select course_id from changed)`;
  return sql`
    with changed as materialized (select distinct x.course_id from ${staleTallies} x where ${countable})
    select ${COLUMNS} from ${absenceTallies} t
    where ${all(courses(sql`t.course_id`), students(sql`t.student_id`), sql`t.course_id <> all(${changed})`)}
    union all
    select ${COLUMNS} from (${missedRuns({
      sessions: all(sql`s.course_id = any(${changed})`, courses(sql`s.course_id`)),
      records: all(sql`r.course_id = any(${changed})`, students(sql`r.student_id`)),
    })}) counted`;
}

/**
 * Gaps and islands: the closed sessions of a course are numbered, and the number less the place among the student's own
 * missed ones is the same all through a streak. The days are those of the longest streak's first and last absence, of
 * the latest where several are as long. Being excused neither lengthens nor ends a streak.
 */
export function missedRuns(where: { sessions: SQL; records: SQL }): SQL {
  return sql`
    select student_id, course_id, sum(length)::int as absences, sum(excused)::int as excused,
      coalesce(max(length) filter (where at_end), 0)::int as current_streak, max(length)::int as longest_streak,
      (array_agg(first_day order by length desc, first_day desc))[1] as longest_from,
      (array_agg(last_day order by length desc, first_day desc))[1] as longest_until
    from (
      select student_id, course_id, count(*) filter (where absent) as length,
        count(*) filter (where not absent) as excused, max(n) = max(last) as at_end,
        min(day) filter (where absent) as first_day, max(day) filter (where absent) as last_day
      from (
        select r.student_id, r.course_id, r.day, r.status = 'absent' as absent, m.n, m.last,
          m.n - row_number() over (partition by r.course_id, r.student_id order by m.n) as island
        from attendance_records r join (
          select s.id, row_number() over (partition by s.course_id order by s.starts_at, s.id) as n,
            count(*) over (partition by s.course_id) as last
          from class_sessions s where s.status = 'closed' and ${where.sessions}
        ) m on m.id = r.session_id
        where r.status in ('absent', 'excused') and ${where.records}
      ) missed group by student_id, course_id, island
    ) runs group by student_id, course_id`;
}

/**
 * Counts the absences of the courses anew. The students are locked first: one who is being erased is waited for before
 * anything is held that the erasure would wait for.
 */
export async function countAbsences(tx: Tx, tenantId: string, those: SQL): Promise<void> {
  await tx.execute(sql`
    with missed as materialized (
      -- By itself, or each student of the institution would be looked for in the records.
      select distinct r.student_id from attendance_records r
      where r.course_id ${those} and r.status in ('absent', 'excused')
    )
    select from students st where st.id in (select student_id from missed) order by st.id for key share of st`);
  await tx.execute(sql`delete from ${absenceTallies} t where t.course_id ${those}`);
  await tx.execute(sql`
    insert into ${absenceTallies} (tenant_id, ${COLUMNS})
    select ${tenantId}::uuid, ${COLUMNS} from (${missedRuns({
      sessions: sql`s.course_id ${those}`,
      records: sql`r.course_id ${those}`,
    })}) counted`);
}
