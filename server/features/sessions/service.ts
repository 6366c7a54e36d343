import { and, asc, eq, inArray } from 'drizzle-orm';
import { policy } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import {
  attendanceEvents,
  attendanceRecords,
  cameras,
  classSessions,
  courses,
  streams,
} from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { publish } from '../../jobs/outbox.ts';
import { appendEvents } from '../attendance/ledger.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse } from '../courses/access.ts';
import { excuseDrafts } from '../excuses/covering.ts';
import { currentTenant } from '../tenants/service.ts';
import { reachSession } from './access.ts';
import { announceClosing, writeClosing } from './closing.ts';
import { closedElsewhere } from './elsewhere.ts';
import type { Live } from './live.ts';
import type { LiveSession } from './live-session.ts';
import { camerasInUse, storedSnapshot } from './load.ts';
import { findSession, type SessionRow } from './queries.ts';
import { loadRoster } from './roster.ts';
import { meetingAt } from './schedule.ts';
import type { ClassSession, OpenSession, Snapshot } from './schemas.ts';

const WORKER_TIMEOUT_MS = 20_000;
const DRAIN_TIMEOUT_MS = 10_000;

/** Opens a session: freezes policy and rules, makes a pending record per student, starts a stream per camera. */
export async function openSession(
  context: AppContext,
  live: Live,
  caller: Caller,
  input: OpenSession,
): Promise<ClassSession> {
  const now = new Date(context.clock.now());
  const startsAt = input.startsAt ? new Date(input.startsAt) : now;
  const endsAt = input.endsAt ? new Date(input.endsAt) : null;
  if (endsAt && (endsAt <= startsAt || endsAt <= now)) throw new ApiError('session-times-invalid');
  const { tenantId } = caller;
  const meeting = await context.db.tenant(tenantId, async (tx) => {
    await assertCourse(tx, caller, input.courseId);
    return meetingAt(tx, tenantId, input.courseId, startsAt);
  });
  return startSession(context, live, {
    tenantId,
    courseId: input.courseId,
    cameraIds: input.cameraIds,
    startsAt,
    endsAt,
    openedBy: caller.userId,
    how: 'manual',
    roomId: input.cameraIds.length > 0 ? null : (meeting?.roomId ?? null),
    meetingId: meeting?.meetingId ?? null,
  });
}

export interface SessionStart {
  tenantId: string;
  courseId: string;
  cameraIds: readonly string[];
  startsAt: Date;
  endsAt: Date | null;
  openedBy: string | null;
  how: SessionRow['openedHow'];
  roomId: string | null;
  meetingId: string | null;
  /** Go on without cameras that are switched off or taken, and say so in the ledger. */
  skipBusy?: boolean;
  /** Cameras that it goes without from the beginning, for the ledger. */
  leftOut?: readonly string[];
}

/** Opens a session for whoever asked: a person, the schedule or a camera that sees a class. */
export async function startSession(
  context: AppContext,
  live: Live,
  input: SessionStart,
): Promise<ClassSession> {
  if (input.cameraIds.length > 0) {
    await context.supervisor.ready(WORKER_TIMEOUT_MS).catch((cause) => {
      throw new ApiError('pipeline-unavailable', { cause });
    });
  }
  const { tenantId, startsAt, endsAt } = input;
  const now = new Date(context.clock.now());
  const id = newId();
  await context.db.tenant(tenantId, async (tx) => {
    const tenant = await currentTenant(tx, tenantId);
    // The lock makes two openings of one course take turns.
    const [course] = await tx.select().from(courses).where(eq(courses.id, input.courseId)).for('update');
    if (!course) throw new ApiError('course-not-found');
    if (course.archivedAt) throw new ApiError('course-archived');
    await assertNoneOpen(tx, course.id);
    const { cameraIds, busy } = await takeCameras(tx, input.cameraIds, input.skipBusy ?? false);
    const leftOut = [...(input.leftOut ?? []), ...busy];
    if (input.meetingId) await assertFirstOfMeeting(tx, input.meetingId, startsAt);
    await tx.insert(classSessions).values({
      id,
      tenantId,
      courseId: course.id,
      status: 'open',
      startsAt,
      endsAt,
      openedAt: now,
      openedBy: input.openedBy,
      openedHow: input.how,
      roomId: input.roomId ?? (await roomOf(tx, cameraIds)),
      meetingId: input.meetingId,
      policy: {
        id: tenant.policy,
        emotion: tenant.emotionMode,
        minClassSize: policy(tenant.policy).emotion.minClassSize,
      },
      rules: {
        lateAfterMinutes: course.lateAfterMinutes,
        minPresenceShare: course.minPresenceShare,
        graceMinutes: course.graceMinutes,
      },
    });
    if (cameraIds.length > 0) {
      await tx
        .insert(streams)
        .values(cameraIds.map((cameraId) => ({ id: newId(), tenantId, sessionId: id, cameraId })));
    }
    const roster = await loadRoster(tx, course.id);
    if (roster.length > 0) {
      await tx.insert(attendanceRecords).values(
        roster.map(({ studentId }) => ({
          id: newId(),
          tenantId,
          sessionId: id,
          studentId,
          status: 'pending' as const,
        })),
      );
    }
    await tx.insert(attendanceEvents).values({
      id: newId(),
      tenantId,
      sessionId: id,
      type: 'session-opened',
      at: now,
      actorId: input.openedBy,
      data: {
        cameras: cameraIds.length,
        students: roster.length,
        how: input.how,
        ...(leftOut.length > 0 ? { camerasLeftOut: leftOut } : {}),
      },
    });
    const studentIds = roster.map((member) => member.studentId);
    const session = { id, courseId: course.id, startsAt };
    await appendEvents(tx, tenantId, await excuseDrafts(tx, session, studentIds, now));
    await context.cluster.leases.grant(tx, tenantId, id);
    await publish(tx, tenantId, 'session.opened', { sessionId: id, courseId: course.id });
  });
  const session = await live.take(tenantId, id);
  return session ? session.view() : storedView(context, tenantId, id);
}

