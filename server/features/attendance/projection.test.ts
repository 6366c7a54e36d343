import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttendanceEvent, type AttendanceStatus, project, type SessionFrame } from './projection.ts';

const START = Date.UTC(2026, 0, 5, 9);
const MINUTE = 60_000;
const frame: SessionFrame = {
  startsAt: START,
  endsAt: START + 60 * MINUTE,
  openedLateAt: null,
  rules: { lateAfterMinutes: 10, minPresenceShare: 0.5, graceMinutes: 10 },
};

let counter = 0;
const base = (): { id: string; seq: number; at: number } => {
  counter++;
  return { id: `event-${counter}`, seq: counter, at: START };
};
const marked = (minute: number, trackId = 1, confidence = 0.9): AttendanceEvent => ({
  ...base(),
  type: 'marked',
  evidence: { streamId: 's', trackId },
  firstSeenAt: START + minute * MINUTE,
  confidence,
});
const confirmed = (minute: number, trackId = 1): AttendanceEvent => ({
  ...base(),
  type: 'confirmed',
  evidence: { streamId: 's', trackId },
  firstSeenAt: START + minute * MINUTE,
  confidence: 0.6,
  actorId: 'teacher',
});
const rejected = (trackId = 1): AttendanceEvent => ({
  ...base(),
  type: 'rejected',
  evidence: { streamId: 's', trackId },
  actorId: 'teacher',
});
const corrected = (status: AttendanceStatus, actorId = 'teacher'): AttendanceEvent => ({
  ...base(),
  type: 'corrected',
  status,
  note: null,
  actorId,
});
const closed = (secondsSeen: number, watchedSeconds: number | null = null): AttendanceEvent => ({
  ...base(),
  type: 'session-closed',
  closedAt: START + 60 * MINUTE,
  lastSeenAt: START + 59 * MINUTE,
  secondsSeen,
  watchedSeconds,
});

const scanned = (minute: number): AttendanceEvent => ({
  ...base(),
  type: 'qr-scanned',
  scannedAt: START + minute * MINUTE,
});
const excused = (excuseId = 'x', type: 'excused' | 'excuse-withdrawn' = 'excused'): AttendanceEvent => ({
  ...base(),
  type,
  excuseId,
});
const imported = (status: AttendanceStatus): AttendanceEvent => ({
  ...base(),
  type: 'imported',
  status,
  note: 'old system',
});
const split = (transferId: string, ...tracks: number[]): AttendanceEvent => ({
  ...base(),
  type: 'split',
  transferId,
  evidence: tracks.map((trackId) => ({ streamId: 's', trackId })),
});
const merged = (transferId: string, minute: number, trackId: number): AttendanceEvent => ({
  ...base(),
  type: 'merged',
  transferId,
  actorId: 'teacher',
  evidence: [{ streamId: 's', trackId, firstSeenAt: START + minute * MINUTE, confidence: 0.9 }],
  lastSeenAt: START + 50 * MINUTE,
  secondsSeen: 600,
});
const undone = (transferId: string): AttendanceEvent => ({ ...base(), type: 'transfer-undone', transferId });

