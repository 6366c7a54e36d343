import type { EngagementCounts, StreamMetrics } from '../../../pipeline/messages.ts';
import { classEmotion, classMeasure, mergeCounts, type StudentMeasure } from '../engagement/measures.ts';
import type { HistoryPoint, Metrics } from './schemas.ts';

/** Engagement of an open session: the rolling minutes of its streams, merged once a second. */
export interface LiveMetrics {
  add(metrics: StreamMetrics): void;
  /** Null while no stream has anything to say. */
  tick(nowMs: number): Metrics | null;
  last(): Metrics | null;
  history(): HistoryPoint[];
}

/** A stream that has been silent for longer says nothing about now. */
const STALE_MS = 5000;
export const HISTORY_STEP_MS = 10_000;
const HISTORY_POINTS = 60;

export function createLiveMetrics(options: {
  sessionId: string;
  expected(): number;
  isMember(studentId: string): boolean;
  /** Null: the policy forbids it, and the field does not exist. */
  emotion: { minClassSize: number; mayRead(studentId: string): boolean } | null;
  history: HistoryPoint[];
}): LiveMetrics {
  const newest = new Map<string, StreamMetrics>();
  const history = [...options.history];
  let last: Metrics | null = null;

  function remember(metrics: Metrics): void {
    const atMs = Math.floor(metrics.atMs / HISTORY_STEP_MS) * HISTORY_STEP_MS;
    const point = { atMs, attention: metrics.class.attention, coverage: metrics.class.coverage };
    if (history.at(-1)?.atMs === atMs) history[history.length - 1] = point;
    else history.push(point);
    if (history.length > HISTORY_POINTS) history.splice(0, history.length - HISTORY_POINTS);
  }

  return {
    add: (metrics) => newest.set(metrics.streamId, metrics),
    last: () => last,
    history: () => [...history],
    tick(nowMs) {
      const views = new Map<string, EngagementCounts[]>();
      let windowMs = 0;
      for (const [streamId, metrics] of newest) {
        if (nowMs - metrics.atMs > STALE_MS) {
          newest.delete(streamId);
          continue;
        }
        windowMs = Math.max(windowMs, metrics.windowMs);
        for (const counts of metrics.students) {
          if (!options.isMember(counts.studentId)) continue;
          const list = views.get(counts.studentId);
          if (list) list.push(counts);
          else views.set(counts.studentId, [counts]);
        }
      }
      if (newest.size === 0) return null;
      const students: StudentMeasure[] = [...views.values()].map((list) => mergeCounts(list, windowMs));
      const emotion = options.emotion ? emotionOf(views, options.emotion) : null;
      last = {
        sessionId: options.sessionId,
        atMs: nowMs,
        class: { ...classMeasure(students, options.expected()), ...(emotion ? { emotion } : {}) },
        students: students.map((student) => ({
          studentId: student.studentId,
          attention: student.attention,
          coverage: student.coverage,
          band: student.band,
          eyesClosedShare: student.eyesClosedShare,
          lastSeenAt: student.lastSeenAt > 0 ? new Date(student.lastSeenAt).toISOString() : null,
        })),
      };
      remember(last);
      return last;
    },
  };
}

function emotionOf(
  views: Map<string, EngagementCounts[]>,
  rules: { minClassSize: number; mayRead(studentId: string): boolean },
) {
  const students = [...views.entries()]
    .filter(([studentId]) => rules.mayRead(studentId))
    .map(([, list]) => ({
      sums: list.reduce<number[]>((sums, c) => (c.emotionSums ?? []).map((s, i) => s + (sums[i] ?? 0)), []),
      count: list.reduce((sum, c) => sum + (c.emotionCount ?? 0), 0),
    }));
  return classEmotion(students, rules.minClassSize);
}
