import { type SQL, sql } from 'drizzle-orm';
import { countedWeeks, staleTallies, studentWeeks } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { judgedColumns } from './counts.ts';
import type { DayRange } from './periods.ts';
import { waitForTurn } from './tally-turn.ts';

/*
 * Counts by student and week, kept so that ranking all students of a term reads a row a week instead of a record an
 * hour. Weeks are counted at night once they are over. A week with a change is not looked up any more at the moment that
 * the change is there, as its note in `stale_tallies` is; where the note is taken away the week's mark goes with it, and
 * the next night counts it again.
 */

/** Weeks counted in one transaction: a large institution has hundreds of thousands of records in them. */
export const AT_ONCE = 8;

const mondayOf = (day: SQL): SQL => sql`date_trunc('week', ${day}::timestamp)::date`;

/** Weeks from one Monday to another that are right as they were counted. */
const rightWeeks = (from: SQL, until: SQL): SQL => sql`
  select w.week from ${countedWeeks} w
  where w.week between ${from} and ${until}
    and not exists (select 1 from ${staleTallies} x where x.day between w.week and w.week + 6)`;

/** Students with a record in one of the range's whole weeks: most of those that have one in the range. */
export const studentsOfWholeWeeks = ({ from, until }: DayRange): SQL => sql`
  select t.student_id from ${studentWeeks} t
  where t.week = any(array(${rightWeeks(sql`${from}::date`, sql`${until}::date - 6`)}))`;

/**
 * How often each student came and was absent in the range, over all courses: rows (student_id, came, absent) of everybody
 * with a record. Of weeks that reach beyond the range its days are taken, those of weeks that are not counted from the
 * records.
 */
export function attendanceByStudent({ from, until }: DayRange): SQL {
  // Of the seven sums of a week: up to the last of its days, less those before the first.
  const within = (sums: SQL): SQL =>
    sql`${sums}[least(${until}::date - t.week + 1, 7)] - coalesce(${sums}[${from}::date - t.week], 0)`;
  return sql`
    with weeks as materialized (
      select week, week >= ${from}::date and week <= ${until}::date - 6 as whole
      from (${rightWeeks(sql`${from}::date - 6`, sql`${until}::date`)}) w
    )
    select student_id, sum(came)::int as came, sum(absent)::int as absent from (
      select t.student_id, t.came[7]::int as came, t.absent[7]::int as absent
      from ${studentWeeks} t where t.week = any(array(select week from weeks where whole))
      union all
      select t.student_id, ${within(sql`t.came`)}, ${within(sql`t.absent`)}
      from ${studentWeeks} t
      where t.week = any(array(select week from weeks where not whole)) and ${within(sql`t.records`)} > 0
      union all
      select r.student_id, ${judgedColumns} from attendance_records r
      where r.day = any(array(
        select d::date from generate_series(${from}::timestamp, ${until}::timestamp, '1 day') d
        where ${mondayOf(sql`d`)} not in (select week from weeks)
      ))
      group by r.student_id
    ) parts group by student_id`;
}

/** How many records of week `w` are so, to the end of each of its days. */
const sums = (so: SQL): SQL =>
  sql`array[${sql.join(
    [0, 1, 2, 3, 4, 5, 6].map(
      (days) => sql`count(*) filter (where r.day <= w.week + ${sql.raw(String(days))} and ${so})`,
    ),
    sql`, `,
  )}]::smallint[]`;

/**
 * Counts the newest of the weeks that are over at `today` and have not been counted, at most {@link AT_ONCE}. Resolves
 * with their number. Waits for others that count, and for students who are being erased.
 */
export async function countWeeks(tx: Tx, tenantId: string, today: string): Promise<number> {
  await waitForTurn(tx, tenantId);
  const found = await tx.execute<{ week: string }>(sql`
    select week::text as week from (
      select distinct ${mondayOf(sql`s.day`)} as week from class_sessions s
      where s.day < ${mondayOf(sql`${today}`)}
      -- Of weeks whose sessions are all gone rows are left.
      union select t.week from ${studentWeeks} t
    ) ended where week not in (select week from ${countedWeeks}) order by week desc limit ${AT_ONCE}`);
  if (found.length === 0) return 0;
  // As in countAbsences: an erasure is waited for before anything is held that it would wait for.
  await tx.execute(sql`select from students st order by st.id for key share of st`);
  const weeks = sql`(select value::date from jsonb_array_elements_text(
    ${JSON.stringify(found.map(({ week }) => week))}::text::jsonb))`;
  await tx.execute(sql`delete from ${studentWeeks} t where t.week in (select week from ${weeks} w (week))`);
  await tx.execute(sql`
    insert into ${studentWeeks} (tenant_id, week, student_id, came, absent, records)
    select ${tenantId}::uuid, w.week, r.student_id, ${sums(sql`r.status in ('present', 'late')`)},
      ${sums(sql`r.status = 'absent'`)}, ${sums(sql`true`)}
    from ${weeks} w (week) join attendance_records r on r.day between w.week and w.week + 6
    group by w.week, r.student_id order by w.week, r.student_id`);
  await tx.execute(
    sql`insert into ${countedWeeks} (tenant_id, week) select ${tenantId}::uuid, week from ${weeks} w (week)`,
  );
  return found.length;
}

/** The weeks of these days are not counted any more. */
export async function uncountWeeks(tx: Tx, days: readonly string[]): Promise<void> {
  if (days.length === 0) return;
  await tx.execute(sql`
    delete from ${countedWeeks} w where w.week in (
      select ${mondayOf(sql`value`)} from jsonb_array_elements_text(${JSON.stringify(days)}::text::jsonb))`);
}
