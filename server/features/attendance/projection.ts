/**
 * The rules of attendance, without a database: appended events in, one record out. The record of a student in a
 * session is a function of the session's frame (its times and rules) and of the events, in the order of the ledger;
 * nothing else. So a record can be rebuilt at any time, and a retry that appends nothing changes nothing.
 */
export type AttendanceStatus = 'pending' | 'present' | 'late' | 'excused' | 'absent';
export type AttendanceMethod = 'face' | 'qr' | 'manual' | 'import';

export interface CourseRules {
  /** First seen later than this after the start is late; 0: from the first minute on. */
  lateAfterMinutes: number;
  /** Share of the session (0…1) that a student must have been seen in; checked at closing. 0 switches it off. */
  minPresenceShare: number;
  /** Leaving this long before the end does not count against the share. */
  graceMinutes: number;
}

/** What of a session the rules need: frozen when it opens. */
export interface SessionFrame {
  startsAt: number;
  /** Planned end, epoch ms; null where the session has none. */
  endsAt: number | null;
  rules: CourseRules;
}

/** Where evidence comes from: one track of one stream. A person's word on it counts for that track alone. */
export interface Evidence {
  streamId: string;
  trackId: number;
}

interface EventBase {
  /** UUIDv7 of the event: the same event twice is one event. */
  id: string;
  /** Place in the ledger. */
  seq: number;
  /** When it was written, epoch ms. */
  at: number;
}

export type AttendanceEvent =
  /** The machine is sure: `marked` for the first track of a student, `seen` for every further one. */
  | (EventBase & { type: 'marked' | 'seen'; evidence: Evidence; firstSeenAt: number; confidence: number })
  /** A person said that this track is, or is not, this student. */
  | (EventBase & {
      type: 'confirmed';
      evidence: Evidence;
      firstSeenAt: number;
      confidence: number;
      actorId: string;
    })
  | (EventBase & { type: 'rejected'; evidence: Evidence; actorId: string })
  /** A person set the status by hand. */
  | (EventBase & { type: 'corrected'; status: AttendanceStatus; note: string | null; actorId: string })
  | (EventBase & {
      type: 'session-closed';
      closedAt: number;
      lastSeenAt: number | null;
      secondsSeen: number;
    });

export interface ProjectedRecord {
  status: AttendanceStatus;
  method: AttendanceMethod | null;
  confidence: number | null;
  firstSeenAt: number | null;
  /** Known only once the session is closed; while it is open the live tally is newer than any event. */
  lastSeenAt: number | null;
  secondsSeen: number | null;
  note: string | null;
  /** The person whose word the status stands on; null where the machine alone decided. */
  correctedBy: string | null;
  /** Rises by one with every event that changed the decision (status, method, note, by whom): for optimistic locking. */
  version: number;
}

export const EMPTY_RECORD: ProjectedRecord = {
  status: 'pending',
  method: null,
  confidence: null,
  firstSeenAt: null,
  lastSeenAt: null,
  secondsSeen: null,
  note: null,
  correctedBy: null,
  version: 1,
};

interface Tally {
  evidence: Map<string, { firstSeenAt: number; confidence: number; rejected: boolean }>;
  /** The last status set by hand, and the last face confirmed; the later of the two holds. */
  word: { status: AttendanceStatus; note: string | null; actorId: string; seq: number } | null;
  confirmation: { key: string; actorId: string; seq: number } | null;
  closed: { closedAt: number; lastSeenAt: number | null; secondsSeen: number } | null;
}

/** Folds the events of one student in one session. Their order in the array does not matter, `seq` does. */
export function project(events: readonly AttendanceEvent[], frame: SessionFrame): ProjectedRecord {
  const tally: Tally = { evidence: new Map(), word: null, confirmation: null, closed: null };
  const known = new Set<string>();
  let record = EMPTY_RECORD;
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
    if (known.has(event.id)) continue;
    known.add(event.id);
    apply(tally, event);
    const next = read(tally, frame);
    record = { ...next, version: record.version + (sameDecision(record, next) ? 0 : 1) };
  }
  return record;
}

export const evidenceKey = (evidence: Evidence): string => `${evidence.streamId}:${evidence.trackId}`;

