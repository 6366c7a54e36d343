import { describe, expect, it } from 'vitest';
import { emptyLiveView, HISTORY_LENGTH_MS, type LiveAction, type LiveView, reduceLive } from './live-view.ts';
import type { AttendanceRecord, LiveSnapshot, MetricsEvent, Review, StreamStatusEvent } from './types.ts';

const SESSION = 'session-1';

function record(studentId: string, over: Partial<AttendanceRecord> = {}): AttendanceRecord {
  return {
    id: `record-${studentId}`,
    sessionId: SESSION,
    studentId,
    studentName: `Student ${studentId}`,
    studentNumber: studentId,
    status: 'pending',
    method: null,
    confidence: null,
    firstSeenAt: null,
    lastSeenAt: null,
    secondsSeen: 0,
    note: null,
    correctedBy: null,
    version: 1,
    ...over,
  };
}

function review(id: string, over: Partial<Review> = {}): Review {
  return {
    id,
    sessionId: SESSION,
    streamId: 'stream-1',
    trackId: 1,
    studentId: 'a',
    studentName: 'Student a',
    confidence: 0.6,
    askedAt: '2026-01-05T09:00:00.000Z',
    status: 'open',
    hasFace: true,
    ...over,
  };
}

function stream(over: Partial<StreamStatusEvent> = {}): StreamStatusEvent {
  return {
    sessionId: SESSION,
    streamId: 'stream-1',
    cameraId: 'camera-1',
    state: 'live',
    reason: 'ok',
    since: '2026-01-05T09:00:00.000Z',
    retryAt: null,
    width: 1280,
    height: 720,
    load: 'full',
    ...over,
  };
}

function metrics(atMs: number, attention: number | null = 0.8): MetricsEvent {
  return {
    sessionId: SESSION,
    atMs,
    class: { attention, coverage: 0.9, present: 1, expected: 2, band: 'high' },
    students: [],
  };
}

function snapshot(over: Partial<LiveSnapshot> = {}): LiveSnapshot {
  return {
    session: {
      id: SESSION,
      course: { id: 'course', code: 'MAT-101', name: 'Calculus' },
      status: 'open',
      day: '2026-01-05',
      meetingId: null,
      openedHow: 'manual',
      room: null,
      rules: { lateAfterMinutes: 15, minPresenceShare: 0, graceMinutes: 5 },
      startsAt: '2026-01-05T09:00:00.000Z',
      endsAt: null,
      openedAt: '2026-01-05T09:00:00.000Z',
      closedAt: null,
      cameras: [],
      recording: null,
      policy: { id: 'eu', name: 'EU', emotion: 'off' },
      counts: { present: 0, late: 0, excused: 0, absent: 0, pending: 2, review: 0 },
    },
    roster: ['a', 'b'].map((studentId) => ({
      studentId,
      name: `Student ${studentId}`,
      number: studentId,
      hasFace: true,
      record: record(studentId),
    })),
    reviews: [],
    streams: [stream()],
    metrics: null,
    history: [],
    seq: 0,
    ...over,
  };
}

const play = (...actions: LiveAction[]): LiveView => actions.reduce(reduceLive, emptyLiveView);
const snap = (over?: Partial<LiveSnapshot>): LiveAction => ({
  type: 'session:snapshot',
  payload: snapshot(over),
});
const marked = (of: AttendanceRecord): LiveAction => ({ type: 'attendance:marked', payload: { record: of } });
const changed = (of: AttendanceRecord): LiveAction => ({
  type: 'attendance:changed',
  payload: { record: of },
});
const asked = (of: Review): LiveAction => ({ type: 'review:asked', payload: { review: of } });
const settled = (of: Review): LiveAction => ({ type: 'review:settled', payload: { review: of } });
const statusOf = (view: LiveView, id: string) =>
  view.roster.find((entry) => entry.studentId === id)?.record?.status;

describe('records', () => {
  it('fill the roster as they are marked', () => {
    const view = play(snap(), marked(record('a', { status: 'present', version: 2 })));
    expect([statusOf(view, 'a'), statusOf(view, 'b')]).toEqual(['present', 'pending']);
  });

  it('keep the newer version whatever order they come in', () => {
    const correction = changed(record('a', { status: 'late', version: 3 }));
    const mark = marked(record('a', { status: 'present', version: 2 }));
    expect(statusOf(play(snap(), correction, mark), 'a')).toBe('late');
    expect(statusOf(play(snap(), mark, correction), 'a')).toBe('late');
  });

  it('that came ahead of the snapshot are not undone by it', () => {
    const view = play(snap(), marked(record('a', { status: 'present', version: 2 })), snap());
    expect(statusOf(view, 'a')).toBe('present');
  });

  it('of a student enrolled later join the roster', () => {
    const view = play(snap(), marked(record('c', { status: 'present', version: 1 })));
    expect(view.roster.map((entry) => entry.studentId)).toEqual(['a', 'b', 'c']);
  });

  it('of another session are left aside', () => {
    const view = play(snap(), marked(record('a', { sessionId: 'other', status: 'present', version: 9 })));
    expect(statusOf(view, 'a')).toBe('pending');
  });
});

