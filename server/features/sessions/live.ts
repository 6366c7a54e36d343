import { EventEmitter } from 'node:events';
import type { IdentityDecision } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import type { Hub } from '../../realtime/hub.ts';
import { createJournal, type Journal } from '../attendance/journal.ts';
import { appendEvents, type RecordChange } from '../attendance/ledger.ts';
import { isPermanent } from '../attendance/permanent.ts';
import { createDownWatch } from '../notifications/down-watch.ts';
import { refreshSession } from './elsewhere.ts';
import { createFlusher } from './flusher.ts';
import { liveGate } from './gate.ts';
import { createKeeper } from './keeper.ts';
import { createLiveSession, type LiveSession } from './live-session.ts';
import { hasStreams, loadAddedStream, loadLiveSeed, reloadRoster } from './load.ts';
import { createReviewDesk, type ReviewDesk } from './review-desk.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { closeSession } from './service.ts';

/**
 * The open sessions of this server, each on one server only: gives the pipeline's messages to the session that they belong to, and what is
 * decided to the journal. Everything that must outlive the process is on disk; this can be rebuilt from it at any time.
 */
export interface Live {
  readonly events: EventEmitter<LiveEvents>;
  readonly journal: Journal;
  readonly reviews: ReviewDesk;
  /** Opens what the timetable says. */
  readonly scheduler: Scheduler;
  /** Resumes what was open when a server ended. Returns at once; streams start when a worker is ready. */
  start(): void;
  find(sessionId: string): LiveSession | null;
  /** The session that a stream of this server belongs to. */
  ofStream(streamId: string): LiveSession | null;
  /**
   * Takes an open session into memory and starts its streams. Null: it is closed, or another server runs it. `resumed`:
   * it ran before, in another process.
   */
  take(tenantId: string, sessionId: string, resumed?: boolean): Promise<LiveSession | null>;
  /** From now on nothing that the pipeline says changes the session; until `listen` or `drop`. */
  ignore(session: LiveSession): void;
  listen(session: LiveSession): void;
  /** A person's word on a face of a session, wherever that runs. */
  verdict(
    sessionId: string,
    word: { streamId: string; trackId: number; studentId: string; verdict: 'confirmed' | 'rejected' },
  ): void;
  /** A stream that was added on disk to an open session of this server. */
  addStream(tenantId: string, sessionId: string, streamId: string): Promise<void>;
  /** A stream that has ended on disk while its session goes on. */
  removeStream(sessionId: string, streamId: string): void;
  /** Stops the streams and forgets the session. */
  drop(session: LiveSession): void;
  /** Writes what is held of a session: seen times, buckets, the highest track ids. */
  flush(): Promise<void>;
  stats(): { sessions: number; held: number };
  close(): Promise<void>;
}

export interface LiveEvents {
  /** A session runs here from now on. */
  taken: [session: LiveSession];
  /** It has another stream, or another server has written to it. */
  changed: [session: LiveSession];
  /** It runs here no longer: closed, or another server's. */
  dropped: [session: LiveSession];
}

const TICK_MS = 1000;
const FLUSH_MS = 10_000;
const RETRY_MS = 2000;

