import { sql } from 'drizzle-orm';
import type { EngagementBucket } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import type { Tx } from '../../db/tenancy.ts';
import { type SeenRow, writeSeen } from '../attendance/ledger.ts';
import { isPermanent } from '../attendance/permanent.ts';
import { createEngagementHold } from '../engagement/hold.ts';
import { writeBuckets, writeEmotions } from '../engagement/store.ts';
import type { LiveSession } from './live-session.ts';

/**
 * What of open sessions is kept every 10 s rather than at once, because it is no decision: seen times, how long
 * cameras gave pictures, engagement, the state of streams and the highest track ids. What cannot be written is held,
 * bounded, for the next time.
 */
export interface Flusher {
  keep(session: LiveSession, bucket: EngagementBucket): void;
  /** `all`: also buckets that other cameras may still add to. Calls that overlap share one write. */
  flush(all?: boolean): Promise<void>;
}

export function createFlusher(
  context: AppContext,
  options: { sessions(): Iterable<LiveSession>; onResult(written: boolean): void },
): Flusher {
  const { db, log, clock, supervisor } = context;
  const engagement = createEngagementHold();
  /** Seen times only ever grow, so the newest row of a student is enough. */
  const seen = new Map<string, { tenantId: string; row: SeenRow }>();
  let flushing: Promise<void> | null = null;

  async function write(all: boolean): Promise<void> {
    const sessions = [...options.sessions()];
    for (const session of sessions) {
      for (const row of session.takeSeen()) {
        seen.set(`${row.sessionId} ${row.studentId}`, { tenantId: session.tenantId, row });
      }
    }
    const tenantIds = new Set([
      ...sessions.map((session) => session.tenantId),
      ...[...seen.values()].map((entry) => entry.tenantId),
      ...engagement.tenants(),
    ]);
    for (const tenantId of tenantIds) {
      await writeTenant(
        tenantId,
        sessions.filter((session) => session.tenantId === tenantId),
        all ? Number.POSITIVE_INFINITY : clock.now(),
      );
    }
  }

  async function writeTenant(tenantId: string, sessions: LiveSession[], settledBy: number): Promise<void> {
    const rows = [...seen].filter(([, entry]) => entry.tenantId === tenantId);
    const batch = engagement.take(tenantId, settledBy);
    try {
      await db.tenant(tenantId, async (tx) => {
        // The session before its records, as closing does.
        await writeWatched(tx, sessions);
        await writeSeen(
          tx,
          rows.map(([, entry]) => entry.row),
        );
        await writeBuckets(tx, tenantId, batch.buckets);
        await writeEmotions(tx, tenantId, batch.emotions);
        await writeStreams(tx, sessions);
      });
      forget(rows);
      options.onResult(true);
    } catch (error) {
      if (isPermanent(error)) {
        forget(rows);
        log.error({ err: error }, 'seen times and engagement were refused; they are left out');
        return;
      }
      log.warn({ err: error }, 'seen times and engagement could not be written; trying again');
      engagement.giveBack(tenantId, batch);
      options.onResult(false);
    }
  }

  /** A newer row may have come while this one was being written. */
  function forget(rows: readonly [string, { tenantId: string; row: SeenRow }][]): void {
    for (const [key, entry] of rows) if (seen.get(key) === entry) seen.delete(key);
  }

  /** All streams in one statement. */
  async function writeStreams(tx: Tx, sessions: readonly LiveSession[]): Promise<void> {
    const rows = sessions.flatMap((session) =>
      session.streams().map(({ streamId, state, reason }) => ({
        streamId,
        state,
        reason,
        lastTrackId: supervisor.lastTrackId(streamId),
      })),
    );
    if (rows.length === 0) return;
    await tx.execute(sql`
      update streams s set
        state = v.state, reason = v.reason, last_track_id = greatest(s.last_track_id, v."lastTrackId")
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as v(
        "streamId" uuid, state text, reason text, "lastTrackId" integer)
      where s.id = v."streamId"`);
  }

  async function writeWatched(tx: Tx, sessions: readonly LiveSession[]): Promise<void> {
    const rows = sessions.flatMap((session) => {
      const watchedSeconds = session.watchedSeconds();
      return watchedSeconds === null ? [] : [{ id: session.id, watchedSeconds }];
    });
    if (rows.length === 0) return;
    await tx.execute(sql`
      update class_sessions s set watched_seconds = greatest(s.watched_seconds, v."watchedSeconds")
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as v(id uuid, "watchedSeconds" real)
      where s.id = v.id and s.status = 'open' and s.watched_seconds < v."watchedSeconds"`);
  }

  return {
    keep: (session, bucket) => engagement.add(session, bucket),
    flush(all = false) {
      flushing ??= write(all).finally(() => {
        flushing = null;
      });
      return flushing;
    },
  };
}
