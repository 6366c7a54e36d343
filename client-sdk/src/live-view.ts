import type {
  AttendanceRecord,
  ClassSession,
  HistoryPoint,
  LiveEvents,
  LiveSnapshot,
  MetricsEvent,
  Review,
  RosterEntry,
  StreamStatusEvent,
} from './types.ts';

/**
 * What a page knows of an open session, folded from one snapshot and the events after it.
 *
 * The server puts a socket into the session's room before it takes the snapshot, so an event may arrive ahead of
 * the snapshot that already contains it, and after a reconnection both overlap. Records carry a version, streams
 * and metrics a time, reviews a final state: the newer one stays, in whatever order they come.
 */
export interface LiveView {
  session: ClassSession | null;
  roster: readonly RosterEntry[];
  /** Still to be answered, the oldest question first. */
  reviews: readonly Review[];
  streams: readonly StreamStatusEvent[];
  metrics: MetricsEvent | null;
  /** One point for ten seconds, the last ten minutes. */
  history: readonly HistoryPoint[];
  closed: boolean;
  /** Decisions wait in memory until the database is back; nothing new is announced meanwhile. */
  databaseDown: boolean;
  /** Ids of answered questions: a late `review:asked` must not bring one back. */
  settled: ReadonlySet<string>;
}

export const HISTORY_STEP_MS = 10_000;
export const HISTORY_LENGTH_MS = 600_000;
const SETTLED_KEPT = 500;

export const emptyLiveView: LiveView = {
  session: null,
  roster: [],
  reviews: [],
  streams: [],
  metrics: null,
  history: [],
  closed: false,
  databaseDown: false,
  settled: new Set(),
};

export type LiveAction = {
  [Name in keyof LiveEvents]: { type: Name; payload: LiveEvents[Name] };
}[keyof LiveEvents];

export function reduceLive(view: LiveView, action: LiveAction): LiveView {
  switch (action.type) {
    case 'session:snapshot':
      return applySnapshot(view, action.payload);
    case 'attendance:marked':
    case 'attendance:changed':
      return belongs(view, action.payload.record.sessionId) ? applyRecord(view, action.payload.record) : view;
    case 'review:asked':
    case 'review:settled':
      return belongs(view, action.payload.review.sessionId) ? applyReview(view, action.payload.review) : view;
    case 'stream:status':
      return applyStream(view, action.payload);
    case 'session:metrics':
      return belongs(view, action.payload.sessionId) ? applyMetrics(view, action.payload) : view;
    case 'session:closed':
      return belongs(view, action.payload.sessionId) ? closeView(view) : view;
    case 'alert':
      return applyAlert(view, action.payload.code);
    default:
      return view;
  }
}

function belongs(view: LiveView, sessionId: string): boolean {
  return view.session === null || view.session.id === sessionId;
}

function applySnapshot(view: LiveView, snapshot: LiveSnapshot): LiveView {
  const known = view.session?.id === snapshot.session.id || view.session === null ? view : emptyLiveView;
  const ahead = new Map(known.roster.map((entry) => [entry.studentId, entry.record]));
  const roster = snapshot.roster.map((entry) => {
    const record = newer(ahead.get(entry.studentId) ?? null, entry.record);
    return record === entry.record ? entry : { ...entry, record };
  });
  const metrics =
    (known.metrics?.atMs ?? 0) > (snapshot.metrics?.atMs ?? 0) ? known.metrics : snapshot.metrics;
  return {
    session: snapshot.session,
    roster,
    reviews: inOrder(
      snapshot.reviews.filter((review) => review.status === 'open' && !known.settled.has(review.id)),
    ),
    streams: snapshot.streams.map((stream) => {
      const held = known.streams.find((candidate) => candidate.streamId === stream.streamId);
      return held && isLater(held.since, stream.since) ? held : stream;
    }),
    metrics,
    history: snapshot.history,
    databaseDown: known.databaseDown,
    closed: snapshot.session.status === 'closed' || known.closed,
    settled: known.settled,
  };
}

function newer(a: AttendanceRecord | null, b: AttendanceRecord | null): AttendanceRecord | null {
  if (!a || !b) return a ?? b;
  return a.version > b.version ? a : b;
}

function applyRecord(view: LiveView, record: AttendanceRecord): LiveView {
  const index = view.roster.findIndex((entry) => entry.studentId === record.studentId);
  const held = view.roster[index];
  if (!held) {
    // Enrolled after the snapshot was taken.
    const entry = { studentId: record.studentId, name: record.studentName, number: record.studentNumber };
    return { ...view, roster: [...view.roster, { ...entry, hasFace: record.method === 'face', record }] };
  }
  if (held.record && held.record.version >= record.version) return view;
  return { ...view, roster: view.roster.with(index, { ...held, record }) };
}

function applyReview(view: LiveView, review: Review): LiveView {
  const others = view.reviews.filter((candidate) => candidate.id !== review.id);
  if (review.status !== 'open') {
    return { ...view, reviews: others, settled: remember(view.settled, review.id) };
  }
  if (view.settled.has(review.id)) return view;
  return { ...view, reviews: inOrder([...others, review]) };
}

function remember(settled: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const kept = [...settled].slice(-(SETTLED_KEPT - 1));
  return new Set([...kept, id]);
}

function inOrder(reviews: Review[]): Review[] {
  return reviews.sort((a, b) => Date.parse(a.askedAt) - Date.parse(b.askedAt));
}

function applyStream(view: LiveView, stream: StreamStatusEvent): LiveView {
  const index = view.streams.findIndex((candidate) => candidate.streamId === stream.streamId);
  const held = view.streams[index];
  if (!held) {
    // Streams of other sessions are never sent here; before the snapshot none is known yet.
    return view.session === null ? { ...view, streams: [...view.streams, stream] } : view;
  }
  if (isLater(held.since, stream.since)) return view;
  return { ...view, streams: view.streams.with(index, stream) };
}

function isLater(a: string, b: string): boolean {
  return Date.parse(a) > Date.parse(b);
}

function applyMetrics(view: LiveView, metrics: MetricsEvent): LiveView {
  if (view.metrics && view.metrics.atMs >= metrics.atMs) return view;
  return { ...view, metrics, history: extend(view.history, metrics) };
}

function extend(history: readonly HistoryPoint[], metrics: MetricsEvent): readonly HistoryPoint[] {
  const atMs = Math.floor(metrics.atMs / HISTORY_STEP_MS) * HISTORY_STEP_MS;
  const point = { atMs, attention: metrics.class.attention, coverage: metrics.class.coverage };
  const before = history.filter((held) => held.atMs < atMs && held.atMs > atMs - HISTORY_LENGTH_MS);
  return [...before, point];
}

function applyAlert(view: LiveView, code: LiveEvents['alert']['code']): LiveView {
  if (code === 'database-unavailable') return { ...view, databaseDown: true };
  return code === 'database-back' ? { ...view, databaseDown: false } : view;
}

function closeView(view: LiveView): LiveView {
  const session = view.session && { ...view.session, status: 'closed' as const };
  return { ...view, session, closed: true };
}