describe('the record of one student', () => {
  it('is pending until somebody is sure, and absent when the session closes without', () => {
    expect(project([], frame)).toMatchObject({ status: 'pending', version: 1 });
    expect(project([closed(0)], frame)).toMatchObject({ status: 'absent', method: null, secondsSeen: 0 });
  });

  it('is late after the course’s minutes, counted from when the face was first on camera', () => {
    expect(project([marked(10)], frame).status).toBe('present');
    expect(project([marked(10.1)], frame)).toMatchObject({
      status: 'late',
      method: 'face',
      correctedBy: null,
    });
  });

  it('turns from late to present when another camera saw the student earlier', () => {
    const record = project([marked(12, 1, 0.95), marked(4, 2, 0.85)], frame);
    expect(record).toMatchObject({
      status: 'present',
      firstSeenAt: START + 4 * MINUTE,
      confidence: 0.95,
      version: 3,
    });
  });

  it('asks for the minimum share of the session less the grace at its end', () => {
    // Counted: 50 minutes, half of them 1500 s.
    expect(project([marked(1), closed(1500)], frame).status).toBe('present');
    expect(project([marked(1), closed(1499)], frame).status).toBe('absent');
    const lenient = { ...frame, rules: { ...frame.rules, minPresenceShare: 0 } };
    expect(project([marked(1), closed(1)], lenient).status).toBe('present');
  });

  it('asks for no more than cameras were there to see', () => {
    // Dark for forty of the fifty minutes that count.
    expect(project([marked(1), closed(290, 600)], frame).status).toBe('absent');
    expect(project([marked(1), closed(300, 600)], frame).status).toBe('present');
    expect(project([marked(1), closed(1499, 3600)], frame).status).toBe('absent');
    expect(project([marked(1), closed(1500, 3600)], frame).status).toBe('present');
  });

  it('calls nobody late of whom it cannot know, because the schedule could not open in time', () => {
    const late = { ...frame, openedLateAt: START + 20 * MINUTE };
    expect(project([marked(21)], late).status).toBe('present');
    expect(project([marked(31)], late).status).toBe('late');
  });

  it('does not hold the share against whom a person confirmed', () => {
    expect(project([confirmed(1), closed(10)], frame).status).toBe('present');
  });

  it('follows a person’s “not this student” for that track alone', () => {
    expect(project([marked(1), rejected(1)], frame)).toMatchObject({ status: 'pending', firstSeenAt: null });
    expect(project([marked(1), marked(3, 2), rejected(1)], frame)).toMatchObject({
      status: 'present',
      firstSeenAt: START + 3 * MINUTE,
    });
    expect(project([rejected(1), marked(1)], frame).status).toBe('pending');
    expect(project([rejected(1), confirmed(1)], frame).status).toBe('present');
  });

  it('falls back to the earlier correction when a confirmed face is taken back', () => {
    expect(project([corrected('excused'), confirmed(1), rejected(1)], frame).status).toBe('excused');
  });

  it('gives the machine its word back when a person sets the mark to pending', () => {
    expect(project([marked(1), corrected('absent'), corrected('pending')], frame).status).toBe('present');
  });

  it('takes a scan as it takes a face, by arrival, and does not hold the share against it', () => {
    expect(project([scanned(3), closed(0)], frame)).toMatchObject({
      ...{
        status: 'present',
        method: 'qr',
        firstSeenAt: START + 3 * MINUTE,
        confidence: null,
        secondsSeen: 0,
      },
    });
    expect(project([scanned(12)], frame).status).toBe('late');
    expect(project([scanned(12), marked(4)], frame)).toMatchObject({ status: 'present', method: 'face' });
    expect(project([scanned(2), marked(4), rejected(1)], frame)).toMatchObject({ method: 'qr' });
    expect(project([scanned(2), corrected('absent')], frame).status).toBe('absent');
  });

  it('excuses who is away, never who was there, and gives way to a person', () => {
    expect(project([excused()], frame)).toMatchObject({ status: 'excused', method: null, correctedBy: null });
    expect(project([excused(), marked(1)], frame).status).toBe('present');
    expect(project([marked(12), excused()], frame).status).toBe('late');
    expect(project([closed(0), excused()], frame).status).toBe('excused');
    // Seen for too little of the session.
    expect(project([marked(1), closed(10), excused()], frame).status).toBe('excused');
    expect(project([corrected('absent'), excused()], frame).status).toBe('absent');
    expect(project([excused('a'), excused('b'), excused('a', 'excuse-withdrawn')], frame).status).toBe(
      'excused',
    );
    expect(project([closed(0), excused(), excused('x', 'excuse-withdrawn')], frame).status).toBe('absent');
  });

  it('believes a file more than a machine and less than a person', () => {
    expect(project([marked(1), imported('absent')], frame)).toMatchObject({
      status: 'absent',
      method: 'import',
    });
    expect(project([imported('absent'), confirmed(1)], frame).status).toBe('present');
    expect(project([corrected('late'), imported('absent')], frame).status).toBe('late');
    expect(project([imported('absent'), excused()], frame).status).toBe('excused');
  });

  it('gives tracks away with their time, and takes them back', () => {
    expect(project([marked(1), marked(2, 2), split('t', 1), closed(1800)], frame)).toMatchObject({
      ...{ status: 'present', firstSeenAt: START + 2 * MINUTE },
    });
    const away = [marked(1), split('t', 1), marked(1), closed(1800)];
    expect(project(away, frame)).toMatchObject({ status: 'absent', secondsSeen: 0 });
    expect(project([...away, undone('t')], frame)).toMatchObject({ status: 'present', secondsSeen: 1800 });
    const given = [merged('t', 1, 7), closed(30)];
    expect(project(given, frame)).toMatchObject({
      status: 'present',
      secondsSeen: 630,
      correctedBy: 'teacher',
    });
    expect(project([...given, rejected(7)], frame).status).toBe('absent');
    expect(project([...given, undone('t')], frame)).toMatchObject({ status: 'absent', secondsSeen: 0 });
  });

  it('is not asked for how long somebody on a photo stayed', () => {
    const onPhoto = { ...(marked(1) as object), onPhoto: true } as AttendanceEvent;
    expect(project([onPhoto, closed(0)], frame).status).toBe('present');
  });

  it('follows the machine again at closing when a first mark is taken back', () => {
    expect(project([corrected('present'), corrected('pending')], frame)).toMatchObject({
      ...{ status: 'pending', method: null, note: null, correctedBy: null },
    });
    expect(project([corrected('present'), corrected('pending'), closed(0)], frame).status).toBe('absent');
  });

  it('keeps its version when more of the same is seen, so that a teacher’s click is not refused', () => {
    expect(project([marked(5, 1, 0.8), marked(4, 2, 0.99)], frame).version).toBe(
      project([marked(5)], frame).version,
    );
  });
});

