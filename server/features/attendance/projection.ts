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
  /** When the schedule opened it, where that was late: nobody can say who came before. Otherwise null. */
  openedLateAt: number | null;
  /** Planned end, epoch ms; null where the session has none. */
  endsAt: number | null;
  rules: CourseRules;
}

/** Where evidence comes from: one track of one stream. A person's word on it counts for that track alone. */
export interface Evidence {
  streamId: string;
  trackId: number;
}

export interface SeenEvidence extends Evidence {
  firstSeenAt: number;
  confidence: number;
  onPhoto?: boolean;
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
  | (EventBase & {
      type: 'marked' | 'seen';
      evidence: Evidence;
      firstSeenAt: number;
      confidence: number;
      /** On a photo of the class rather than in a video: nobody can say for how long. */
      onPhoto?: boolean;
    })
  /** A person said that this track is, or is not, this student. */
  | (EventBase & {
      type: 'confirmed';
      evidence: Evidence;
      firstSeenAt: number;
      confidence: number;
      actorId: string;
    })
  | (EventBase & { type: 'rejected'; evidence: Evidence; actorId: string })
  /** A person set the status by hand; `pending` takes the person's word away again. */
  | (EventBase & { type: 'corrected'; status: AttendanceStatus; note: string | null; actorId: string })
  /** The student scanned the code of the session at `scannedAt`: proof of being there, as a face is. */
  | (EventBase & { type: 'qr-scanned'; scannedAt: number })
  /** A file of another system says so: more than a machine, less than a person's correction or confirmation. */
  | (EventBase & { type: 'imported'; status: AttendanceStatus; note: string | null })
  /** An excuse that covers the session was accepted, or was taken back. */
  | (EventBase & { type: 'excused' | 'excuse-withdrawn'; excuseId: string })
  /** Tracks of this record are somebody else's. */
  | (EventBase & { type: 'split'; transferId: string; evidence: readonly Evidence[] })
  /** Tracks of another record are this student's, with the time that they were seen for. */
  | (EventBase & {
      type: 'merged';
      transferId: string;
      evidence: readonly SeenEvidence[];
      lastSeenAt: number | null;
      secondsSeen: number;
      actorId: string;
    })
  /** The split or merge never happened. */
  | (EventBase & { type: 'transfer-undone'; transferId: string })
  | (EventBase & {
      type: 'session-closed';
      closedAt: number;
      lastSeenAt: number | null;
      secondsSeen: number;
      /** For how long cameras gave pictures; null where there were none, or nobody counted. */
      watchedSeconds: number | null;
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
  evidence: Map<string, { firstSeenAt: number; confidence: number; rejected: boolean; onPhoto: boolean }>;
  /** Tracks that a person confirmed or gave to this student, and when in the ledger. */
  confirmations: Map<string, { actorId: string; seq: number }>;
  /** The last status set by hand; it or the last confirmation holds, whichever is later. */
  word: { status: AttendanceStatus; note: string | null; actorId: string; seq: number } | null;
  /** When the code was scanned first. */
  scannedAt: number | null;
  imported: { status: AttendanceStatus; note: string | null } | null;
  excuses: Set<string>;
  /** Time that came with tracks of another record. */
  moved: { lastSeenAt: number | null; secondsSeen: number }[];
  closed: Omit<Extract<AttendanceEvent, { type: 'session-closed' }>, keyof EventBase | 'type'> | null;
}

const emptyTally = (): Tally => ({
  evidence: new Map(),
  confirmations: new Map(),
  word: null,
  scannedAt: null,
  imported: null,
  excuses: new Set(),
  moved: [],
  closed: null,
});

/** Folds the events of one student in one session. Their order in the array does not matter, `seq` does. */
export function project(events: readonly AttendanceEvent[], frame: SessionFrame): ProjectedRecord {
  let tally = emptyTally();
  const known = new Set<string>();
  const applied: AttendanceEvent[] = [];
  const undone = new Set<string>();
  let record = EMPTY_RECORD;
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
    if (known.has(event.id)) continue;
    known.add(event.id);
    applied.push(event);
    if (event.type === 'transfer-undone') {
      undone.add(event.transferId);
      tally = emptyTally();
      for (const earlier of applied) apply(tally, earlier, undone);
    } else apply(tally, event, undone);
    const next = read(tally, frame);
    record = { ...next, version: record.version + (sameDecision(record, next) ? 0 : 1) };
  }
  return record;
}

/** The tracks that count for the student as things stand. */
export function validTracks(events: readonly AttendanceEvent[]): SeenEvidence[] {
  const undone = new Set(
    events.flatMap((event) => (event.type === 'transfer-undone' ? [event.transferId] : [])),
  );
  const tally = emptyTally();
  const known = new Set<string>();
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
    if (known.has(event.id)) continue;
    known.add(event.id);
    apply(tally, event, undone);
  }
  return [...tally.evidence].flatMap(([key, { rejected, ...seen }]) => {
    if (rejected) return [];
    const colon = key.lastIndexOf(':');
    return [{ streamId: key.slice(0, colon), trackId: Number(key.slice(colon + 1)), ...seen }];
  });
}

