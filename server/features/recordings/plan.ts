import { randomBytes } from 'node:crypto';
import { and, eq, inArray } from 'drizzle-orm';
import type { SourceSpec } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { cameras, classSessions, recordings, streams } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { publishAll } from '../../jobs/outbox.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { finishRecordings, told } from './finish.ts';

/** Authenticated with the sealed key of a recording. */
export const keyPurpose = (recordingId: string): string => `recording:${recordingId}`;

export interface PlannedRecording {
  id: string;
  streamId: string;
  source: SourceSpec;
  key: Buffer;
  firstSeq: number;
}

/** The rows that the session is to have; those that are no longer wanted are finished. */
export async function planRecordings(
  context: AppContext,
  tx: Tx,
  session: LiveSession,
): Promise<{ since: Date | null; wanted: Set<string>; starting: PlannedRecording[] }> {
  const { tenantId } = session;
  const [row] = await tx
    .select({ since: classSessions.recordingSince })
    .from(classSessions)
    .where(eq(classSessions.id, session.id));
  const on = row !== undefined && row.since !== null;
  const taking = on ? await recordable(tx, session) : [];
  const running = await tx
    .select()
    .from(recordings)
    .where(and(eq(recordings.sessionId, session.id), eq(recordings.status, 'recording')));
  const streamIds = new Set(taking.map(({ streamId }) => streamId));
  const over = running.filter(({ streamId }) => !streamIds.has(streamId)).map(({ id }) => id);
  if (over.length > 0) await finishRecordings(tx, tenantId, inArray(recordings.id, over));
  const crypto = await tenantCrypto(context, tx, tenantId);
  const starting: PlannedRecording[] = [];
  const fresh: (typeof recordings.$inferInsert)[] = [];
  for (const { streamId, name, source } of taking) {
    const known = running.find((one) => one.streamId === streamId);
    const id = known?.id ?? newId();
    const key = known ? crypto.open(keyPurpose(id), known.key) : randomBytes(16);
    if (!known) {
      const startedAt = new Date(context.clock.now());
      fresh.push({
        ...{ id, tenantId, sessionId: session.id, streamId, name, status: 'recording', startedAt },
        key: crypto.seal(keyPurpose(id), key),
      });
    }
    starting.push({ id, streamId, source, key, firstSeq: known?.segments ?? 0 });
  }
  if (fresh.length > 0) {
    const begun = await tx.insert(recordings).values(fresh).returning(told);
    const started = begun.map((payload) => ({ type: 'recording.started' as const, payload }));
    await publishAll(tx, tenantId, started);
  }
  return { since: row?.since ?? null, wanted: new Set(starting.map(({ id }) => id)), starting };
}

/** A student's own camera shows a home: it is never recorded. */
async function recordable(
  tx: Tx,
  session: LiveSession,
): Promise<{ streamId: string; name: string; source: SourceSpec }[]> {
  const rows = await tx
    .select({ streamId: streams.id, name: cameras.name, studentId: cameras.studentId })
    .from(streams)
    .innerJoin(cameras, eq(cameras.id, streams.cameraId))
    .where(eq(streams.sessionId, session.id));
  const sources = new Map(session.specs().map(({ streamId, source }) => [streamId, source]));
  return rows.flatMap(({ streamId, name, studentId }) => {
    const source = sources.get(streamId);
    return studentId === null && source ? [{ streamId, name, source }] : [];
  });
}
