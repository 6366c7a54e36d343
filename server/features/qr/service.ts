import { randomBytes } from 'node:crypto';
import { and, eq, gt, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { classSessions, qrSessions, rooms } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse, courseScope } from '../courses/access.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { makeCode } from './code.ts';
import type { NewQrSession, QrCode, QrSession } from './schemas.ts';
import type { Steps } from './steps.ts';

export type QrRow = typeof qrSessions.$inferSelect;

/** Round the coordinates of a room, which are somewhere in its building. */
const ROOM_RADIUS_M = 50;
export const secretPurpose = (id: string) => `qr:${id}`;

/** Opens a window on an open session; an older one of the session closes in the same moment. */
export async function openQr(context: AppContext, caller: Caller, input: NewQrSession): Promise<QrSession> {
  const { tenantId } = caller;
  const now = new Date(context.clock.now());
  return context.db.tenant(tenantId, async (tx) => {
    // The lock makes two openings take turns, so that one window is left.
    const [session] = await tx
      .select()
      .from(classSessions)
      .where(eq(classSessions.id, input.sessionId))
      .for('no key update');
    if (!session) throw new ApiError('session-not-found');
    await assertCourse(tx, caller, session.courseId, 'session-not-found');
    if (session.status !== 'open') throw new ApiError('session-closed');
    const place = input.place === 'room' ? await placeOfRoom(tx, session.roomId) : (input.place ?? null);
    const id = newId();
    const crypto = await tenantCrypto(context, tx, tenantId);
    await tx
      .update(qrSessions)
      .set({ closesAt: now })
      .where(and(eq(qrSessions.sessionId, session.id), gt(qrSessions.closesAt, now)));
    await tx.insert(qrSessions).values({
      id,
      tenantId,
      sessionId: session.id,
      secret: crypto.seal(secretPurpose(id), randomBytes(32)),
      rotateSeconds: input.rotateSeconds,
      opensAt: now,
      closesAt: new Date(now.getTime() + input.minutes * 60_000),
      latitude: place?.latitude ?? null,
      longitude: place?.longitude ?? null,
      radiusM: place?.radiusM ?? null,
      createdBy: caller.userId,
    });
    return qrOf(context, tx, caller, id);
  });
}

async function placeOfRoom(tx: Tx, roomId: string | null) {
  const [room] = roomId === null ? [] : await tx.select().from(rooms).where(eq(rooms.id, roomId));
  if (room?.latitude == null || room.longitude == null) throw new ApiError('qr-room-without-place');
  return { latitude: room.latitude, longitude: room.longitude, radiusM: ROOM_RADIUS_M };
}

/** The window with its session, for those who may see its course. Throws `qr-session-not-found`. */
export async function findQr(
  tx: Tx,
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>,
  id: string,
): Promise<{ row: QrRow; status: 'open' | 'closed' }> {
  const scope = courseScope(caller, classSessions.courseId);
  const [found] = await tx
    .select({ row: qrSessions, status: classSessions.status })
    .from(qrSessions)
    .innerJoin(classSessions, eq(classSessions.id, qrSessions.sessionId))
    .where(and(eq(qrSessions.id, id), scope ?? undefined));
  if (!found) throw new ApiError('qr-session-not-found');
  return found;
}

export async function qrOf(context: AppContext, tx: Tx, caller: Caller, id: string): Promise<QrSession> {
  const { row, status } = await findQr(tx, caller, id);
  const [counts] = await tx.execute<{ accepted: number; refused: number }>(sql`
    select count(*) filter (where accepted)::int as accepted, count(*) filter (where not accepted)::int as refused
    from qr_scans where qr_session_id = ${id}`);
  const { latitude, longitude, radiusM } = row;
  return {
    id: row.id,
    sessionId: row.sessionId,
    open: status === 'open' && row.closesAt.getTime() > context.clock.now(),
    opensAt: row.opensAt.toISOString(),
    closesAt: row.closesAt.toISOString(),
    rotateSeconds: row.rotateSeconds,
    place: latitude === null || longitude === null ? null : { latitude, longitude, radiusM: radiusM ?? 0 },
    accepted: counts?.accepted ?? 0,
    refused: counts?.refused ?? 0,
  };
}

/** The codes end with it; what was accepted stays. Closing twice changes nothing. */
export async function closeQr(context: AppContext, caller: Caller, id: string): Promise<void> {
  const now = new Date(context.clock.now());
  await context.db.tenant(caller.tenantId, async (tx) => {
    await findQr(tx, caller, id);
    await tx
      .update(qrSessions)
      .set({ closesAt: now })
      .where(and(eq(qrSessions.id, id), gt(qrSessions.closesAt, now)));
  });
}

/** Whether the window takes codes: by the clock, and by its steps where the clock was set back. */
export function takesCodes(row: QrRow, step: number, nowMs: number): boolean {
  const byStep = row.opensAt.getTime() + step * row.rotateSeconds * 1000;
  return Math.max(nowMs, byStep) < row.closesAt.getTime();
}

/**
 * The code to show now; null once the window is closed. The step is on disk before anybody sees its code, so that
 * every server takes it, and none goes back behind it.
 */
export async function codeToShow(
  context: AppContext,
  tx: Tx,
  steps: Steps,
  row: QrRow,
): Promise<{ code: QrCode; step: number } | null> {
  const now = context.clock.now();
  const step = steps.current(row, now);
  if (!takesCodes(row, step, now)) return null;
  if (step > row.lastStep) {
    await tx
      .update(qrSessions)
      .set({ lastStep: sql`greatest(${qrSessions.lastStep}, ${step})` })
      .where(eq(qrSessions.id, row.id));
  }
  const crypto = await tenantCrypto(context, tx, row.tenantId);
  const code = makeCode(crypto.open(secretPurpose(row.id), row.secret), row.id, step);
  const lengthMs = row.rotateSeconds * 1000;
  const next = row.opensAt.getTime() + (step + 1) * lengthMs;
  // Behind a clock that was set back the next one comes sooner than that.
  const validUntil = Math.min(next, now + lengthMs, row.closesAt.getTime());
  return {
    step,
    code: {
      qrSessionId: row.id,
      sessionId: row.sessionId,
      code,
      url: `${context.config.publicUrl.replace(/\/$/, '')}/scan#${code}`,
      validUntil: new Date(validUntil).toISOString(),
      closesAt: row.closesAt.toISOString(),
    },
  };
}