const status = fc.constantFrom<AttendanceStatus>('present', 'late', 'excused', 'absent');
const minute = fc.integer({ min: 0, max: 70 });
const track = fc.integer({ min: 1, max: 4 });
type Draft = (seq: number) => AttendanceEvent;
const numbered =
  (event: AttendanceEvent) =>
  (seq: number): AttendanceEvent => ({ ...event, id: `e${seq}`, seq });
const machine: fc.Arbitrary<Draft> = fc.oneof(
  fc
    .tuple(minute, track, fc.double({ min: 0.8, max: 1, noNaN: true }))
    .map(([m, t, c]) => numbered(marked(m, t, c))),
  fc
    .tuple(minute, track)
    .map(([m, t]) => numbered({ ...(marked(m, t) as object), type: 'seen' } as AttendanceEvent)),
  fc.integer({ min: 0, max: 3600 }).map((s) => numbered(closed(s))),
  minute.map((m) => numbered(scanned(m))),
  fc.constantFrom('a', 'b').map((id) => numbered(excused(id))),
  fc.constantFrom('a', 'b').map((id) => numbered(excused(id, 'excuse-withdrawn'))),
  status.map((s) => numbered(imported(s))),
);
const person: fc.Arbitrary<Draft> = fc.oneof(
  fc.tuple(minute, track).map(([m, t]) => numbered(confirmed(m, t))),
  track.map((t) => numbered(rejected(t))),
  status.map((s) => numbered(corrected(s))),
  fc.constant(numbered(corrected('pending'))),
  fc.tuple(fc.constantFrom('t', 'u'), track).map(([id, t]) => numbered(split(id, t))),
  fc.tuple(fc.constantFrom('v', 'w'), minute, track).map(([id, m, t]) => numbered(merged(id, m, t))),
  fc.constantFrom('t', 'u', 'v', 'w').map((id) => numbered(undone(id))),
);
const ledger = fc
  .array(fc.oneof(machine, person), { maxLength: 20 })
  .map((drafts) => drafts.map((draft, index) => draft(index + 1)));