export const evidenceKey = (evidence: Evidence): string => `${evidence.streamId}:${evidence.trackId}`;

function apply(tally: Tally, event: AttendanceEvent, undone: ReadonlySet<string>): void {
  switch (event.type) {
    case 'marked':
    case 'seen':
      see(tally, {
        ...event.evidence,
        firstSeenAt: event.firstSeenAt,
        confidence: event.confidence,
        onPhoto: event.onPhoto ?? false,
      });
      return;
    case 'confirmed': {
      const { firstSeenAt, confidence } = event;
      confirm(tally, event, { ...event.evidence, firstSeenAt, confidence });
      return;
    }
    case 'rejected':
      reject(tally, event.evidence);
      return;
    case 'split':
      if (undone.has(event.transferId)) return;
      for (const evidence of event.evidence) reject(tally, evidence);
      return;
    case 'merged':
      if (undone.has(event.transferId)) return;
      for (const evidence of event.evidence) confirm(tally, event, evidence);
      tally.moved.push({ lastSeenAt: event.lastSeenAt, secondsSeen: event.secondsSeen });
      return;
    case 'transfer-undone':
      return;
    case 'corrected':
      // Back to `pending` takes the person's word away: the machine's evidence counts again.
      if (event.status === 'pending') {
        tally.word = null;
        tally.confirmations.clear();
      } else {
        tally.word = { status: event.status, note: event.note, actorId: event.actorId, seq: event.seq };
      }
      return;
    case 'qr-scanned':
      tally.scannedAt = Math.min(event.scannedAt, tally.scannedAt ?? Number.POSITIVE_INFINITY);
      return;
    case 'imported':
      tally.imported = event.status === 'pending' ? null : { status: event.status, note: event.note };
      return;
    case 'excused':
      tally.excuses.add(event.excuseId);
      return;
    case 'excuse-withdrawn':
      tally.excuses.delete(event.excuseId);
      return;
    case 'session-closed':
      tally.closed = {
        closedAt: event.closedAt,
        lastSeenAt: event.lastSeenAt,
        secondsSeen: event.secondsSeen,
        watchedSeconds: event.watchedSeconds,
      };
      return;
  }
}

/** A track that a person rejected stays rejected, however sure the machine is later; a person may confirm it. */
function see(tally: Tally, evidence: SeenEvidence): void {
  const key = evidenceKey(evidence);
  const held = tally.evidence.get(key);
  tally.evidence.set(key, {
    firstSeenAt: Math.min(evidence.firstSeenAt, held?.firstSeenAt ?? Number.POSITIVE_INFINITY),
    confidence: Math.max(evidence.confidence, held?.confidence ?? 0),
    rejected: held?.rejected ?? false,
    onPhoto: evidence.onPhoto ?? held?.onPhoto ?? false,
  });
}

function confirm(tally: Tally, by: { actorId: string; seq: number }, evidence: SeenEvidence): void {
  see(tally, evidence);
  const key = evidenceKey(evidence);
  tally.evidence.set(key, { ...tally.evidence.get(key)!, rejected: false });
  tally.confirmations.set(key, { actorId: by.actorId, seq: by.seq });
}

function reject(tally: Tally, evidence: Evidence): void {
  const key = evidenceKey(evidence);
  const held = tally.evidence.get(key);
  tally.evidence.set(key, {
    firstSeenAt: held?.firstSeenAt ?? Number.POSITIVE_INFINITY,
    confidence: held?.confidence ?? 0,
    rejected: true,
    onPhoto: held?.onPhoto ?? false,
  });
  tally.confirmations.delete(key);
}

