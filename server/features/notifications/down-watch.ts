import { sql } from 'drizzle-orm';
import type { StreamStatus } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { publish } from '../../jobs/outbox.ts';

/**
 * Announces cameras that give no picture in an open session for longer than a minute, and their return. What was
 * announced stands in the database: a restart, or another server, does not announce it again.
 */
export interface DownWatch {
  status(
    tenantId: string,
    sessionId: string,
    status: Pick<StreamStatus, 'streamId' | 'state' | 'reason'>,
  ): void;
  /** Once a second. */
  tick(nowMs: number): void;
  /** The session is over: its camera is nobody's concern. */
  forget(streamId: string): void;
}

export const DOWN_AFTER_MS = 60_000;

interface Watched {
  tenantId: string;
  sessionId: string;
  reason: string;
  /** Since when there has been no picture; null: there is one. */
  downSinceMs: number | null;
  /** What the database is known to say; null: not asked yet. */
  announced: boolean | null;
  writing: boolean;
}

export function createDownWatch(context: Pick<AppContext, 'db' | 'log' | 'clock'>): DownWatch {
  const { db, log, clock } = context;
  const streams = new Map<string, Watched>();

  async function announce(streamId: string, watched: Watched, down: boolean): Promise<void> {
    if (watched.writing) return;
    watched.writing = true;
    const { tenantId, sessionId, reason } = watched;
    try {
      await db.tenant(tenantId, async (tx) => {
        const since = new Date(clock.now()).toISOString();
        const [row] = await tx.execute<{ cameraId: string }>(
          down
            ? sql`update streams set down_since = ${since}::timestamptz
                where id = ${streamId} and down_since is null and ended_at is null returning camera_id as "cameraId"`
            : sql`update streams set down_since = null
                where id = ${streamId} and down_since is not null returning camera_id as "cameraId"`,
        );
        if (!row) return;
        const { cameraId } = row;
        if (down) await publish(tx, tenantId, 'camera.down', { cameraId, sessionId, reason });
        else await publish(tx, tenantId, 'camera.up', { cameraId, sessionId });
      });
      watched.announced = down;
    } catch (error) {
      // The next tick tries again.
      log.warn({ err: error, streamId }, 'the state of a camera could not be announced yet');
    } finally {
      watched.writing = false;
    }
  }

  return {
    status(tenantId, sessionId, { streamId, state, reason }) {
      if (state === 'ended') {
        streams.delete(streamId);
        return;
      }
      const watched = streams.get(streamId) ?? {
        tenantId,
        sessionId,
        reason,
        downSinceMs: null,
        announced: null,
        writing: false,
      };
      streams.set(streamId, watched);
      watched.reason = reason;
      if (state === 'live') watched.downSinceMs = null;
      else watched.downSinceMs ??= clock.now();
    },
    tick(nowMs) {
      for (const [streamId, watched] of streams) {
        if (watched.downSinceMs === null) {
          if (watched.announced !== false) void announce(streamId, watched, false);
        } else if (nowMs - watched.downSinceMs >= DOWN_AFTER_MS && watched.announced !== true) {
          void announce(streamId, watched, true);
        }
      }
    },
    forget: (streamId) => void streams.delete(streamId),
  };
}
