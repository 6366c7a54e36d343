import { and, eq, sql } from 'drizzle-orm';
import type { Observation, StreamSpec } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { cameras } from '../../db/schema/index.ts';
import { sourceOf } from '../cameras/source.ts';
import { currentTenant, tenantCrypto } from '../tenants/service.ts';
import { tenantSettings } from '../tenants/settings.ts';
import { type ClassSense, createClassSense, lapseOf } from './class-sense.ts';
import { camerasInUse } from './load.ts';
import type { Planned } from './schedule.ts';

/**
 * Looks at the cameras of a room until they see a class, for the courses that open so. Faces are counted, nobody is
 * recognised and nothing is kept. The streams end when the class has begun or its time is over.
 */
export interface CameraWatch {
  /** The key of the watch; begins it unless it runs, too many do, or another server has it. */
  expect(tenantId: string, planned: Planned): Promise<string>;
  /** Ends those that nobody waits for any more. */
  retain(keys: ReadonlySet<string>): Promise<void>;
  size(): number;
  close(): Promise<void>;
}

/** Streams of one server that only wait for a class. */
const MOST_STREAMS = 8;
/** Another server takes a watch over that has not been heard of for so long. */
const LEASE_S = 120;
const WIDTH = 960;

/** Heads are counted, which does not need many frames. */
const slowly = (sampling: StreamSpec['sampling']): StreamSpec['sampling'] =>
  sampling.mode === 'fps' ? { mode: 'fps', fps: Math.min(1, sampling.fps) } : sampling;

interface Watch {
  tenantId: string;
  planned: Planned;
  /** By stream. */
  senses: Map<string, ClassSense>;
}

export function createCameraWatch(
  context: AppContext,
  open: (tenantId: string, planned: Planned) => Promise<void>,
): CameraWatch {
  const { db, log, supervisor } = context;
  const server = newId();
  const watches = new Map<string, Watch>();
  const byStream = new Map<string, string>();

  const observe = (observation: Observation): void => {
    const key = byStream.get(observation.streamId);
    const watch = key === undefined ? undefined : watches.get(key);
    if (!watch || key === undefined) return;
    const sense = watch.senses.get(observation.streamId);
    if (!sense?.saw(observation.faces.length, observation.atMs)) return;
    // The camera is let go of first: the session starts its own stream of it.
    end(key);
    open(watch.tenantId, watch.planned).catch((error) =>
      log.error(
        { err: error, meetingId: watch.planned.meeting.id },
        'a class was seen but could not be opened',
      ),
    );
  };
  supervisor.events.on('observation', observe);

  function end(key: string): void {
    const watch = watches.get(key);
    if (!watch) return;
    watches.delete(key);
    for (const streamId of watch.senses.keys()) {
      byStream.delete(streamId);
      supervisor.stopStream(streamId);
    }
    release(watch.tenantId, key).catch((error) =>
      log.warn({ err: error }, 'a watch could not be marked as over; its lease runs out by itself'),
    );
  }

  async function release(tenantId: string, key: string): Promise<void> {
    await db.tenant(tenantId, (tx) =>
      tx.execute(sql`
        update job_runs set status = 'done', finished_at = now()
        where name = 'camera-watch' and period = ${key} and result->>'server' = ${server}`),
    );
  }

  /** True: this server watches for it. A lease, so that another takes over from one that died. */
  async function lease(tenantId: string, key: string): Promise<boolean> {
    return db.tenant(tenantId, async (tx) => {
      const rows = await tx.execute(sql`
        insert into job_runs (id, tenant_id, name, period, status, result, started_at)
        values (${newId()}, ${tenantId}, 'camera-watch', ${key}, 'running',
          ${JSON.stringify({ server })}::text::jsonb, now())
        on conflict (tenant_id, name, period) do update set
          started_at = now(), result = excluded.result, status = 'running', finished_at = null
        where job_runs.result->>'server' = ${server}
          or job_runs.started_at < now() - make_interval(secs => ${LEASE_S})
        returning id`);
      return rows.length > 0;
    });
  }

  async function sources(tenantId: string, roomId: string) {
    return db.tenant(tenantId, async (tx) => {
      const rows = await tx
        .select()
        .from(cameras)
        .where(and(eq(cameras.roomId, roomId), eq(cameras.enabled, true)))
        .limit(MOST_STREAMS);
      const taken = new Set(
        await camerasInUse(
          tx,
          rows.map((row) => row.id),
        ),
      );
      const crypto = await tenantCrypto(context, tx, tenantId);
      const { attendance } = tenantSettings(await currentTenant(tx, tenantId));
      return {
        rule: { faces: attendance.cameraFaces, seconds: attendance.cameraSeconds },
        cameras: rows
          .filter((row) => !taken.has(row.id))
          .map((row) => ({ sampling: slowly(row.sampling), source: sourceOf(row, crypto) })),
      };
    });
  }

  return {
    async expect(tenantId, planned) {
      const { meeting } = planned;
      const key = `${meeting.id} ${planned.startsAt.toISOString()}`;
      const roomId = meeting.room?.id;
      if (!roomId || !(await lease(tenantId, key)) || watches.has(key)) return key;
      const room = await sources(tenantId, roomId);
      if (room.cameras.length === 0 || byStream.size + room.cameras.length > MOST_STREAMS) {
        log.warn(
          { meetingId: meeting.id, cameras: room.cameras.length, streams: byStream.size },
          'nothing watches for a class: no camera of the room is free, or too many are watched',
        );
        return key;
      }
      const streams = new Map(room.cameras.map((camera) => [newId(), camera]));
      watches.set(key, {
        tenantId,
        planned,
        senses: new Map(
          [...streams].map(([streamId, { sampling }]) => [
            streamId,
            createClassSense({ ...room.rule, lapseMs: lapseOf(sampling) }),
          ]),
        ),
      });
      for (const [streamId, { source, sampling }] of streams) {
        byStream.set(streamId, key);
        supervisor.startStream({
          streamId,
          source,
          sampling,
          maxWidth: context.config.pipeline.maxWidth,
          detectWidth: WIDTH,
          purposes: { identify: false, attention: false, emotion: 'off', liveness: false },
          gallery: [],
          firstTrackId: 1,
        });
      }
      return key;
    },
    async retain(keys) {
      for (const key of [...watches.keys()]) if (!keys.has(key)) end(key);
    },
    size: () => watches.size,
    async close() {
      supervisor.events.off('observation', observe);
      for (const key of [...watches.keys()]) end(key);
    },
  };
}
