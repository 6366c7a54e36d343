import { eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { classSessions } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { appendEvents, type RecordChange } from './ledger.ts';
import { assertBelongs, type Corrected, recordIn } from './service.ts';

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
  return { record: await recordIn(tx, sessionId, studentId), changes };
}

/** Shows committed changes in the open sessions, here or where they run; nobody is asked any more who is marked now. */
export function tell(context: AppContext, changes: readonly RecordChange[]): void {
  const bySession = new Map<string, RecordChange[]>();
  for (const change of changes) {
    const list = bySession.get(change.after.sessionId);
    if (list) list.push(change);
    else bySession.set(change.after.sessionId, [change]);
  }
  for (const [sessionId, list] of bySession) {
    const session = context.live.find(sessionId);
    if (!session) {
      context.cluster.peers.tell('session', { tenantId: list[0]!.after.tenantId, sessionId });
      continue;
    }
    session.commit(list);
    for (const { after } of list) {
      if (after.status === 'present' || after.status === 'late')
        void context.live.reviews.retire(session, after.studentId);
    }
  }
}
