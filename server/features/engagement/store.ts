import { eq, sql } from 'drizzle-orm';
import type { EngagementBucket, EngagementCounts } from '../../../pipeline/messages.ts';
import { newId } from '../../db/ids.ts';
import { emotionHistory, engagementSamples } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { classMeasure, mergeCounts } from './measures.ts';

/** Buckets of one session that wait for the next write. */
export interface HeldBucket {
  sessionId: string;
  bucket: EngagementBucket;
}

/**
 * Writes buckets in one statement. A bucket that is there already stays as it is, and rows of students who are gone
 * by now are left out, so that a retry and an erasure are both harmless.
 */
export async function writeBuckets(tx: Tx, tenantId: string, held: readonly HeldBucket[]): Promise<void> {
  const rows = held.flatMap(({ sessionId, bucket }) =>
    bucket.students.map((counts) => ({
      sessionId,
      studentId: counts.studentId,
      streamId: bucket.streamId,
      startAt: new Date(bucket.startMs),
      lengthMs: bucket.lengthMs,
      framesSampled: counts.framesSampled,
      framesSeen: counts.framesSeen,
      framesJudged: counts.framesJudged,
      framesAttentive: counts.framesAttentive,
      eyesJudged: counts.eyesJudged,
      eyesClosed: counts.eyesClosed,
    })),
  );
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into engagement_samples (tenant_id, session_id, student_id, stream_id, start_at, length_ms,
      frames_sampled, frames_seen, frames_judged, frames_attentive, eyes_judged, eyes_closed)
    select ${tenantId}::uuid, v."sessionId", v."studentId", v."streamId", v."startAt", v."lengthMs",
      v."framesSampled", v."framesSeen", v."framesJudged", v."framesAttentive", v."eyesJudged", v."eyesClosed"
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as v(
      "sessionId" uuid, "studentId" uuid, "streamId" uuid, "startAt" timestamptz, "lengthMs" integer,
      "framesSampled" integer, "framesSeen" integer, "framesJudged" integer, "framesAttentive" integer,
      "eyesJudged" integer, "eyesClosed" integer)
    join students s on s.id = v."studentId"
    on conflict do nothing`);
}

/** One emotion row: of a student, or of the class where `studentId` is null. */
export interface EmotionRow {
  sessionId: string;
  studentId: string | null;
  startMs: number;
  lengthMs: number;
  people: number;
  samples: number;
  scores: number[];
}

/**
 * What may be kept of the emotions in the buckets of one session and start time: class means of `minClassSize` people
 * and more, and single students only in the mode `individual`. Students without consent are in neither.
 */
export function emotionRows(
  sessionId: string,
  buckets: readonly EngagementBucket[],
  rules: { mode: 'off' | 'class' | 'individual'; minClassSize: number; mayRead(studentId: string): boolean },
): EmotionRow[] {
  const [first] = buckets;
  if (rules.mode === 'off' || !first) return [];
  const means = new Map<string, { sums: number[]; count: number }>();
  for (const { students } of buckets) {
    for (const { studentId, emotionSums, emotionCount } of students) {
      if (!emotionSums || !emotionCount || !rules.mayRead(studentId)) continue;
      const held = means.get(studentId) ?? { sums: emotionSums.map(() => 0), count: 0 };
      means.set(studentId, {
        sums: held.sums.map((sum, label) => sum + (emotionSums[label] ?? 0)),
        count: held.count + emotionCount,
      });
    }
  }
  const base = { sessionId, startMs: first.startMs, lengthMs: first.lengthMs };
  const students = [...means.entries()].map(([studentId, { sums, count }]) => ({
    ...base,
    studentId,
    people: 1,
    samples: count,
    scores: sums.map((sum) => sum / count),
  }));
  const rows: EmotionRow[] = rules.mode === 'individual' ? [...students] : [];
  if (students.length >= rules.minClassSize) {
    rows.push({
      ...base,
      studentId: null,
      people: students.length,
      samples: students.reduce((sum, student) => sum + student.samples, 0),
      scores: students[0]!.scores.map(
        (_, label) => students.reduce((sum, s) => sum + (s.scores[label] ?? 0), 0) / students.length,
      ),
    });
  }
  return rows;
}

export async function writeEmotions(tx: Tx, tenantId: string, rows: readonly EmotionRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .insert(emotionHistory)
    .values(
      rows.map(({ startMs, ...row }) => ({ ...row, id: newId(), tenantId, startAt: new Date(startMs) })),
    )
    .onConflictDoNothing();
}

export interface EngagementPoint {
  atMs: number;
  lengthMs: number;
  attention: number | null;
  coverage: number;
  present: number;
}

/** The class over time, a point for each bucket that was kept, oldest first. */
export async function classHistory(
  tx: Tx,
  sessionId: string,
  options: { sinceMs?: number; expected?: number } = {},
): Promise<EngagementPoint[]> {
  const rows = await tx
    .select()
    .from(engagementSamples)
    .where(
      options.sinceMs === undefined
        ? eq(engagementSamples.sessionId, sessionId)
        : sql`${engagementSamples.sessionId} = ${sessionId} and ${engagementSamples.startAt} >= ${new Date(options.sinceMs).toISOString()}`,
    )
    .orderBy(engagementSamples.startAt);
  const buckets = new Map<number, { lengthMs: number; views: Map<string, EngagementCounts[]> }>();
  for (const row of rows) {
    const atMs = row.startAt.getTime();
    const bucket = buckets.get(atMs) ?? { lengthMs: row.lengthMs, views: new Map() };
    buckets.set(atMs, bucket);
    const list = bucket.views.get(row.studentId) ?? [];
    list.push({ ...row, lastSeenAtMs: atMs });
    bucket.views.set(row.studentId, list);
  }
  return [...buckets.entries()].map(([atMs, { lengthMs, views }]) => {
    const students = [...views.values()].map((list) => mergeCounts(list, lengthMs));
    const { attention, coverage, present } = classMeasure(students, options.expected ?? 0);
    return { atMs, lengthMs, attention, coverage, present };
  });
}

/** Every student over the whole session. */
export async function studentTotals(tx: Tx, sessionId: string) {
  const rows = await tx
    .select({
      studentId: engagementSamples.studentId,
      streamId: engagementSamples.streamId,
      framesSampled: sql<number>`sum(${engagementSamples.framesSampled})::int`,
      framesSeen: sql<number>`sum(${engagementSamples.framesSeen})::int`,
      framesJudged: sql<number>`sum(${engagementSamples.framesJudged})::int`,
      framesAttentive: sql<number>`sum(${engagementSamples.framesAttentive})::int`,
      eyesJudged: sql<number>`sum(${engagementSamples.eyesJudged})::int`,
      eyesClosed: sql<number>`sum(${engagementSamples.eyesClosed})::int`,
      lengthMs: sql<number>`sum(${engagementSamples.lengthMs})::int`,
      lastAt: sql<string>`max(${engagementSamples.startAt})`,
    })
    .from(engagementSamples)
    .where(eq(engagementSamples.sessionId, sessionId))
    .groupBy(engagementSamples.studentId, engagementSamples.streamId);
  const views = new Map<string, { lengthMs: number; counts: EngagementCounts[] }>();
  for (const row of rows) {
    const held = views.get(row.studentId) ?? { lengthMs: 0, counts: [] };
    views.set(row.studentId, held);
    held.lengthMs = Math.max(held.lengthMs, row.lengthMs);
    held.counts.push({ ...row, lastSeenAtMs: new Date(row.lastAt).getTime() });
  }
  return [...views.values()].map(({ lengthMs, counts }) => mergeCounts(counts, lengthMs));
}
