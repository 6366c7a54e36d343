import { and, asc, eq } from 'drizzle-orm';
import { DateTime } from 'luxon';
import type { AppContext } from '../../context.ts';
import { violatedUnique } from '../../db/problems.ts';
import { cameras, tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { type CameraWatch, createCameraWatch } from './camera-watch.ts';
import type { Live } from './live.ts';
import { type Planned, plan } from './schedule.ts';
import { startSession } from './service.ts';

/**
 * Opens what the timetable says: courses that open by schedule at their start, or late where no server ran then; for
 * courses that open by camera it watches the room from a little before the start. A meeting has one session however
 * many servers there are and whatever the clock does; the end of each is in the session itself.
 */
export interface Scheduler {
  start(): void;
  /** Looks for what is due now; the server does so every half a minute. Resolves when it has been opened. */
  tick(): Promise<void>;
  watching(): number;
  close(): Promise<void>;
}

const TICK_MS = 30_000;
/** While no video worker has started yet, a class waits for its cameras for so long; then it begins without them. */
const WITHOUT_CAMERAS_MS = 5 * 60_000;
/** A camera opens a class at most this long before its start. */
const LOOK_EARLY_MS = 10 * 60_000;

export function createScheduler(context: AppContext, live: Live): Scheduler {
  const { db, log, clock } = context;
  const watch: CameraWatch = createCameraWatch(context, (tenantId, planned) =>
    open(tenantId, planned, 'camera'),
  );
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let closing = false;

  async function look(): Promise<void> {
    const rows = await db.system((tx) =>
      tx.select({ id: tenants.id, zone: tenants.timezone }).from(tenants).where(eq(tenants.active, true)),
    );
    const awaited = new Set<string>();
    for (const { id: tenantId, zone } of rows) {
      if (closing) return;
      try {
        const due = await db.tenant(tenantId, (tx) => dueNow(tx, zone, clock.now()));
        for (const planned of due) {
          if (planned.meeting.course.opens === 'schedule') await openDue(tenantId, planned);
          else awaited.add(await watch.expect(tenantId, planned));
        }
      } catch (error) {
        log.error(
          { err: error, tenantId },
          'the timetable of an institution could not be followed; trying again',
        );
      }
    }
    await watch.retain(awaited);
  }

  /** One that cannot be opened does not hold up the others. */
  async function openDue(tenantId: string, planned: Planned): Promise<void> {
    try {
      await open(tenantId, planned, 'schedule');
    } catch (error) {
      const { id } = planned.meeting;
      log.error({ err: error, tenantId, meetingId: id }, 'a meeting could not be opened; trying again');
    }
  }

  /** The course's row is locked meanwhile: of several servers one opens, the others see its session. */
  async function open(tenantId: string, planned: Planned, how: 'schedule' | 'camera'): Promise<void> {
    const { meeting, startsAt, endsAt } = planned;
    if (closing || endsAt.getTime() <= clock.now()) return;
    const roomId = meeting.room?.id ?? null;
    const cameraIds = await db.tenant(tenantId, (tx) => camerasOf(tx, roomId));
    // Codes, photos and marks by hand need no video worker.
    const blind = cameraIds.length > 0 && context.supervisor.info() === null;
    if (blind && clock.now() < startsAt.getTime() + WITHOUT_CAMERAS_MS) return;
    try {
      const session = await startSession(context, live, {
        tenantId,
        courseId: meeting.course.id,
        cameraIds: blind ? [] : cameraIds,
        leftOut: blind ? cameraIds : [],
        startsAt,
        endsAt,
        openedBy: null,
        how,
        roomId,
        meetingId: meeting.id,
        skipBusy: true,
      });
      const left = cameraIds.filter((id) => !session.cameras.some((camera) => camera.cameraId === id));
      if (left.length > 0)
        log.warn(
          { sessionId: session.id, cameras: left },
          'a session opened without cameras that are in use, or that no video worker can look through',
        );
      log.info({ sessionId: session.id, how }, 'a session opened by itself');
    } catch (error) {
      // Somebody was faster: by hand, or another server.
      const there = error instanceof ApiError && error.code === 'session-already-open';
      if (there || violatedUnique(error) === 'class_sessions_meeting_key') return;
      throw error;
    }
  }

  const onReady = (): void => void scheduler.tick();
  const scheduler: Scheduler = {
    start() {
      timer = setInterval(() => void this.tick(), TICK_MS);
      context.supervisor.events.on('ready', onReady);
      void this.tick();
    },
    tick() {
      running ??= look()
        .catch((error) => log.error({ err: error }, 'timetables could not be followed; trying again'))
        .finally(() => {
          running = null;
        });
      return running;
    },
    watching: () => watch.size(),
    async close() {
      closing = true;
      if (timer) clearInterval(timer);
      context.supervisor.events.off('ready', onReady);
      await running;
      await watch.close();
    },
  };
  return scheduler;
}

/** Meetings that run now, or that a camera may open already, and that have no session yet. */
async function dueNow(tx: Tx, zone: string, now: number): Promise<Planned[]> {
  const day = (at: number) => DateTime.fromMillis(at, { zone }).toISODate()!;
  const planned = await plan(tx, zone, { from: day(now), to: day(now + LOOK_EARLY_MS), automatic: true });
  return planned.filter(({ meeting, startsAt, endsAt, session, holiday }) => {
    const early = meeting.course.opens === 'camera' ? LOOK_EARLY_MS : 0;
    return !session && !holiday && startsAt.getTime() - early <= now && now < endsAt.getTime();
  });
}

async function camerasOf(tx: Tx, roomId: string | null): Promise<string[]> {
  if (!roomId) return [];
  const rows = await tx
    .select({ id: cameras.id })
    .from(cameras)
    .where(and(eq(cameras.roomId, roomId), eq(cameras.enabled, true)))
    .orderBy(asc(cameras.id))
    .limit(16);
  return rows.map((row) => row.id);
}