export function createLive(context: AppContext, hub: Hub): Live {
  const { db, log, supervisor, clock } = context;
  const events: Live['events'] = new EventEmitter();
  const sessions = new Map<string, LiveSession>();
  const byStream = new Map<string, LiveSession>();
  const due = new Set<string>();
  let closing = false;
  let databaseAway = false;

  const journal = createJournal({
    log,
    write: (tenantId, drafts) => db.tenant(tenantId, (tx) => appendEvents(tx, tenantId, drafts)),
    committed: (_tenantId, changes) => announce(changes),
    isPermanent,
    onTrouble: (trouble) => setDatabaseAway(trouble !== null),
  });
  const reviews = createReviewDesk(context);
  const downWatch = createDownWatch(context);
  const flusher = createFlusher(context, {
    sessions: () => sessions.values(),
    onResult: (written) => {
      if (!written) setDatabaseAway(true);
      else if (journal.held() === 0) setDatabaseAway(false);
    },
  });

  function setDatabaseAway(away: boolean): void {
    if (away === databaseAway) return;
    databaseAway = away;
    hub.alert(
      away
        ? {
            code: 'database-unavailable',
            message: 'Marks are held until the database is back; none is lost.',
          }
        : { code: 'database-back', message: 'Marks are being kept again.' },
    );
  }

  function announce(changes: readonly RecordChange[]): void {
    const bySession = new Map<string, RecordChange[]>();
    for (const change of changes) {
      const list = bySession.get(change.after.sessionId);
      if (list) list.push(change);
      else bySession.set(change.after.sessionId, [change]);
    }
    for (const [sessionId, list] of bySession) {
      const session = sessions.get(sessionId);
      if (!session) continue;
      session.commit(list);
      for (const { after } of list) {
        if (after.status === 'present' || after.status === 'late')
          void reviews.retire(session, after.studentId);
      }
    }
  }

  function decide(decision: IdentityDecision): void {
    const session = byStream.get(decision.streamId);
    // Consent may have been withdrawn while the worker was voting.
    if (!session?.person(decision.studentId)?.consents.face) return;
    if (decision.verdict === 'review') {
      if (!session.isDecided(decision.studentId)) void reviews.ask(session, decision);
      return;
    }
    const kind = session.takeEvidence(decision);
    if (kind === null) return;
    const taken = journal.append(session.tenantId, {
      id: newId(),
      sessionId: session.id,
      studentId: decision.studentId,
      type: kind === 'first' ? 'marked' : 'seen',
      method: 'face',
      confidence: decision.confidence,
      at: new Date(decision.firstSeenAtMs),
      streamId: decision.streamId,
      trackId: decision.trackId,
      data: {
        score: decision.score,
        margin: decision.margin,
        votes: decision.votes,
        decidedAt: new Date(decision.decidedAtMs).toISOString(),
      },
    });
    if (!taken) log.error({ sessionId: session.id }, 'the journal is full; a decision was not taken');
  }

  supervisor.events.on('observation', (observation) =>
    byStream.get(observation.streamId)?.observe(observation),
  );
  supervisor.events.on('identity', decide);
  supervisor.events.on('metrics', (metrics) => byStream.get(metrics.streamId)?.metrics(metrics));
  supervisor.events.on('engagement', (bucket) => {
    const session = byStream.get(bucket.streamId);
    if (session) flusher.keep(session, bucket);
  });
  supervisor.events.on('status', (status) => {
    const session = byStream.get(status.streamId);
    if (!session) return;
    session.status(status);
    downWatch.status(session.tenantId, session.id, status);
  });
  supervisor.events.on('picture', (picture) => {
    const session = byStream.get(picture.streamId);
    if (!session) return;
    const { streamId, seq, atMs, width, height, jpeg } = picture;
    hub.sendPicture({ sessionId: session.id, streamId, seq, atMs, width, height, jpeg });
  });
  supervisor.events.on('worker-exit', () => {
    for (const session of sessions.values()) {
      hub.alert({
        code: 'worker-restarted',
        sessionId: session.id,
        message: 'Video analysis ended unexpectedly and is being started again.',
      });
    }
  });
  context.events.on('gallery:changed', ({ tenantId, studentId }) => {
    void reload(tenantId, () => true).then(() => dropQuestions(tenantId, studentId));
  });
  context.events.on('student:changed', ({ tenantId }) => void reload(tenantId, () => true));
  context.events.on('student:erased', ({ tenantId, studentId }) => {
    for (const session of sessions.values()) {
      if (session.tenantId !== tenantId) continue;
      for (const review of session.openReviews()) {
        if (review.studentId === studentId) reviews.dropFace(review.id);
      }
      session.forget(studentId);
    }
    void reload(tenantId, () => true);
  });
  context.events.on('roster:changed', ({ tenantId, courseId }) => {
    void reload(tenantId, (session) => session.courseId === courseId);
  });

  async function reload(tenantId: string, which: (session: LiveSession) => boolean): Promise<void> {
    const model = supervisor.info()?.embeddingModel ?? '';
    for (const session of sessions.values()) {
      if (session.tenantId !== tenantId || !which(session)) continue;
      try {
        const { roster, gallery } = await db.tenant(tenantId, (tx) =>
          reloadRoster(tx, context, tenantId, session.courseId, model),
        );
        if (sessions.get(session.id) !== session) continue;
        session.setRoster(roster);
        session.setGallery(gallery);
        for (const spec of session.specs()) supervisor.setGallery(spec.streamId, spec.gallery);
        hub.send(session.id, 'session:snapshot', session.snapshot());
      } catch (error) {
        // Withdrawn consent must not wait for the next change.
        log.error({ err: error, sessionId: session.id }, 'the gallery of a session could not be read anew');
        setTimeout(() => void reload(tenantId, (other) => other === session), RETRY_MS).unref();
      }
    }
  }

  /** Without consent nobody may be asked about the student either. */
  async function dropQuestions(tenantId: string, studentId: string): Promise<void> {
    for (const session of sessions.values()) {
      if (session.tenantId !== tenantId || session.person(studentId)?.consents.face !== false) continue;
      await reviews.retire(session, studentId);
    }
  }

  async function take(tenantId: string, sessionId: string, resumed = false): Promise<LiveSession | null> {
    const known = sessions.get(sessionId);
    if (known) return known;
    // Without cameras there is nothing to wait for: a class that marks itself by code needs no video worker.
    const onCamera = await db.tenant(tenantId, (tx) => hasStreams(tx, sessionId));
    const embeddingModel = onCamera
      ? (await supervisor.ready()).embeddingModel
      : (supervisor.info()?.embeddingModel ?? '');
    if (!(await leases.acquire(tenantId, sessionId))) return null;
    const seed = await db.tenant(tenantId, (tx) =>
      loadLiveSeed(tx, context, tenantId, sessionId, { embeddingModel, resumed }),
    );
    // Closed meanwhile: the lease went with it, and is not to be left behind.
    if (!seed) await db.tenant(tenantId, (tx) => leases.end(tx, sessionId));
    if (!seed || closing) return null;
    const raced = sessions.get(sessionId);
    if (raced) return raced;
    const session = createLiveSession(seed, hub);
    sessions.set(sessionId, session);
    listen(session);
    for (const spec of session.specs()) {
      supervisor.startStream(spec);
      const width = hub.watched(spec.streamId);
      if (width !== null) supervisor.watch(spec.streamId, width);
    }
    events.emit('taken', session);
    return session;
  }

  function listen(session: LiveSession): void {
    for (const { streamId } of session.specs()) byStream.set(streamId, session);
  }

  async function addStream(tenantId: string, sessionId: string, streamId: string): Promise<void> {
    const { embeddingModel } = await supervisor.ready();
    const session = heldOf(tenantId, sessionId);
    if (!session) return;
    const added = await db.tenant(tenantId, (tx) =>
      loadAddedStream(tx, context, session, streamId, embeddingModel),
    );
    if (!added || sessions.get(sessionId) !== session) return;
    session.addStream(added.spec, added.camera);
    listen(session);
    supervisor.startStream(added.spec);
    events.emit('changed', session);
  }

  function removeStream(sessionId: string, streamId: string): void {
    context.publications.end(streamId);
    if (byStream.get(streamId)?.id !== sessionId) return;
    byStream.delete(streamId);
    supervisor.stopStream(streamId);
    downWatch.forget(streamId);
    sessions.get(sessionId)?.removeStream(streamId);
  }

  function ignore(session: LiveSession): void {
    for (const { streamId } of session.specs()) byStream.delete(streamId);
  }

  function drop(session: LiveSession): void {
    ignore(session);
    for (const { streamId } of session.specs()) {
      supervisor.stopStream(streamId);
      context.publications.end(streamId);
      downWatch.forget(streamId);
    }
    sessions.delete(session.id);
    reviews.forget(session.id);
    events.emit('dropped', session);
  }

  /** Another server has written to it. */
  async function refresh(session: LiveSession): Promise<void> {
    try {
      await refreshSession(context, session, (closedAt) => {
        if (sessions.get(session.id) !== session) return;
        session.closed(closedAt);
        drop(session);
      });
      if (sessions.get(session.id) === session) events.emit('changed', session);
    } catch (error) {
      log.warn({ err: error, sessionId: session.id }, 'a session could not be read anew; trying again');
      setTimeout(() => {
        if (sessions.get(session.id) === session) void refresh(session);
      }, RETRY_MS).unref();
    }
  }

  const { peers, leases } = context.cluster;
  const heldOf = (tenantId: string, sessionId: string): LiveSession | null => {
    const session = sessions.get(sessionId);
    return session?.tenantId === tenantId ? session : null;
  };
  peers.on('session', ({ tenantId, sessionId }) => {
    const session = heldOf(tenantId, sessionId);
    if (session) void refresh(session);
  });
  peers.on('verdict', ({ streamId, trackId, studentId, verdict }) => {
    if (byStream.has(streamId)) supervisor.verdict(streamId, trackId, studentId, verdict);
  });
  peers.on('close', ({ tenantId, sessionId, userId }) => {
    if (!heldOf(tenantId, sessionId)) return;
    closeSession(context, live, { tenantId, userId }, sessionId).catch((error) =>
      log.error({ err: error, sessionId }, 'a session could not be closed for another server'),
    );
  });
  peers.on('left', () => keeper.wake());
  peers.onMissed(() => {
    for (const session of sessions.values()) void refresh(session);
    for (const tenantId of new Set([...sessions.values()].map((session) => session.tenantId))) {
      void reload(tenantId, () => true);
    }
  });
  // What was sent to sockets of other servers while Redis was away may be lost.
  context.redis?.onUp(() => {
    for (const session of sessions.values()) {
      if (hub.hasAudienceElsewhere(session.id)) hub.send(session.id, 'session:snapshot', session.snapshot());
    }
  });

  function tick(): void {
    const now = clock.now();
    downWatch.tick(now);
    for (const session of sessions.values()) {
      session.tick(now);
      if (session.row.endsAt && session.row.endsAt.getTime() <= now) {
        closeDue(session).catch((error) =>
          log.error({ err: error, sessionId: session.id }, 'closing failed'),
        );
      }
    }
  }

  async function closeDue(session: LiveSession): Promise<void> {
    if (due.has(session.id)) return;
    due.add(session.id);
    try {
      await closeSession(context, live, { tenantId: session.tenantId, userId: null }, session.id);
    } catch (error) {
      log.error(
        { err: error, sessionId: session.id },
        'a session could not be closed at its end; trying again',
      );
    } finally {
      due.delete(session.id);
    }
  }

  const timers: NodeJS.Timeout[] = [];
  const live: Live = {
    events,
    journal,
    reviews,
    get scheduler() {
      return scheduler;
    },
    start() {
      timers.push(
        setInterval(tick, TICK_MS),
        setInterval(() => void flusher.flush(), FLUSH_MS),
      );
      keeper.start();
      scheduler.start();
    },
    find: (sessionId) => sessions.get(sessionId) ?? null,
    ofStream: (streamId) => byStream.get(streamId) ?? null,
    take,
    ignore,
    listen,
    addStream,
    removeStream,
    drop,
    verdict(sessionId, word) {
      const { streamId, trackId, studentId, verdict } = word;
      if (sessions.has(sessionId)) supervisor.verdict(streamId, trackId, studentId, verdict);
      else peers.tell('verdict', word);
    },
    flush: () => flusher.flush(),
    stats: () => ({ sessions: sessions.size, held: journal.held() }),
    async close() {
      closing = true;
      for (const timer of timers) clearInterval(timer);
      await scheduler.close();
      await keeper.close();
      for (const session of sessions.values()) {
        ignore(session);
        for (const { streamId } of session.specs()) supervisor.stopStream(streamId);
      }
      await journal.close();
      await flusher.flush(true);
    },
  };
  const keeper = createKeeper(context, {
    sessions: () => sessions.values(),
    find: (sessionId) => sessions.get(sessionId) ?? null,
    lose: drop,
    resume: (tenantId, sessionId) => take(tenantId, sessionId, true),
  });
  const scheduler = createScheduler(context, live);
  hub.open(liveGate(context, live));
  return live;
}
