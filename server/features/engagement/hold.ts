import type { EngagementBucket } from '../../../pipeline/messages.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import { type EmotionRow, emotionRows, type HeldBucket } from './store.ts';

/** Finished buckets on their way to the disk, and the emotions of the class, which need all cameras of a bucket. */
export interface EngagementHold {
  add(session: LiveSession, bucket: EngagementBucket): void;
  tenants(): string[];
  take(tenantId: string, nowMs: number): EngagementBatch;
  /** What could not be written is held for the next time. */
  giveBack(tenantId: string, batch: EngagementBatch): void;
}

export interface EngagementBatch {
  buckets: HeldBucket[];
  emotions: EmotionRow[];
}

/** About an hour of one camera: beyond it the oldest goes, because samples are no decisions. */
const MAX_BUCKETS = 2000;
/** Buckets of all cameras of a session have arrived by then. */
const SETTLED_MS = 5000;

export function createEngagementHold(): EngagementHold {
  const held = new Map<string, EngagementBatch>();
  const open = new Map<string, { session: LiveSession; buckets: EngagementBucket[] }>();

  const batchOf = (tenantId: string): EngagementBatch => {
    const batch = held.get(tenantId) ?? { buckets: [], emotions: [] };
    held.set(tenantId, batch);
    return batch;
  };

  function settle(nowMs: number): void {
    for (const [key, { session, buckets }] of open) {
      const [first] = buckets;
      if (first && first.startMs + first.lengthMs + SETTLED_MS > nowMs) continue;
      open.delete(key);
      const { emotion: mode, minClassSize } = session.row.policy;
      const mayRead = (studentId: string): boolean => session.person(studentId)?.consents.emotion ?? false;
      const rows = emotionRows(session.id, buckets, { mode, minClassSize, mayRead });
      batchOf(session.tenantId).emotions.push(...rows);
    }
  }

  return {
    add(session, bucket) {
      const students = bucket.students.filter((counts) => session.person(counts.studentId));
      const batch = batchOf(session.tenantId);
      batch.buckets.push({ sessionId: session.id, bucket: { ...bucket, students } });
      if (batch.buckets.length > MAX_BUCKETS) batch.buckets.shift();
      if (session.row.policy.emotion === 'off') return;
      const key = `${session.id} ${bucket.startMs}`;
      const entry = open.get(key) ?? { session, buckets: [] };
      entry.buckets.push({ ...bucket, students });
      open.set(key, entry);
    },
    tenants: () => [
      ...new Set([...held.keys(), ...[...open.values()].map(({ session }) => session.tenantId)]),
    ],
    take(tenantId, nowMs) {
      settle(nowMs);
      const batch = batchOf(tenantId);
      held.delete(tenantId);
      return batch;
    },
    giveBack(tenantId, batch) {
      const newer = batchOf(tenantId);
      held.set(tenantId, {
        buckets: [...batch.buckets, ...newer.buckets].slice(-MAX_BUCKETS),
        emotions: [...batch.emotions, ...newer.emotions].slice(-MAX_BUCKETS),
      });
    },
  };
}
