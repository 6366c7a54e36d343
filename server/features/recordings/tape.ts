import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { RecordedSegment } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import type { Tx } from '../../db/tenancy.ts';
import { existing, removeFolder } from './files.ts';

/** A day of segments: beyond it the oldest that could not be noted are given up. */
const MOST_WAITING = 21_600;
const RETRY_MS = 2000;

/** Notes the segments of one recording in the database, in order, also when that was away for a while. */
export interface Tape {
  add(segment: RecordedSegment): void;
  /** Resolves when everything is noted, or given up because the recording is gone. */
  drained(): Promise<void>;
  close(): void;
}

export function createTape(
  context: AppContext,
  of: { tenantId: string; recordingId: string },
  onGone: () => void,
): Tape {
  const { tenantId, recordingId } = of;
  const waiting: RecordedSegment[] = [];
  const closing = new AbortController();
  let work: Promise<void> | null = null;

  async function pump(): Promise<void> {
    while (waiting.length > 0 && !closing.signal.aborted) {
      const segment = waiting[0]!;
      try {
        const noted = await context.db.tenant(tenantId, (tx) => note(tx, tenantId, segment));
        waiting.shift();
        if (!noted && (await isGone())) {
          waiting.length = 0;
          await removeFolder(context, tenantId, recordingId);
          onGone();
        }
      } catch (error) {
        context.log.warn({ err: error, recordingId }, 'a segment could not be noted; trying again');
        await sleep(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  const isGone = async (): Promise<boolean> =>
    !(await context.db.tenant(tenantId, (tx) => existing(tx, [recordingId]))).has(recordingId);

  return {
    add(segment) {
      waiting.push(segment);
      if (waiting.length > MOST_WAITING) waiting.splice(1, 1);
      work ??= pump().finally(() => {
        work = null;
      });
    },
    async drained() {
      await work;
    },
    close: () => closing.abort(),
  };
}

/** False: the recording is gone, or the segment is known. */
async function note(tx: Tx, tenantId: string, segment: RecordedSegment): Promise<boolean> {
  const { recordingId, seq, startAtMs, durationMs, bytes, gap } = segment;
  const startAt = new Date(startAtMs).toISOString();
  const endAt = new Date(startAtMs + durationMs).toISOString();
  const noted = await tx.execute(sql`
    with tape as (
      update recordings set segments = ${seq + 1}, duration_ms = duration_ms + ${durationMs},
        bytes = bytes + ${bytes}, ended_at = ${endAt}::timestamptz
      where id = ${recordingId} and segments <= ${seq}
      returning id)
    insert into recording_segments (tenant_id, recording_id, seq, start_at, duration_ms, bytes, gap)
    select ${tenantId}::uuid, id, ${seq}, ${startAt}::timestamptz, ${durationMs}, ${bytes}, ${gap} from tape`);
  return noted.count > 0;
}
