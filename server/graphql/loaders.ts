import { type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Tx } from '../db/tenancy.ts';
import { engagementOf } from './engagement.ts';
import { type GraphqlContext, pageOf } from './resolvers.ts';
import {
  COUNTS,
  COURSE,
  type Counts,
  courseReach,
  RECORD,
  type RecordRow,
  recordReach,
  SESSION,
  type SessionRow,
  STUDENT,
  sessionReach,
  studentReach,
  withRate,
} from './rows.ts';

interface Params {
  limit?: number | null;
  status?: string | null;
  courseId?: string | null;
  from?: string | null;
  to?: string | null;
}
interface Asked<Parent> {
  obj: Parent;
  params: Params;
}
type Row = Record<string, unknown>;
interface WithId {
  id: string;
}

/** What every query of a batch names: which of them it is, its parent, and what it asks for. */
const QUERIES = sql`q(i int, id uuid, lim int, status text, "courseId" uuid, "from" date, "to" date)`;
const WITHIN_DAYS = sql`(q."from" is null or r.day >= q."from") and (q."to" is null or r.day <= q."to")`;
const OF_COURSE = sql`(q."courseId" is null or r.course_id = q."courseId")`;

/**
 * Fields that lead from many parents to other rows: all parents of one level are answered by one statement, whatever
 * each of them asks for.
 */
export function createLoaders(context: AppContext) {
  const read = <T>({ caller }: GraphqlContext, work: (tx: Tx) => Promise<T>) =>
    context.db.read(caller.tenantId, work);

  /** `inner` is the query of one parent; it may use the columns of q. */
  async function batch(given: GraphqlContext, asked: readonly Asked<WithId>[], inner: SQL): Promise<Row[][]> {
    const queries = asked.map(({ obj, params }, i) => {
      const { limit, ...filters } = params;
      return { i, id: obj.id, lim: pageOf({ limit: limit ?? null }).limit, ...filters };
    });
    const rows = await read(given, (tx) =>
      tx.execute<Row & { i: number }>(sql`
        select q.i, x.* from jsonb_to_recordset(${JSON.stringify(queries)}::text::jsonb) as ${QUERIES}
        cross join lateral (${inner}) x order by q.i, x.n`),
    );
    const lists: Row[][] = asked.map(() => []);
    for (const row of rows) lists[row.i]?.push(row);
    return lists;
  }

  /** One row for each id, in order. */
  async function byId(given: GraphqlContext, ids: readonly string[], columns: SQL, table: SQL) {
    const rows = await read(given, (tx) =>
      tx.execute<Row & WithId>(sql`select ${columns} from ${table}
        in (select value::uuid from jsonb_array_elements_text(${JSON.stringify([...new Set(ids)])}::text::jsonb))`),
    );
    const found = new Map([...rows].map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  }

  const counts = async (given: GraphqlContext, asked: readonly Asked<WithId>[], where: SQL) => {
    const lists = await batch(
      given,
      asked,
      sql`select 1 as n, ${COUNTS} from attendance_records r
        where ${where}${recordReach(given.caller)} and ${WITHIN_DAYS} and ${OF_COURSE}`,
    );
    return lists.map(([row]) => withRate(row as unknown as Counts));
  };

  return {
    Course: {
      students: (asked: Asked<WithId>[], given: GraphqlContext) =>
        batch(
          given,
          asked,
          sql`select row_number() over (order by st.name collate "und-x-icu", st.number) as n, ${STUDENT}
            from enrolments e join students st on st.id = e.student_id
            where e.course_id = q.id and st.archived_at is null${studentReach(given.caller)}
            order by n limit q.lim`,
        ),
      sessions: (asked: Asked<WithId>[], given: GraphqlContext) =>
        batch(
          given,
          asked,
          sql`select row_number() over (order by s.starts_at desc, s.id desc) as n, ${SESSION}
            from class_sessions s
            where s.course_id = q.id and (q.status is null or s.status = q.status)${sessionReach(given.caller)}
            order by s.starts_at desc, s.id desc limit q.lim`,
        ),
      stats: (asked: Asked<WithId>[], given: GraphqlContext) => counts(given, asked, sql`r.course_id = q.id`),
    },
    Student: {
      courses: (asked: Asked<WithId>[], given: GraphqlContext) =>
        batch(
          given,
          asked,
          sql`select row_number() over (order by c.code, c.semester) as n, ${COURSE}
            from enrolments e join courses c on c.id = e.course_id
            where e.student_id = q.id${courseReach(given.caller)} order by n limit q.lim`,
        ),
      attendance: (asked: Asked<WithId>[], given: GraphqlContext) =>
        batch(
          given,
          asked,
          sql`select row_number() over (order by r.day desc, r.id desc) as n, ${RECORD}
            from attendance_records r
            where r.student_id = q.id${recordReach(given.caller)} and ${WITHIN_DAYS} and ${OF_COURSE}
            order by r.day desc, r.id desc limit q.lim`,
        ),
      stats: (asked: Asked<WithId>[], given: GraphqlContext) =>
        counts(given, asked, sql`r.student_id = q.id`),
    },
    Session: {
      course: (asked: Asked<SessionRow>[], given: GraphqlContext) =>
        byId(
          given,
          asked.map(({ obj }) => obj.courseId),
          COURSE,
          sql`courses c where c.id`,
        ),
      attendance: (asked: Asked<WithId>[], given: GraphqlContext) =>
        batch(
          given,
          asked,
          sql`select row_number() over (order by st.name collate "und-x-icu", st.number) as n, ${RECORD}
            from attendance_records r join students st on st.id = r.student_id
            where r.session_id = q.id and (q.status is null or r.status = q.status)${recordReach(given.caller)}
            order by n limit q.lim`,
        ),
      counts: (asked: Asked<WithId>[], given: GraphqlContext) =>
        counts(given, asked, sql`r.session_id = q.id`),
      engagement: async (asked: Asked<WithId>[], given: GraphqlContext) => {
        if (given.caller.role === 'student') return asked.map(() => null);
        const ids = asked.map(({ obj }) => obj.id);
        const found = await read(given, (tx) => engagementOf(tx, ids));
        return ids.map((id) => found.get(id) ?? null);
      },
    },
    AttendanceRecord: {
      // Who may see a record may see whose it is, also when the student has left the course since.
      student: (asked: Asked<RecordRow>[], given: GraphqlContext) =>
        byId(
          given,
          asked.map(({ obj }) => obj.studentId),
          STUDENT,
          sql`students st where st.id`,
        ),
      session: (asked: Asked<RecordRow>[], given: GraphqlContext) =>
        byId(
          given,
          asked.map(({ obj }) => obj.sessionId),
          SESSION,
          sql`class_sessions s where s.id`,
        ),
    },
  };
}
