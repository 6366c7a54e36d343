import { and, eq, gt, inArray, isNull, lte, or } from 'drizzle-orm';
import { newId } from '../../db/ids.ts';
import { excuses } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { EventDraft } from '../attendance/ledger.ts';

/** Events of the accepted excuses that cover a session, for those of its students whom one covers. */
export async function excuseDrafts(
  tx: Tx,
  session: { id: string; courseId: string; startsAt: Date },
  studentIds: readonly string[],
  at: Date,
): Promise<EventDraft[]> {
  if (studentIds.length === 0) return [];
  const rows = await tx
    .select({ id: excuses.id, studentId: excuses.studentId, decidedBy: excuses.decidedBy })
    .from(excuses)
    .where(
      and(
        eq(excuses.status, 'accepted'),
        inArray(excuses.studentId, [...studentIds]),
        lte(excuses.fromAt, session.startsAt),
        gt(excuses.untilAt, session.startsAt),
        or(isNull(excuses.courseId), eq(excuses.courseId, session.courseId)),
      ),
    );
  return rows.map((row) => ({
    id: newId(),
    sessionId: session.id,
    studentId: row.studentId,
    type: 'excused',
    at,
    actorId: row.decidedBy,
    data: { excuseId: row.id },
  }));
}
