import { and, eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { attendanceRecords, classSessions } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { appendEvents, type RecordChange } from './ledger.ts';
import { findRecord, toRecord } from './records.ts';
import { assertBelongs, type Corrected } from './service.ts';

export interface QrMark {
  tenantId: string;
  sessionId: string;
  studentId: string;
  /** When the code was scanned: what decides between present and late. */
  at: Date;
  /** The accepted row of `qr_scans`: the same scan twice is one event. */
  qrScanId: string;
}

/**
 * An accepted scan becomes a mark, in the caller's transaction. After the commit give the changes to `tell`. Throws
 * `session-not-found`, and `student-not-enrolled` where the student is not of the session's course.
 */
export async function markByQr(tx: Tx, _context: AppContext, mark: QrMark): Promise<Corrected> {
  const { tenantId, sessionId, studentId } = mark;
  const [session] = await tx
    .select({ courseId: classSessions.courseId })
    .from(classSessions)
    .where(eq(classSessions.id, sessionId));
  if (!session) throw new ApiError('session-not-found');
  await assertBelongs(tx, session.courseId, mark);
  const changes = await appendEvents(tx, tenantId, [
    {
      id: mark.qrScanId,
      sessionId,
      studentId,
      type: 'qr-scanned',
      method: 'qr',
      at: mark.at,
      data: {},
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

/** Shows committed changes in the sessions that are open on this server. */
export function tell(context: AppContext, changes: readonly RecordChange[]): void {
  const bySession = new Map<string, RecordChange[]>();
  for (const change of changes) {
    const list = bySession.get(change.after.sessionId);
    if (list) list.push(change);
    else bySession.set(change.after.sessionId, [change]);
  }
  for (const [sessionId, list] of bySession) context.live.find(sessionId)?.commit(list);
}
