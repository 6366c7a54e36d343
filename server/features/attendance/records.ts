import { eq } from 'drizzle-orm';
import { attendanceRecords, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { RecordRow } from './ledger.ts';
import type { AttendanceRecord } from './schemas.ts';

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

/** The records of a session by name, as they are on disk. */
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
