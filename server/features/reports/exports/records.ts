import { sql } from 'drizzle-orm';
import type { Tx } from '../../../db/tenancy.ts';
import type { Caller } from '../../auth/tokens.ts';
import { courseScope, studentScope } from '../../courses/access.ts';
import { all, between } from '../counts.ts';
import type { DayRange } from '../periods.ts';
import type { Cell, Column } from './document.ts';
import type { ReportParams } from './params.ts';
import type { Words } from './words.ts';

export interface RecordsQuery {
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>;
  range: DayRange;
  params: Pick<ReportParams, 'courseId' | 'studentId' | 'status' | 'department'>;
}

interface Row extends Record<string, unknown> {
  id: string;
  day: string;
  startsAt: string;
  code: string;
  number: string;
  name: string;
  department: string | null;
  status: keyof Words['statuses'];
  method: keyof Words['methods'] | null;
  firstSeenAt: string | null;
  note: string | null;
}

const where = ({ caller, range, params }: RecordsQuery) =>
  all(
    between(sql`r.day`, range),
    caller.role === 'student'
      ? studentScope(caller, sql`r.student_id`)
      : courseScope(caller, sql`r.course_id`),
    params.courseId ? sql`r.course_id = ${params.courseId}` : null,
    params.studentId ? sql`r.student_id = ${params.studentId}` : null,
    params.status ? sql`r.status = ${params.status}` : null,
    params.department
      ? sql`r.student_id in (select d.id from students d where d.department = ${params.department})`
      : null,
  );

export async function countRecords(tx: Tx, query: RecordsQuery): Promise<number> {
  const [row] = await tx.execute<{ n: number }>(
    sql`select count(*)::int as n from attendance_records r where ${where(query)}`,
  );
  return row?.n ?? 0;
}

export function recordColumns(words: Words): Column[] {
  const { columns } = words;
  return [
    { title: columns.day, kind: 'day', width: 10 },
    { title: columns.start, kind: 'instant', width: 16 },
    { title: columns.code, kind: 'text', width: 12 },
    { title: columns.number, kind: 'text', width: 12 },
    { title: columns.name, kind: 'text', width: 26 },
    { title: columns.department, kind: 'text', width: 18 },
    { title: columns.status, kind: 'text', width: 12 },
    { title: columns.method, kind: 'text', width: 10 },
    { title: columns.firstSeen, kind: 'instant', width: 16 },
    { title: columns.note, kind: 'text', width: 24 },
  ];
}

/**
 * The records in pieces, each in a transaction of its own: reading a large institution's year must not hold a snapshot
 * for minutes. By day, then id; a piece goes on where the last one ended.
 */
export async function* recordPieces(
  read: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>,
  query: RecordsQuery,
  words: Words,
  size = 5000,
): AsyncGenerator<Cell[][]> {
  let after: { day: string; id: string } | null = null;
  for (;;) {
    const last: { day: string; id: string } | null = after;
    const rows: Row[] = await read(async (tx) => [
      ...(await tx.execute<Row>(sql`
        select r.id, r.day::text as day, s.starts_at as "startsAt", c.code, st.number, st.name, st.department,
          r.status, r.method, r.first_seen_at as "firstSeenAt", r.note
        from (
          select r.* from attendance_records r
          where ${all(where(query), last ? sql`(r.day, r.id) > (${last.day}::date, ${last.id}::uuid)` : null)}
          order by r.day, r.id limit ${size}
        ) r join class_sessions s on s.id = r.session_id join courses c on c.id = r.course_id
        join students st on st.id = r.student_id
        order by r.day, r.id`)),
    ]);
    if (rows.length > 0) {
      yield rows.map((row) => [
        row.day,
        Date.parse(row.startsAt),
        row.code,
        row.number,
        row.name,
        row.department,
        words.statuses[row.status],
        row.method ? words.methods[row.method] : null,
        row.firstSeenAt ? Date.parse(row.firstSeenAt) : null,
        row.note,
      ]);
    }
    const end = rows.at(-1);
    if (!end || rows.length < size) return;
    after = { day: end.day, id: end.id };
  }
}