describe('a reconnection', () => {
  it('takes over what was decided while it was away', () => {
    const later = snapshot();
    later.roster[1] = { ...later.roster[1]!, record: record('b', { status: 'late', version: 2 }) };
    const view = play(snap(), { type: 'session:snapshot', payload: later });
    expect(statusOf(view, 'b')).toBe('late');
  });

  it('brings no answered question back', () => {
    const question = review('q');
    const view = play(
      snap({ reviews: [question] }),
      settled({ ...question, status: 'rejected' }),
      snap({ reviews: [question] }),
    );
    expect(view.reviews).toEqual([]);
  });

  it('drops questions that others answered meanwhile', () => {
    const view = play(snap({ reviews: [review('q'), review('r')] }), snap({ reviews: [review('r')] }));
    expect(view.reviews.map((question) => question.id)).toEqual(['r']);
  });

  it('to another session starts from nothing', () => {
    const other = snapshot();
    const session = { ...other.session, id: 'session-2' };
    const view = play(snap(), marked(record('a', { status: 'present', version: 7 })), {
      type: 'session:snapshot',
      payload: { ...other, session },
    });
    expect(statusOf(view, 'a')).toBe('pending');
  });
});

describe('questions', () => {
  it('stand in the order they were asked', () => {
    const first = review('first', { askedAt: '2026-01-05T09:00:01.000Z' });
    const second = review('second', { askedAt: '2026-01-05T09:00:02.000Z' });
    const view = play(snap(), asked(second), asked(first));
    expect(view.reviews.map((question) => question.id)).toEqual(['first', 'second']);
  });

  it('are not asked again by an event that came late', () => {
    const question = review('q');
    const view = play(snap(), settled({ ...question, status: 'obsolete' }), asked(question));
    expect(view.reviews).toEqual([]);
  });
});

describe('streams', () => {
  const status = (over: Partial<StreamStatusEvent>): LiveAction => ({
    type: 'stream:status',
    payload: stream(over),
  });

  it('keep the later state whatever order they come in', () => {
    const lost = status({ state: 'reconnecting', since: '2026-01-05T09:01:00.000Z' });
    const back = status({ state: 'live', since: '2026-01-05T09:01:04.000Z' });
    expect(play(snap(), back, lost).streams[0]?.state).toBe('live');
    expect(play(snap(), lost, back).streams[0]?.state).toBe('live');
  });

  it('of another session are left aside', () => {
    expect(play(snap(), status({ streamId: 'elsewhere' })).streams).toHaveLength(1);
  });
});

describe('metrics', () => {
  const second = (atMs: number, attention?: number | null): LiveAction => ({
    type: 'session:metrics',
    payload: metrics(atMs, attention),
  });

  it('are folded into one point for ten seconds', () => {
    const view = play(snap(), second(20_000, 0.5), second(21_000, 0.6), second(30_000, 0.7));
    expect(view.history).toEqual([
      { atMs: 20_000, attention: 0.6, coverage: 0.9 },
      { atMs: 30_000, attention: 0.7, coverage: 0.9 },
    ]);
  });

  it('that are older than the ones shown are left aside', () => {
    const view = play(snap(), second(30_000, 0.7), second(29_000, 0.1));
    expect([view.metrics?.class.attention, view.history.length]).toEqual([0.7, 1]);
  });

  it('reach back ten minutes', () => {
    const view = play(snap(), ...[0, 10_000, 20_000 + HISTORY_LENGTH_MS].map((atMs) => second(atMs + 1)));
    expect(view.history).toHaveLength(1);
  });
});

it('a closed session stays closed', () => {
  const closing: LiveAction = {
    type: 'session:closed',
    payload: { sessionId: SESSION, closedAt: '2026-01-05T10:00:00.000Z' },
  };
  expect(play(snap(), closing, snap()).closed).toBe(true);
});

it('says when the database is away and when it is back', () => {
  const alert = (code: 'database-unavailable' | 'database-back'): LiveAction => ({
    type: 'alert',
    payload: { code, message: '' },
  });
  expect(play(snap(), alert('database-unavailable')).databaseDown).toBe(true);
  expect(play(snap(), alert('database-unavailable'), alert('database-back')).databaseDown).toBe(false);
});
