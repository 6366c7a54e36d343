import { type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { sessionTallies, staleTallies } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { countAbsences, countable } from './absence-tallies.ts';
import { countColumns, otherColumns } from './counts.ts';
import { tryTurn } from './tally-turn.ts';
import { AT_ONCE, countWeeks, uncountWeeks } from './week-tallies.ts';

/**
 * Counts by session, kept so that a report over a year reads a row a session instead of thirty. Triggers note the
 * sessions whose records change (`stale_tallies`); those are counted from their records until they are counted anew,
 * which happens when a session closes and after corrections. So what is read is right at every moment, and nobody who
 * writes waits for it.
 *
 * Rows (day, course_id, session_id, present, late, excused, absent, pending, by_face, by_qr, by_hand, by_import,
 * corrected, kept, time_corrected, corrected_away); `where` gets the alias of the table that it restricts, which has
 * `day`, `course_id` and `session_id`. With `countedUp` (see there) the rows that are kept are all.
 */
export function tallies(where: (alias: SQL) => SQL, countedUp = false): SQL {
  if (countedUp) return sql`select t.* from ${sessionTallies} t where ${where(sql`t`)}`;
  return sql`
    select t.day, t.course_id, t.session_id, t.present, t.late, t.excused, t.absent, t.pending, t.by_face, t.by_qr,
      t.by_hand, t.by_import, t.corrected, t.kept, t.time_corrected, t.corrected_away
    from ${sessionTallies} t
    where ${where(sql`t`)} and not exists (select 1 from ${staleTallies} x where x.session_id = t.session_id)
    union all
    select k.day, k.course_id, k.session_id, n.* from (
      select s.day, s.course_id, s.id as session_id from class_sessions s
      where s.id = any(array(select x.session_id from ${staleTallies} x))
    ) k cross join lateral (
      select ${countColumns}, ${otherColumns} from attendance_records r where r.session_id = k.session_id
    ) n
    where ${where(sql`k`)}`;
}

const answers = new WeakMap<Tx, Promise<boolean>>();

export const countedUpNow = sql<boolean>`not exists (select 1 from ${staleTallies})`;

/**
 * Whether nothing of the institution waits to be counted anew, as is so but for the minutes round a class: statements
 * are half as long then. Asked once in a transaction, which must only read. What changes afterwards is not seen, as if all
 * had been read at that moment.
 */
export function isCountedUp(tx: Tx): Promise<boolean> {
  const known = answers.get(tx);
  if (known) return known;
  const answer = tx.execute<{ so: boolean }>(sql`select ${countedUpNow} as so`).then(([row]) => row!.so);
  answers.set(tx, answer);
  return answer;
}

/** For who has asked for `countedUpNow` along with something else. */
export function knowCountedUp(tx: Tx, countedUp: boolean): void {
  answers.set(tx, Promise.resolve(countedUp));
}

const COUNTED = [
  ...['present', 'late', 'excused', 'absent', 'pending', 'by_face', 'by_qr', 'by_hand', 'by_import'],
  ...['corrected', 'kept', 'time_corrected', 'corrected_away'],
];
const columns = (names: readonly string[]) =>
  sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );

/**
 * Counts anew what is stale of the sessions that are closed, and the absences of their courses; open sessions change all
 * the time. One statement takes the notes and others count: these see at least what those saw who wrote the notes. One at
 * a time in an institution, so that an older count is never written over a newer one; who finds another at work leaves it
 * to them, or to the next event. Resolves with the number of sessions.
 */
export async function refreshTallies(tx: Tx, tenantId: string): Promise<number> {
  if (!(await tryTurn(tx, tenantId))) return 0;
  const gone = await tx.execute<{ course: string; session: string | null; day: string | null }>(sql`
    with gone as (
      delete from ${staleTallies} x where ${countable} returning x.course_id, x.session_id, x.day
    ) select distinct course_id as course, session_id as session, day::text as day from gone`);
  if (gone.length === 0) return 0;
  const stale = [...new Set(gone.flatMap(({ session }) => session ?? []))];
  await uncountWeeks(tx, [...new Set(gone.flatMap(({ day }) => day ?? []))]);
  await tx.execute(sql`
    insert into ${sessionTallies} as t (session_id, tenant_id, course_id, day, ${columns(COUNTED)})
    select s.id, s.tenant_id, s.course_id, s.day, ${columns(COUNTED)}
    from class_sessions s cross join lateral (
      select ${countColumns}, ${otherColumns} from attendance_records r where r.session_id = s.id
    ) n
    where s.id ${oneOf(stale)}
    on conflict (session_id) do update set course_id = excluded.course_id, day = excluded.day,
      ${sql.join(
        COUNTED.map((name) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`),
        sql`, `,
      )}`);
  await countAbsences(tx, tenantId, oneOf([...new Set(gone.map(({ course }) => course))]));
  return stale.length;
}

const oneOf = (ids: readonly string[]): SQL =>
  sql`in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`;

/** Where the features say what they do with events. */
export function keepTallies(context: AppContext): void {
  context.outbox.on('session.closed', async (tx, { tenantId }) => {
    await refreshTallies(tx, tenantId);
  });
  context.outbox.on('attendance.changed', async (tx, { tenantId }) => {
    await refreshTallies(tx, tenantId);
  });
  // What changed without an event: an erasure, an import; and the weeks that are over.
  context.schedule.daily('session-tallies', { at: '02:40' }, async ({ tenantId, day, signal }) => {
    const counted = await context.db.tenant(tenantId, (tx) => refreshTallies(tx, tenantId));
    return { counted, weeks: await countAllWeeks(context, tenantId, day, signal) };
  });
}

/** Counts the weeks that are over at `today`, each few in a transaction of their own. Resolves with their number. */
export async function countAllWeeks(
  { db }: Pick<AppContext, 'db'>,
  tenantId: string,
  today: string,
  signal?: AbortSignal,
): Promise<number> {
  let weeks = 0;
  for (;;) {
    signal?.throwIfAborted();
    const more = await db.tenant(tenantId, (tx) => countWeeks(tx, tenantId, today));
    weeks += more;
    if (more < AT_ONCE) return weeks;
  }
}