/** Where all the cameras are, if they are in one room. */
async function roomOf(tx: Tx, cameraIds: readonly string[]): Promise<string | null> {
  if (cameraIds.length === 0) return null;
  const rows = await tx
    .selectDistinct({ roomId: cameras.roomId })
    .from(cameras)
    .where(inArray(cameras.id, [...cameraIds]));
  return rows.length === 1 ? rows[0]!.roomId : null;
}

async function assertNoneOpen(tx: Tx, courseId: string): Promise<void> {
  const [open] = await tx
    .select({ id: classSessions.id })
    .from(classSessions)
    .where(and(eq(classSessions.courseId, courseId), eq(classSessions.status, 'open')));
  if (open) throw new ApiError('session-already-open', { details: { sessionId: open.id } });
}

/** Throws `camera-not-found`, `camera-disabled`, `camera-in-use`, or leaves such cameras out. */
async function takeCameras(
  tx: Tx,
  wanted: readonly string[],
  skipBusy: boolean,
): Promise<{ cameraIds: string[]; busy: string[] }> {
  if (wanted.length === 0) return { cameraIds: [], busy: [] };
  const rows = await tx
    .select()
    .from(cameras)
    .where(and(inArray(cameras.id, [...wanted]), eq(cameras.kind, 'network')))
    .orderBy(asc(cameras.id))
    .for('update');
  const taken = new Set(await camerasInUse(tx, wanted));
  const cameraIds: string[] = [];
  const busy: string[] = [];
  for (const cameraId of wanted) {
    const camera = rows.find((row) => row.id === cameraId);
    const problem = !camera
      ? 'camera-not-found'
      : !camera.enabled
        ? 'camera-disabled'
        : taken.has(cameraId)
          ? 'camera-in-use'
          : null;
    if (problem && !skipBusy) throw new ApiError(problem, { details: { cameraId } });
    if (problem) busy.push(cameraId);
    else cameraIds.push(cameraId);
  }
  return { cameraIds, busy };
}

/** One meeting and start is one session, whoever opens it; throws `session-already-open`. */
async function assertFirstOfMeeting(tx: Tx, meetingId: string, startsAt: Date): Promise<void> {
  const [held] = await tx
    .select({ id: classSessions.id })
    .from(classSessions)
    .where(and(eq(classSessions.meetingId, meetingId), eq(classSessions.startsAt, startsAt)));
  if (held) throw new ApiError('session-already-open', { details: { sessionId: held.id } });
}

/**
 * Closes a session: whatever is held is written first, the rest of the roster becomes absent in the same transaction,
 * open questions lapse. Closing a closed session answers with it and changes nothing.
 */
export async function closeSession(
  context: AppContext,
  live: Live,
  by: { tenantId: string; userId: string | null },
  sessionId: string,
): Promise<ClassSession> {
  const { tenantId } = by;
  const held = live.find(sessionId);
  const session = held?.tenantId === tenantId ? held : null;
  const elsewhere = !session && (await closedElsewhere(context, by, sessionId));
  if (elsewhere) return storedView(context, tenantId, sessionId);
  if (session) live.ignore(session);
  try {
    await live.journal.drained(DRAIN_TIMEOUT_MS).catch((cause) => {
      throw new ApiError('database-unavailable', { cause });
    });
    if (session) await live.flush();
    const closedAt = new Date(context.clock.now());
    const outcome = await context.db.tenant(tenantId, async (tx) => {
      const written = await writeClosing(tx, { tenantId, sessionId, closedAt, userId: by.userId, session });
      await context.cluster.leases.end(tx, sessionId);
      return written;
    });
    if (outcome && !session) context.cluster.peers.tell('session', { tenantId, sessionId });
    if (outcome && session) announceClosing(session, outcome, closedAt);
  } catch (error) {
    if (session) live.listen(session);
    throw error;
  }
  if (session) live.drop(session);
  return storedView(context, tenantId, sessionId);
}

async function storedView(context: AppContext, tenantId: string, id: string): Promise<ClassSession> {
  const found = await context.db.tenant(tenantId, (tx) => findSession(tx, id));
  if (!found) throw new ApiError('session-not-found');
  return found.view;
}

/** The session as it stands; throws `session-not-found` also for another institution's or another teacher's. */
export async function sessionOf(
  context: AppContext,
  live: Live,
  caller: Caller,
  id: string,
): Promise<{ view: ClassSession; live: LiveSession | null }> {
  const stored = await context.db.tenant(caller.tenantId, async (tx) => {
    await reachSession(tx, caller, id);
    return live.find(id) ? null : findSession(tx, id);
  });
  const held = live.find(id);
  if (held?.tenantId === caller.tenantId) return { view: held.view(), live: held };
  // It may have been closed between the two.
  const found = stored ?? (await context.db.tenant(caller.tenantId, (tx) => findSession(tx, id)));
  if (!found) throw new ApiError('session-not-found');
  return { view: found.view, live: null };
}

export async function snapshotOf(
  context: AppContext,
  live: Live,
  caller: Caller,
  id: string,
): Promise<Snapshot> {
  await context.db.tenant(caller.tenantId, (tx) => reachSession(tx, caller, id));
  const held = live.find(id);
  if (held?.tenantId === caller.tenantId) return held.snapshot();
  const stored = await context.db.tenant(caller.tenantId, (tx) =>
    storedSnapshot(tx, id, context.clock.now()),
  );
  if (!stored) throw new ApiError('session-not-found');
  return stored;
}
