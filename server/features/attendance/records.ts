import { and, asc, count, desc, eq, like, type SQL, sql } from 'drizzle-orm';
import { attendanceRecords, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { searchPatterns } from '../students/search.ts';
import type { RecordRow } from './ledger.ts';
import type { AttendanceQuery, AttendanceRecord, RECORD_SORTS } from './schemas.ts';

export interface RosterPerson {
  name: string;
  number: string;
}

/** A row in the form of the API. */
export function toRecord(row: RecordRow, person: RosterPerson): AttendanceRecord {
  return {
    id: row.id,
    sessionId: row.sessionId,
    studentId: row.studentId,
    studentName: person.name,
    studentNumber: person.number,
    status: row.status,
    method: row.method,
    confidence: row.confidence,
    firstSeenAt: row.firstSeenAt?.toISOString() ?? null,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    secondsSeen: Math.round(row.secondsSeen * 10) / 10,
    note: row.note,
    correctedBy: row.correctedBy,
    version: row.version,
  };
}

const NAME = sql`${students.name} collate "und-x-icu"`;

const ORDERS: Record<(typeof RECORD_SORTS)[number], SQL[]> = {
  name: [asc(NAME), asc(students.number)],
  '-name': [desc(NAME), desc(students.number)],
  number: [asc(students.number)],
  '-number': [desc(students.number)],
  status: [asc(attendanceRecords.status), asc(NAME), asc(students.number)],
  '-status': [desc(attendanceRecords.status), asc(NAME), asc(students.number)],
  firstSeenAt: [sql`${attendanceRecords.firstSeenAt} asc nulls last`, asc(NAME)],
};

/** A page of a session's records. */
export async function pageRecords(
  tx: Tx,
  sessionId: string,
  query: AttendanceQuery,
): Promise<{ total: number; items: AttendanceRecord[] }> {
  const where = and(
    eq(attendanceRecords.sessionId, sessionId),
    query.status ? eq(attendanceRecords.status, query.status) : undefined,
    ...searchPatterns(query.search ?? '').map((pattern) => like(students.searchText, pattern)),
  );
  const [counted] = await tx
    .select({ n: count() })
    .from(attendanceRecords)
    .innerJoin(students, eq(students.id, attendanceRecords.studentId))
    .where(where);
  const rows = await tx
    .select({ row: attendanceRecords, person: { name: students.name, number: students.number } })
    .from(attendanceRecords)
    .innerJoin(students, eq(students.id, attendanceRecords.studentId))
    .where(where)
    .orderBy(...ORDERS[query.sort ?? 'name'])
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.n ?? 0, items: rows.map(({ row, person }) => toRecord(row, person)) };
}

/** All records of a session by name, as they are on disk. */
export async function listRecords(
  tx: Tx,
  sessionId: string,
): Promise<{ row: RecordRow; person: RosterPerson }[]> {
  return tx
    .select({ row: attendanceRecords, person: { name: students.name, number: students.number } })
    .from(attendanceRecords)
    .innerJoin(students, eq(students.id, attendanceRecords.studentId))
    .where(eq(attendanceRecords.sessionId, sessionId))
    .orderBy(students.name, students.number);
}

export async function findRecord(
  tx: Tx,
  id: string,
): Promise<{ row: RecordRow; person: RosterPerson } | null> {
  const [found] = await tx
    .select({ row: attendanceRecords, person: { name: students.name, number: students.number } })
    .from(attendanceRecords)
    .innerJoin(students, eq(students.id, attendanceRecords.studentId))
    .where(eq(attendanceRecords.id, id));
  return found ?? null;
}
