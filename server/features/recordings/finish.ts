import { and, eq, type SQL } from 'drizzle-orm';
import { recordings } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { type OutboxEvents, publishAll } from '../../jobs/outbox.ts';

/** What is told of a recording: which it is, and where it is of. */
export const told = {
  recordingId: recordings.id,
  sessionId: recordings.sessionId,
  streamId: recordings.streamId,
};

/** Ends recordings that run, and announces it: no more is begun; what is under way may still be noted. */
export async function finishRecordings(tx: Tx, tenantId: string, where: SQL): Promise<void> {
  const over = await tx
    .update(recordings)
    .set({ status: 'finished' })
    .where(and(eq(recordings.status, 'recording'), where))
    .returning(told);
  await announceEnds(tx, tenantId, over);
}

type Told = OutboxEvents['recording.ended'];

export async function announceEnds(tx: Tx, tenantId: string, over: readonly Told[]): Promise<void> {
  const ended = over.map(({ recordingId, sessionId, streamId }) => ({
    type: 'recording.ended' as const,
    payload: { recordingId, sessionId, streamId },
  }));
  await publishAll(tx, tenantId, ended);
}