function read(tally: Tally, frame: SessionFrame): Omit<ProjectedRecord, 'version'> {
  const valid = [...tally.evidence.values()].filter((held) => !held.rejected);
  const faceAt = valid.length > 0 ? Math.min(...valid.map((held) => held.firstSeenAt)) : null;
  const seen = {
    firstSeenAt: earliest(faceAt, tally.scannedAt),
    confidence: valid.length > 0 ? Math.max(...valid.map((held) => held.confidence)) : null,
    ...timeSeen(tally, faceAt !== null),
  };
  const { word } = tally;
  const confirmation = lastOf(tally.confirmations);
  if (word && word.seq > (confirmation?.seq ?? -1)) {
    return { ...seen, status: word.status, method: 'manual', note: word.note, correctedBy: word.actorId };
  }
  if (tally.imported && !confirmation) {
    const { status, note } = tally.imported;
    return excusable(tally, { ...seen, status, method: 'import', note, correctedBy: null });
  }
  const none = { ...seen, note: null, correctedBy: null };
  if (seen.firstSeenAt === null) {
    return excusable(tally, { ...none, status: tally.closed ? 'absent' : 'pending', method: null });
  }
  // Nobody can say how long a student stayed who scanned the code or is on a photo: the share is not held against them.
  const momentary = tally.scannedAt !== null || valid.some((held) => held.onPhoto);
  const short =
    tally.closed && !confirmation && !momentary && !enough(tally.closed, seen.secondsSeen ?? 0, frame);
  return excusable(tally, {
    ...none,
    correctedBy: confirmation?.actorId ?? null,
    method: faceAt === seen.firstSeenAt ? 'face' : 'qr',
    status: short ? 'absent' : arrival(seen.firstSeenAt, frame),
  });
}

/** Known once the session is closed; before, the live tally knows better. */
function timeSeen(tally: Tally, onCamera: boolean): Pick<ProjectedRecord, 'lastSeenAt' | 'secondsSeen'> {
  const { closed, moved } = tally;
  if (!closed) return { lastSeenAt: null, secondsSeen: null };
  if (!onCamera) return { lastSeenAt: null, secondsSeen: 0 };
  return {
    lastSeenAt: moved.reduce((last, { lastSeenAt }) => latest(last, lastSeenAt), closed.lastSeenAt),
    secondsSeen: moved.reduce((sum, { secondsSeen }) => sum + secondsSeen, closed.secondsSeen),
  };
}

/** An accepted excuse stands in for being there; it never takes somebody's presence away, nor a person's word. */
function excusable(tally: Tally, record: Omit<ProjectedRecord, 'version'>): Omit<ProjectedRecord, 'version'> {
  const away = record.status === 'pending' || record.status === 'absent';
  return away && tally.excuses.size > 0
    ? { ...record, status: 'excused', method: null, note: null, correctedBy: null }
    : record;
}

function lastOf(confirmations: Tally['confirmations']): { actorId: string; seq: number } | null {
  let last: { actorId: string; seq: number } | null = null;
  for (const entry of confirmations.values()) if (!last || entry.seq > last.seq) last = entry;
  return last;
}

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
const latest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

/** `late` when first seen more than the course's minutes after the start, or after an opening that was late itself. */
export function arrival(firstSeenAt: number, frame: SessionFrame): 'present' | 'late' {
  const since = Math.max(frame.startsAt, frame.openedLateAt ?? 0);
  return firstSeenAt > since + frame.rules.lateAfterMinutes * 60_000 ? 'late' : 'present';
}

/**
 * Seen for the course's minimum share of the time that counts: from the start to the earlier of the planned end and
 * the closing, less the grace at the end, but not more than cameras were there to see. A session closed within its
 * grace asks for nothing.
 */
function enough(
  closed: { closedAt: number; watchedSeconds: number | null },
  secondsSeen: number,
  { startsAt, endsAt, rules }: SessionFrame,
): boolean {
  if (rules.minPresenceShare <= 0) return true;
  const end = Math.min(endsAt ?? closed.closedAt, closed.closedAt) - rules.graceMinutes * 60_000;
  const countsS = Math.min((end - startsAt) / 1000, closed.watchedSeconds ?? Number.POSITIVE_INFINITY);
  return countsS <= 0 || secondsSeen >= rules.minPresenceShare * countsS;
}

/** What a person decides upon. A higher confidence or an earlier first sight must not void the teacher's click. */
function sameDecision(a: Omit<ProjectedRecord, 'version'>, b: Omit<ProjectedRecord, 'version'>): boolean {
  return (
    a.status === b.status && a.method === b.method && a.note === b.note && a.correctedBy === b.correctedBy
  );
}
