import type {
  GalleryEntry,
  IdentityDecision,
  Observation,
  StreamMetrics,
  StreamSpec,
  StreamStatus,
} from '../../../pipeline/messages.ts';
import type { Hub } from '../../realtime/hub.ts';
import type { RecordChange, RecordRow, SeenRow } from '../attendance/ledger.ts';
import { type RosterPerson, toRecord } from '../attendance/records.ts';
import { createSeenTime } from '../attendance/seen-time.ts';
import { createLiveMetrics } from './live-metrics.ts';
import { withGallery } from './load.ts';
import { overlayFace } from './overlay.ts';
import { NO_COUNTS, recordingOf, type SessionRow } from './queries.ts';
import type { RosterMember } from './roster.ts';
import type { ClassSession, HistoryPoint, Review, Snapshot, StreamStatusView } from './schemas.ts';

/** What an open session starts from: what is on disk. */
export interface LiveSeed {
  tenantId: string;
  row: SessionRow;
  view: ClassSession;
  roster: RosterMember[];
  records: { row: RecordRow; person: RosterPerson }[];
  reviews: Review[];
  specs: StreamSpec[];
  history: HistoryPoint[];
}

/**
 * An open session in memory: only what is committed, so that a snapshot never says more than the disk. Everything
 * here is synchronous; an event and the snapshot that contains it can never pass each other.
 */
export interface LiveSession {
  readonly id: string;
  readonly tenantId: string;
  readonly courseId: string;
  readonly row: SessionRow;
  specs(): StreamSpec[];
  /** A stream that came while the session was open. */
  addStream(spec: StreamSpec, camera: ClassSession['cameras'][number]): void;
  /** A stream that was taken away while the session is open; its marks stay. */
  removeStream(streamId: string): void;
  setGallery(gallery: GalleryEntry[]): void;
  /** Start or end were moved. */
  setTimes(times: { startsAt: Date; endsAt: Date | null; day: string }): void;
  /** The switch of its recording, and why nothing is recorded although it is on. */
  setRecording(since: Date | null, problem: string | null): void;
  setRoster(roster: RosterMember[]): void;
  snapshot(): Snapshot;
  view(): ClassSession;
  person(studentId: string): RosterMember | null;
  /** Whether a sure decision on this track is new, and whether it is the student's first. */
  takeEvidence(decision: IdentityDecision): 'first' | 'further' | null;
  /** Marked, or a person has spoken: nobody needs to be asked. */
  isDecided(studentId: string): boolean;
  observe(observation: Observation): void;
  metrics(metrics: StreamMetrics): void;
  status(status: StreamStatus): void;
  streams(): StreamStatusView[];
  /** Takes over committed changes and announces them. */
  commit(changes: readonly RecordChange[]): void;
  asked(review: Review): void;
  settled(review: Review): void;
  openReviews(): Review[];
  /** Takes over what another server has written: what is newer than what is known here. */
  refresh(stored: { row: SessionRow; records: readonly RecordRow[]; reviews: readonly Review[] }): void;
  /** The student was erased: nothing of them stays in memory. */
  forget(studentId: string): void;
  /** Once a second: publishes the metrics. */
  tick(nowMs: number): void;
  takeSeen(): SeenRow[];
  totals(studentId: string): { lastSeenAt: number | null; secondsSeen: number };
  /** For how long its cameras have given pictures; null where it has none. */
  watchedSeconds(): number | null;
  closed(closedAt: Date): void;
}

/** A face lost for less than this is taken to have been there; keyframes may be far apart. */
const FPS_GAP_MS = 5000;
const KEYFRAME_GAP_MS = 15_000;
const ANYBODY = '';

