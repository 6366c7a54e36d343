import { and, eq, isNull } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { attendanceRecords, enrolments, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse } from '../courses/access.ts';
import { reachSession } from '../sessions/access.ts';
import { appendEvents, type RecordChange, type RecordRow } from './ledger.ts';
import { findRecord, type RosterPerson, toRecord } from './records.ts';
import type { AttendanceRecord, Correction, ManualMark } from './schemas.ts';

export interface Corrected {
  record: AttendanceRecord;
  changes: RecordChange[];
}

/** A record; students see their own only. */
export async function recordOf(context: AppContext, caller: Caller, id: string): Promise<AttendanceRecord> {
  const found = await context.db.tenant(caller.tenantId, (tx) => reachRecord(tx, caller, id));
  return toRecord(found.row, found.person);
}

/** Throws `record-not-found` for whoever may not see it: another student, a teacher of another course. */
export async function reachRecord(
  tx: Tx,
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>,
  id: string,
): Promise<{ row: RecordRow; person: RosterPerson }> {
  const found = await findRecord(tx, id);
  if (!found) throw new ApiError('record-not-found');
  if (caller.role !== 'student') await assertCourse(tx, caller, found.row.courseId, 'record-not-found');
  else if (found.row.studentId !== caller.studentId) throw new ApiError('record-not-found');
  return found;
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
    await assertCourse(tx, caller, row.courseId, 'record-not-found');
    if (row.version !== correction.version) {
      const found = await findRecord(tx, id);
      throw new ApiError('version-conflict', {
        details: { record: found ? toRecord(found.row, found.person) : null },
      });
    }
    return writeWord(tx, caller, row, { ...correction, at: new Date(context.clock.now()) });
  });
}

/** The same for a student who is not on the list by record: made where there is none, in open and closed sessions. */
export async function markByHand(context: AppContext, caller: Caller, mark: ManualMark): Promise<Corrected> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const session = await reachSession(tx, caller, mark.sessionId);
    await assertBelongs(tx, session.courseId, mark);
    return writeWord(tx, caller, mark, { ...mark, at: new Date(context.clock.now()) });
  });
}

/** Throws `student-not-enrolled`: neither of the course, unless archived, nor with a record in the session. */
export async function assertBelongs(
  tx: Tx,
  courseId: string,
  mark: { sessionId: string; studentId: string },
): Promise<void> {
  const [enrolled] = await tx
    .select({ studentId: enrolments.studentId })
    .from(enrolments)
    .innerJoin(students, eq(students.id, enrolments.studentId))
    .where(
      and(
        eq(enrolments.courseId, courseId),
        eq(enrolments.studentId, mark.studentId),
        isNull(students.archivedAt),
      ),
    );
  if (enrolled) return;
  const [recorded] = await tx
    .select({ id: attendanceRecords.id })
    .from(attendanceRecords)
    .where(
      and(eq(attendanceRecords.sessionId, mark.sessionId), eq(attendanceRecords.studentId, mark.studentId)),
    );
  if (!recorded) throw new ApiError('student-not-enrolled');
}

/** A person's word into the ledger; `data` says more of why. */
export async function writeWord(
  tx: Tx,
  caller: Pick<Caller, 'tenantId' | 'userId'>,
  of: { sessionId: string; studentId: string },
  word: Omit<Correction, 'version'> & { at: Date; data?: Record<string, unknown> },
): Promise<Corrected> {
  const { sessionId, studentId } = of;
  const changes = await appendEvents(tx, caller.tenantId, [
    {
      id: newId(),
      sessionId,
      studentId,
      type: 'corrected',
      method: 'manual',
      status: word.status,
      at: word.at,
      actorId: caller.userId,
      data: { ...word.data, ...(word.note ? { note: word.note } : {}) },
    },
  ]);
  return { record: await recordIn(tx, sessionId, studentId), changes };
}

/** The record of a student in a session. Throws `record-not-found`. */
export async function recordIn(tx: Tx, sessionId: string, studentId: string): Promise<AttendanceRecord> {
  const [row] = await tx
    .select({ id: attendanceRecords.id })
    .from(attendanceRecords)
    .where(and(eq(attendanceRecords.sessionId, sessionId), eq(attendanceRecords.studentId, studentId)));
  const found = row ? await findRecord(tx, row.id) : null;
  if (!found) throw new ApiError('record-not-found');
  return toRecord(found.row, found.person);
}