function apply(tally: Tally, event: AttendanceEvent): void {
  switch (event.type) {
    case 'marked':
    case 'seen':
    case 'confirmed': {
      const key = evidenceKey(event.evidence);
      const held = tally.evidence.get(key);
      const confirmed = event.type === 'confirmed';
      // A track that a person rejected stays rejected, however sure the machine is later; a person may confirm it.
      tally.evidence.set(key, {
        firstSeenAt: Math.min(event.firstSeenAt, held?.firstSeenAt ?? Number.POSITIVE_INFINITY),
        confidence: Math.max(event.confidence, held?.confidence ?? 0),
        rejected: confirmed ? false : (held?.rejected ?? false),
      });
      if (confirmed) tally.confirmation = { key, actorId: event.actorId, seq: event.seq };
      return;
    }
    case 'rejected': {
      const key = evidenceKey(event.evidence);
      const held = tally.evidence.get(key);
      tally.evidence.set(key, {
        firstSeenAt: held?.firstSeenAt ?? Number.POSITIVE_INFINITY,
        confidence: held?.confidence ?? 0,
        rejected: true,
      });
      if (tally.confirmation?.key === key) tally.confirmation = null;
      return;
    }
    case 'corrected':
      // Back to `pending` takes the person's word away: the machine's evidence counts again.
      if (event.status === 'pending') {
        tally.word = null;
        tally.confirmation = null;
      } else {
        tally.word = { status: event.status, note: event.note, actorId: event.actorId, seq: event.seq };
      }
      return;
    case 'session-closed':
      tally.closed = {
        closedAt: event.closedAt,
        lastSeenAt: event.lastSeenAt,
        secondsSeen: event.secondsSeen,
      };
      return;
  }
}

function read(tally: Tally, frame: SessionFrame): Omit<ProjectedRecord, 'version'> {
  const valid = [...tally.evidence.values()].filter((held) => !held.rejected);
  const firstSeenAt = valid.length > 0 ? Math.min(...valid.map((held) => held.firstSeenAt)) : null;
  const confidence = valid.length > 0 ? Math.max(...valid.map((held) => held.confidence)) : null;
  const seen = {
    firstSeenAt,
    confidence,
    lastSeenAt: firstSeenAt === null ? null : (tally.closed?.lastSeenAt ?? null),
    secondsSeen: tally.closed ? (firstSeenAt === null ? 0 : tally.closed.secondsSeen) : null,
  };
  const { word, confirmation } = tally;
  if (word && word.seq > (confirmation?.seq ?? -1)) {
    return { ...seen, status: word.status, method: 'manual', note: word.note, correctedBy: word.actorId };
  }
  const none = { note: null, correctedBy: null };
  if (firstSeenAt === null) {
    return { ...seen, ...none, status: tally.closed ? 'absent' : 'pending', method: null };
  }
  return {
    ...seen,
    ...none,
    correctedBy: confirmation?.actorId ?? null,
    method: 'face',
    status:
      tally.closed && !confirmation && !enough(tally.closed, frame) ? 'absent' : arrival(firstSeenAt, frame),
  };
}

/** `late` when first seen more than the course's minutes after the start. */
export function arrival(firstSeenAt: number, frame: SessionFrame): 'present' | 'late' {
  return firstSeenAt > frame.startsAt + frame.rules.lateAfterMinutes * 60_000 ? 'late' : 'present';
}

/**
 * Seen for the course's minimum share of the time that counts: from the start to the earlier of the planned end and
 * the closing, less the grace at the end. A session closed within its grace asks for nothing.
 */
function enough(
  closed: { closedAt: number; secondsSeen: number },
  { startsAt, endsAt, rules }: SessionFrame,
): boolean {
  if (rules.minPresenceShare <= 0) return true;
  const end = Math.min(endsAt ?? closed.closedAt, closed.closedAt) - rules.graceMinutes * 60_000;
  const countsS = (end - startsAt) / 1000;
  return countsS <= 0 || closed.secondsSeen >= rules.minPresenceShare * countsS;
}

/** What a person decides upon. A higher confidence or an earlier first sight must not void the teacher's click. */
function sameDecision(a: Omit<ProjectedRecord, 'version'>, b: Omit<ProjectedRecord, 'version'>): boolean {
  return (
    a.status === b.status && a.method === b.method && a.note === b.note && a.correctedBy === b.correctedBy
  );
}