describe('the projection of any ledger', () => {
  it('does not depend on the order in which the events are read', () => {
    fc.assert(
      fc.property(
        ledger.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(project(shuffled, frame)).toEqual(project(events, frame));
        },
      ),
    );
  });

  it('is the same when events are delivered more than once', () => {
    fc.assert(
      fc.property(ledger, fc.integer({ min: 1, max: 3 }), (events, times) => {
        const repeated = Array.from({ length: times }, () => events).flat();
        expect(project(repeated, frame)).toEqual(project(events, frame));
      }),
    );
  });

  it('gives the same decision when the same track is decided again, whatever came before', () => {
    fc.assert(
      fc.property(ledger, track, minute, (events, t, m) => {
        const seq = events.length + 1;
        const once = [...events, numbered(marked(m, t))(seq)];
        const twice = [...once, numbered(marked(m, t))(seq + 1)];
        const a = project(once, frame);
        expect(project(twice, frame)).toEqual(a);
      }),
    );
  });

  it('keeps a person’s correction whatever a machine says after it', () => {
    fc.assert(
      fc.property(ledger, status, fc.array(machine, { maxLength: 10 }), (before, word, after) => {
        const at = before.length + 1;
        const events = [
          ...before,
          numbered(corrected(word))(at),
          ...after.map((draft, i) => draft(at + 1 + i)),
        ];
        const record = project(events, frame);
        expect(record).toMatchObject({ status: word, method: 'manual', correctedBy: 'teacher' });
        expect(record.version).toBe(project(events.slice(0, at), frame).version);
      }),
    );
  });

  it('never makes somebody present without valid evidence or a person’s word', () => {
    fc.assert(
      fc.property(
        fc.array(
          track.map((t) => numbered(rejected(t))),
          { maxLength: 4 },
        ),
        (drafts) => {
          const events = drafts.map((draft, index) => draft(index + 1));
          expect(project([...events, numbered(closed(3600))(99)], frame).status).toBe('absent');
        },
      ),
    );
  });

  it('decides everybody when the session closes', () => {
    fc.assert(
      fc.property(ledger, (events) => {
        const end = numbered(closed(1800))(events.length + 1);
        expect(project([...events, end], frame).status).not.toBe('pending');
      }),
    );
  });

  it('is the same rebuilt as it was kept step by step', () => {
    fc.assert(
      fc.property(ledger, (events) => {
        let version = 1;
        let before = project([], frame);
        for (let length = 1; length <= events.length; length++) {
          const next = project(events.slice(0, length), frame);
          const same = (['status', 'method', 'note', 'correctedBy'] as const).every(
            (key) => next[key] === before[key],
          );
          if (!same) version++;
          expect(next.version).toBe(version);
          before = next;
        }
        expect(project(events, frame)).toEqual(before);
      }),
    );
  });

  it('is after an undone transfer as if it had never been', () => {
    fc.assert(
      fc.property(ledger, ledger, minute, track, fc.boolean(), (before, after, m, t, gives) => {
        const number = (list: readonly AttendanceEvent[], from: number) =>
          list.map((event, i) => ({ ...event, id: `${from} ${event.id}`, seq: from + i }));
        const transfer = gives ? split('once', t) : merged('once', m, t);
        const [first, rest] = [number(before, 1), number(after, 1000)];
        const { version: _a, ...with_ } = project(
          [...first, ...number([transfer], 500), ...rest, ...number([undone('once')], 5000)],
          frame,
        );
        const { version: _b, ...without } = project([...first, ...rest], frame);
        expect(with_).toEqual(without);
      }),
    );
  });

  it('never loses somebody’s presence to an excuse', () => {
    fc.assert(
      fc.property(ledger, (events) => {
        const without = events.filter(({ type }) => type !== 'excused');
        const { status: there } = project(without, frame);
        const { status } = project(events, frame);
        if (there === 'present' || there === 'late') expect(status).toBe(there);
        else expect([there, 'excused']).toContain(status);
      }),
    );
  });
});
