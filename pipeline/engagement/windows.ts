import type { EngagementBucket, EngagementCounts } from '../messages.ts';

/** What one sampled frame says about one student. */
export interface FrameReading {
  studentId: string;
  attentive: boolean | null;
  eyesClosed: boolean | null;
  /** The seven scores where the policy lets them be counted. */
  emotion?: readonly number[] | undefined;
}

export interface EngagementWindows {
  /** One call a sampled frame, with every student seen in it. */
  add(atMs: number, readings: readonly FrameReading[]): void;
  /** Students counted from now on even while unseen. */
  expect(studentIds: readonly string[]): void;
  /** Counts of the last `windowMs`. */
  rolling(atMs: number): EngagementCounts[];
  /** Buckets that have ended by `atMs`, oldest first; each is handed out once. */
  finished(atMs: number): Omit<EngagementBucket, 'streamId'>[];
  /** The bucket under way too, e.g. when the stream stops. */
  flush(): Omit<EngagementBucket, 'streamId'>[];
}

export const BUCKET_MS = 10_000;
export const WINDOW_MS = 60_000;
const SLOT_MS = 1000;

interface Counted {
  framesSampled: number;
  students: Map<string, EngagementCounts>;
}

/**
 * Frames counted into slots of a second; buckets and the rolling window are sums of slots.
 * Buckets start at multiples of 10 s of the clock, so that those of two cameras fall together.
 */
export function createEngagementWindows(): EngagementWindows {
  const slots = new Map<number, Counted>();
  const lastSeen = new Map<string, number>();
  const known = new Set<string>();
  const ready: Omit<EngagementBucket, 'streamId'>[] = [];
  let nextBucket: number | null = null;

  const sum = (fromMs: number, toMs: number): EngagementCounts[] => {
    let sampled = 0;
    const totals = new Map<string, EngagementCounts>();
    for (const [startMs, slot] of slots) {
      if (startMs < fromMs || startMs >= toMs) continue;
      sampled += slot.framesSampled;
      for (const [id, counts] of slot.students) merge(totals, id, counts);
    }
    if (sampled === 0) return [];
    for (const id of known) if (!totals.has(id)) totals.set(id, emptyCounts(id));
    return [...totals.values()].map((c) => ({
      ...c,
      framesSampled: sampled,
      lastSeenAtMs: lastSeen.get(c.studentId) ?? 0,
    }));
  };

  const drain = (untilMs: number): Omit<EngagementBucket, 'streamId'>[] => {
    const out: Omit<EngagementBucket, 'streamId'>[] = [];
    while (nextBucket !== null && nextBucket + BUCKET_MS <= untilMs) {
      const students = sum(nextBucket, nextBucket + BUCKET_MS).filter((c) => c.framesSeen > 0);
      if (students.length > 0) out.push({ startMs: nextBucket, lengthMs: BUCKET_MS, students });
      nextBucket += BUCKET_MS;
      // A camera that was away for an hour leaves no 360 empty buckets to walk through.
      if (nextBucket + WINDOW_MS < untilMs) nextBucket = bucketOf(untilMs - WINDOW_MS);
    }
    return out;
  };

  return {
    add(atMs, readings) {
      nextBucket ??= bucketOf(atMs);
      // Before old slots go: after a gap the bucket before it is still to be handed out.
      ready.push(...drain(atMs));
      const start = Math.floor(atMs / SLOT_MS) * SLOT_MS;
      const slot = slots.get(start) ?? { framesSampled: 0, students: new Map() };
      slots.set(start, slot);
      slot.framesSampled++;
      for (const reading of readings) {
        lastSeen.set(reading.studentId, atMs);
        count(slot.students, reading);
      }
      for (const key of slots.keys()) if (key < atMs - WINDOW_MS - 2 * BUCKET_MS) slots.delete(key);
    },
    expect(studentIds) {
      for (const id of studentIds) known.add(id);
    },
    rolling(atMs) {
      const end = Math.floor(atMs / SLOT_MS) * SLOT_MS + SLOT_MS;
      return sum(end - WINDOW_MS, end).filter((c) => c.lastSeenAtMs > 0);
    },
    finished: (atMs) => [...ready.splice(0), ...drain(atMs)],
    flush() {
      return [...ready.splice(0), ...(nextBucket === null ? [] : drain(nextBucket + BUCKET_MS))];
    },
  };
}

const bucketOf = (atMs: number): number => Math.floor(atMs / BUCKET_MS) * BUCKET_MS;

export function emptyCounts(studentId: string): EngagementCounts {
  return {
    studentId,
    framesSampled: 0,
    framesSeen: 0,
    framesJudged: 0,
    framesAttentive: 0,
    eyesJudged: 0,
    eyesClosed: 0,
    lastSeenAtMs: 0,
  };
}

function count(students: Map<string, EngagementCounts>, reading: FrameReading): void {
  const counts = students.get(reading.studentId) ?? emptyCounts(reading.studentId);
  students.set(reading.studentId, counts);
  counts.framesSeen++;
  if (reading.attentive !== null) counts.framesJudged++;
  if (reading.attentive === true) counts.framesAttentive++;
  if (reading.eyesClosed !== null) counts.eyesJudged++;
  if (reading.eyesClosed === true) counts.eyesClosed++;
  if (reading.emotion) addEmotion(counts, reading.emotion, 1);
}

function merge(totals: Map<string, EngagementCounts>, id: string, from: EngagementCounts): void {
  const total = totals.get(id) ?? emptyCounts(id);
  totals.set(id, total);
  total.framesSeen += from.framesSeen;
  total.framesJudged += from.framesJudged;
  total.framesAttentive += from.framesAttentive;
  total.eyesJudged += from.eyesJudged;
  total.eyesClosed += from.eyesClosed;
  if (from.emotionSums) addEmotion(total, from.emotionSums, from.emotionCount ?? 0);
}

function addEmotion(counts: EngagementCounts, scores: readonly number[], frames: number): void {
  const before = counts.emotionSums ?? scores.map(() => 0);
  counts.emotionSums = before.map((sum, i) => sum + (scores[i] ?? 0));
  counts.emotionCount = (counts.emotionCount ?? 0) + frames;
}
