import { and, count, eq, ne } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { attendanceEvents, attendanceRecords, classSessions } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { lockRecords } from '../attendance/ledger.ts';
import type { Caller } from '../auth/tokens.ts';
import { reachSession } from './access.ts';
import type { Live } from './live.ts';
import { findSession } from './queries.ts';
import type { ClassSession, PatchSession } from './schemas.ts';

/**
 * Moves the end of an open session, or its start while nobody is marked: the start decides who is late. Throws
 * `session-closed`, `session-decided`, `session-times-invalid`.
 */
export async function changeTimes(
  context: AppContext,
  live: Live,
  caller: Caller,
  sessionId: string,
  patch: PatchSession,
): Promise<ClassSession> {
  const { tenantId } = caller;
  const now = new Date(context.clock.now());
  const times = await context.db.tenant(tenantId, async (tx) => {
    await reachSession(tx, caller, sessionId);
    const [row] = await tx
      .select()
      .from(classSessions)
      .where(eq(classSessions.id, sessionId))
      .for('no key update');
    if (!row) throw new ApiError('session-not-found');
    if (row.status === 'closed') throw new ApiError('session-closed');
    const startsAt = patch.startsAt ? new Date(patch.startsAt) : row.startsAt;
    const endsAt = patch.endsAt === undefined ? row.endsAt : patch.endsAt ? new Date(patch.endsAt) : null;
    const moved = startsAt.getTime() !== row.startsAt.getTime();
    if (endsAt && (endsAt <= startsAt || endsAt <= now)) throw new ApiError('session-times-invalid');
    if (moved) {
      // A mark that is being written holds these locks: it is either seen here or sees the new start.
      await lockRecords(tx, sessionId);
      const [decided] = await tx
        .select({ n: count() })
        .from(attendanceRecords)
        .where(and(eq(attendanceRecords.sessionId, sessionId), ne(attendanceRecords.status, 'pending')));
      if (decided && decided.n > 0) throw new ApiError('session-decided');
    }
    const [changed] = await tx
      .update(classSessions)
      .set({ startsAt, endsAt })
      .where(eq(classSessions.id, sessionId))
      .returning();
    if (changed && changed.day !== row.day) {
      await tx
        .update(attendanceRecords)
        .set({ day: changed.day })
        .where(eq(attendanceRecords.sessionId, sessionId));
    }
    await tx.insert(attendanceEvents).values({
      id: newId(),
      tenantId,
      sessionId,
      type: 'session-changed',
      at: now,
      actorId: caller.userId,
      data: { startsAt: startsAt.toISOString(), endsAt: endsAt?.toISOString() ?? null },
    });
    return { startsAt, endsAt, day: changed?.day ?? row.day };
  });
  const held = live.find(sessionId);
  if (held?.tenantId === tenantId) {
    held.setTimes(times);
    return held.view();
  }
  context.cluster.peers.tell('session', { tenantId, sessionId });
  const found = await context.db.tenant(tenantId, (tx) => findSession(tx, sessionId));
  if (!found) throw new ApiError('session-not-found');
  return found.view;
}