export function createLiveSession(seed: LiveSeed, hub: Hub): LiveSession {
  const { tenantId } = seed;
  let { row } = seed;
  const sessionId = row.id;
  let specs = seed.specs;
  let roster = new Map(seed.roster.map((member) => [member.studentId, member]));
  let withFace = facesOf(specs);
  const records = new Map(seed.records.map((record) => [record.row.studentId, record]));
  const reviews = new Map(seed.reviews.map((review) => [review.id, review]));
  const statuses = new Map<string, StreamStatusView>();
  const evidence = new Set<string>();
  const decidedStudents = new Set<string>();
  const gapMs = specs.some((spec) => spec.sampling.mode === 'keyframes') ? KEYFRAME_GAP_MS : FPS_GAP_MS;
  const seenTime = createSeenTime(gapMs);
  const watchedTime = createSeenTime(gapMs);
  let seq = 0;
  let recordingProblem: string | null = null;

  watchedTime.restore(ANYBODY, { firstSeenAt: 0, lastSeenAt: 0, seenMs: row.watchedSeconds * 1000 });

  for (const { row: record } of seed.records) {
    if (!record.firstSeenAt) continue;
    decidedStudents.add(record.studentId);
    seenTime.restore(record.studentId, {
      firstSeenAt: record.firstSeenAt.getTime(),
      lastSeenAt: (record.lastSeenAt ?? record.firstSeenAt).getTime(),
      seenMs: record.secondsSeen * 1000,
    });
  }
  let cameras = seed.view.cameras;
  const names = new Map(cameras.map((camera) => [camera.streamId, camera]));
  for (const spec of specs) {
    const cameraId = names.get(spec.streamId)?.cameraId ?? spec.streamId;
    statuses.set(spec.streamId, waitingStatus(sessionId, spec.streamId, cameraId, 'starting'));
  }

  const emotion = row.policy.emotion;
  const mayReadEmotion = (studentId: string): boolean => roster.get(studentId)?.consents.emotion ?? false;
  const live = createLiveMetrics({
    sessionId,
    expected: () => roster.size,
    isMember: (studentId) => roster.has(studentId),
    emotion: emotion === 'off' ? null : { minClassSize: row.policy.minClassSize, mayRead: mayReadEmotion },
    history: seed.history,
  });

  const overlay = {
    nameOf: (studentId: string) => roster.get(studentId)?.name ?? null,
    mayShowEmotion: (studentId: string) => emotion === 'individual' && mayReadEmotion(studentId),
  };

  function viewRecord(row: RecordRow) {
    const known = records.get(row.studentId)?.person ?? roster.get(row.studentId);
    return toRecord(row, known ?? { name: '', number: '' });
  }

  function view(): ClassSession {
    const counts = { ...NO_COUNTS };
    for (const { row } of records.values()) counts[row.status]++;
    for (const studentId of roster.keys()) if (!records.has(studentId)) counts.pending++;
    counts.review = reviews.size;
    return {
      ...seed.view,
      startsAt: row.startsAt.toISOString(),
      endsAt: row.endsAt?.toISOString() ?? null,
      day: row.day,
      recording: recordingOf(row, recordingProblem),
      cameras: cameras.map((camera) => {
        const status = statuses.get(camera.streamId);
        return status ? { ...camera, state: status.state, reason: status.reason } : camera;
      }),
      counts,
    };
  }

  function snapshot(): Snapshot {
    const listed = new Set<string>();
    const entries: Snapshot['roster'] = [...roster.values()].map((member) => {
      listed.add(member.studentId);
      const record = records.get(member.studentId);
      return {
        studentId: member.studentId,
        name: member.name,
        number: member.number,
        hasFace: withFace.has(member.studentId),
        record: record ? toRecord(record.row, member) : null,
      };
    });
    // Somebody who left the course in mid-session keeps the record.
    for (const { row, person } of records.values()) {
      if (listed.has(row.studentId)) continue;
      entries.push({ studentId: row.studentId, ...person, hasFace: false, record: toRecord(row, person) });
    }
    return {
      session: view(),
      roster: entries,
      reviews: [...reviews.values()],
      streams: [...statuses.values()],
      metrics: live.last(),
      history: live.history(),
      seq,
    };
  }

  const self: LiveSession = {
    id: sessionId,
    tenantId,
    courseId: row.courseId,
    get row() {
      return row;
    },
    specs: () => specs,
    addStream(spec, camera) {
      if (specs.some(({ streamId }) => streamId === spec.streamId)) return;
      specs = [...specs, spec];
      withFace = facesOf(specs);
      cameras = [...cameras, camera];
      statuses.set(spec.streamId, waitingStatus(sessionId, spec.streamId, camera.cameraId, camera.reason));
      hub.send(sessionId, 'session:snapshot', snapshot());
    },
    removeStream(streamId) {
      if (!statuses.delete(streamId)) return;
      specs = specs.filter((spec) => spec.streamId !== streamId);
      withFace = facesOf(specs);
      cameras = cameras.filter((camera) => camera.streamId !== streamId);
      hub.send(sessionId, 'session:snapshot', snapshot());
    },
    setGallery(gallery) {
      specs = specs.map((spec) => withGallery(spec, gallery));
      withFace = facesOf(specs);
    },
    setTimes(times) {
      row = { ...row, ...times };
      hub.send(sessionId, 'session:snapshot', snapshot());
    },
    setRecording(since, problem) {
      if (since?.getTime() === row.recordingSince?.getTime() && problem === recordingProblem) return;
      row = { ...row, recordingSince: since };
      recordingProblem = problem;
      hub.send(sessionId, 'session:snapshot', snapshot());
    },
    setRoster(members) {
      roster = new Map(members.map((member) => [member.studentId, member]));
      for (const [studentId, record] of records) {
        const member = roster.get(studentId);
        if (member) records.set(studentId, { row: record.row, person: member });
      }
    },
    person: (studentId) => roster.get(studentId) ?? null,
    view,
    snapshot,
    takeEvidence(decision) {
      const key = `${decision.studentId} ${decision.streamId} ${decision.trackId}`;
      if (!roster.has(decision.studentId) || evidence.has(key)) return null;
      evidence.add(key);
      const first = !decidedStudents.has(decision.studentId);
      decidedStudents.add(decision.studentId);
      return first ? 'first' : 'further';
    },
    isDecided(studentId) {
      const record = records.get(studentId)?.row;
      return record !== undefined && (record.correctedBy !== null || record.status !== 'pending');
    },
    observe(observation) {
      watchedTime.saw(ANYBODY, observation.atMs);
      for (const face of observation.faces) {
        const { state, studentId } = face.identity;
        if (state === 'sure' && studentId && roster.has(studentId)) seenTime.saw(studentId, observation.atMs);
      }
      if (!hub.hasAudience(sessionId)) return;
      hub.sendVolatile(sessionId, 'session:faces', {
        sessionId,
        streamId: observation.streamId,
        seq: observation.seq,
        atMs: observation.atMs,
        width: observation.width,
        height: observation.height,
        faces: observation.faces.map((face) => overlayFace(face, overlay)),
      });
    },
    metrics: (metrics) => live.add(metrics),
    status(status) {
      const before = statuses.get(status.streamId);
      if (!before) return;
      const next: StreamStatusView = {
        ...before,
        state: status.state,
        reason: status.reason,
        since: new Date(status.sinceMs).toISOString(),
        retryAt: status.retryAtMs === null ? null : new Date(status.retryAtMs).toISOString(),
        width: status.width,
        height: status.height,
        load: status.load,
      };
      statuses.set(status.streamId, next);
      if (JSON.stringify(before) !== JSON.stringify(next)) hub.send(sessionId, 'stream:status', next);
    },
    streams: () => [...statuses.values()],
    commit(changes) {
      for (const { before, after } of changes) {
        const held = records.get(after.studentId);
        if (held && held.row.version > after.version) continue;
        const person = held?.person ?? roster.get(after.studentId);
        if (!person) continue;
        // The tally in memory is newer than the columns, which are written every 10 s.
        records.set(after.studentId, { row: after, person });
        if (after.firstSeenAt === null) decidedStudents.delete(after.studentId);
        if (held && held.row.version === after.version && before.version === after.version) continue;
        seq++;
        const byMachine = after.correctedBy === null && before.status === 'pending';
        const arrived = after.status === 'present' || after.status === 'late';
        hub.send(sessionId, byMachine && arrived ? 'attendance:marked' : 'attendance:changed', {
          record: viewRecord(after),
        });
      }
    },
    asked(review) {
      reviews.set(review.id, review);
      seq++;
      hub.send(sessionId, 'review:asked', { review });
    },
    settled(review) {
      reviews.delete(review.id);
      seq++;
      hub.send(sessionId, 'review:settled', { review });
    },
    openReviews: () => [...reviews.values()],
    refresh(stored) {
      const { startsAt, endsAt, day } = stored.row;
      const moved =
        startsAt.getTime() !== row.startsAt.getTime() || endsAt?.getTime() !== row.endsAt?.getTime();
      if (moved) self.setTimes({ startsAt, endsAt, day });
      self.setRecording(stored.row.recordingSince, recordingProblem);
      const newer = stored.records.flatMap((after): RecordChange[] => {
        const held = records.get(after.studentId)?.row;
        if (!held) return [{ before: { ...after, status: 'pending', version: 0 }, after }];
        return held.version < after.version ? [{ before: held, after }] : [];
      });
      self.commit(newer);
      for (const review of stored.reviews) {
        if (review.status !== 'open' && reviews.has(review.id)) self.settled(review);
      }
    },
    forget(studentId) {
      roster.delete(studentId);
      records.delete(studentId);
      seenTime.forget(studentId);
      decidedStudents.delete(studentId);
      for (const review of reviews.values()) if (review.studentId === studentId) reviews.delete(review.id);
    },
    tick(nowMs) {
      const metrics = live.tick(nowMs);
      if (metrics && hub.hasAudience(sessionId)) hub.sendVolatile(sessionId, 'session:metrics', metrics);
    },
    takeSeen() {
      const rows: SeenRow[] = [];
      for (const [studentId, tally] of seenTime.takeChanged()) {
        const lastSeenAt = new Date(tally.lastSeenAt);
        const secondsSeen = tally.seenMs / 1000;
        rows.push({ sessionId, studentId, lastSeenAt, secondsSeen });
        const held = records.get(studentId);
        if (held?.row.firstSeenAt) {
          records.set(studentId, { ...held, row: { ...held.row, lastSeenAt, secondsSeen } });
        }
      }
      return rows;
    },
    totals(studentId) {
      const tally = seenTime.get(studentId);
      return { lastSeenAt: tally?.lastSeenAt ?? null, secondsSeen: (tally?.seenMs ?? 0) / 1000 };
    },
    watchedSeconds: () => (specs.length === 0 ? null : (watchedTime.get(ANYBODY)?.seenMs ?? 0) / 1000),
    closed(closedAt) {
      hub.send(sessionId, 'session:closed', { sessionId, closedAt: closedAt.toISOString() });
    },
  };
  return self;
}

function waitingStatus(
  sessionId: string,
  streamId: string,
  cameraId: string,
  reason: string,
): StreamStatusView {
  const since = new Date().toISOString();
  const picture = { retryAt: null, width: null, height: null, load: 'full' } as const;
  return { sessionId, streamId, cameraId, state: 'connecting', reason, since, ...picture };
}

function facesOf(specs: readonly StreamSpec[]): Set<string> {
  return new Set(specs.flatMap((spec) => spec.gallery.map((entry) => entry.studentId)));
}
