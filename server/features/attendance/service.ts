import { and, eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { attendanceRecords, classSessions, enrolments } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { appendEvents, type RecordChange } from './ledger.ts';
import { findRecord, toRecord } from './records.ts';
import type { AttendanceRecord, Correction, ManualMark } from './schemas.ts';

export interface Corrected {
  record: AttendanceRecord;
  changes: RecordChange[];
}

/** A record; students see their own only. */
export async function recordOf(context: AppContext, caller: Caller, id: string): Promise<AttendanceRecord> {
  const found = await context.db.tenant(caller.tenantId, (tx) => findRecord(tx, id));
  if (!found || (caller.role === 'student' && found.row.studentId !== caller.studentId)) {
    throw new ApiError('record-not-found');
  }
  return toRecord(found.row, found.person);
}

/**
 * A person's word on a record. `version` is the one that they saw: when somebody else was faster it is refused, with
 * the record as it stands, so that the second person decides knowing the first one's decision.
 */
export async function correctRecord(
  context: AppContext,
  caller: Caller,
  id: string,
  correction: Omit<Correction, 'version'> & { version: number },
): Promise<Corrected> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [row] = await tx.select().from(attendanceRecords).where(eq(attendanceRecords.id, id)).for('update');
    if (!row) throw new ApiError('record-not-found');
    if (row.version !== correction.version) {
      const found = await findRecord(tx, id);
      throw new ApiError('version-conflict', {
        details: { record: found ? toRecord(found.row, found.person) : null },
      });
    }
    return writeWord(tx, caller, row.sessionId, row.studentId, correction);
  });
}

/** The same for a student who is not on the list by record: made where there is none, in open and closed sessions. */
export async function markByHand(context: AppContext, caller: Caller, mark: ManualMark): Promise<Corrected> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [session] = await tx
      .select({ courseId: classSessions.courseId })
      .from(classSessions)
      .where(eq(classSessions.id, mark.sessionId));
    if (!session) throw new ApiError('session-not-found');
    await assertBelongs(tx, session.courseId, mark);
    return writeWord(tx, caller, mark.sessionId, mark.studentId, mark);
  });
}

/** Throws `student-not-enrolled`: neither of the course nor with a record in the session. */
export async function assertBelongs(
  tx: Tx,
  courseId: string,
  mark: { sessionId: string; studentId: string },
): Promise<void> {
  const [enrolled] = await tx
    .select({ studentId: enrolments.studentId })
    .from(enrolments)
    .where(and(eq(enrolments.courseId, courseId), eq(enrolments.studentId, mark.studentId)));
  if (enrolled) return;
  const [recorded] = await tx
    .select({ id: attendanceRecords.id })
    .from(attendanceRecords)
    .where(
      and(eq(attendanceRecords.sessionId, mark.sessionId), eq(attendanceRecords.studentId, mark.studentId)),
    );
  if (!recorded) throw new ApiError('student-not-enrolled');
}

async function writeWord(
  tx: Tx,
  caller: Caller,
  sessionId: string,
  studentId: string,
  word: Omit<Correction, 'version'>,
): Promise<Corrected> {
  const changes = await appendEvents(tx, caller.tenantId, [
    {
      id: newId(),
      sessionId,
      studentId,
      type: 'corrected',
      method: 'manual',
      status: word.status,
      at: new Date(),
      actorId: caller.userId,
      data: word.note ? { note: word.note } : {},
    },
  ]);
  const [row] = await tx
    .select({ id: attendanceRecords.id })
    .from(attendanceRecords)
    .where(and(eq(attendanceRecords.sessionId, sessionId), eq(attendanceRecords.studentId, studentId)));
  const found = row ? await findRecord(tx, row.id) : null;
  if (!found) throw new ApiError('record-not-found');
  return { record: toRecord(found.row, found.person), changes };
}
