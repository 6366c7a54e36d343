import { EventEmitter } from 'node:events';
import { and, eq, inArray } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { classSessions, recordings } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { publish } from '../../jobs/outbox.ts';
import type { Feed } from '../../streaming/feeds.ts';
import type { RecordingMessage } from '../../streaming/recorder.ts';
import type { RtpFeed } from '../../streaming/sfu/room.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import { createFigures, isDiskProblem, type RecordingFigures } from './figures.ts';
import { defineRemoval, existing, folderOf, removeFolder } from './files.ts';
import { told } from './finish.ts';
import { type PlannedRecording, planRecordings } from './plan.ts';
import { assertMayRecord } from './rules.ts';
import { createTape, type Tape } from './tape.ts';

/**
 * Records the open sessions of this server whose switch is on, a recording for each camera. What is recorded follows
 * from the switch on disk: after a restart, on another server, with a camera that came later.
 */
export interface Recorder {
  /** Brings what is recorded of a session into line with its switch. */
  align(session: LiveSession): Promise<void>;
  /** Tells a publisher whether its picture is recorded, now and at every change; returns how to stop that. */
  follow(of: { sessionId: string; studentId: string | null }, tell: (on: boolean) => void): () => void;
  /** Stops what the institution no longer allows, and recordings that were removed. */
  check(): Promise<void>;
  stats(): RecordingFigures;
  close(): Promise<void>;
}

interface Active {
  id: string;
  tenantId: string;
  sessionId: string;
  streamId: string;
  tape: Tape;
  problem: string | null;
  /** Written since this server has it. */
  segments: number;
  /** By the clock of rules; null: no failure of it was announced yet. */
  announcedAt: number | null;
  feed: Feed | null;
  rtp: RtpFeed | null;
  ended: Promise<void>;
  onEnded(): void;
}

const CHECK_MS = 15_000;
const FEED_RETRY_MS = 2000;
const CLOSE_MS = 5000;
/** A disk at its limit fails and works in turns: one announcement is enough for so long. */
const ANNOUNCE_MS = 10 * 60_000;

export function createRecorder(context: AppContext): Recorder {
  const { db, log, supervisor, live } = context;
  const active = new Map<string, Active>();
  const figures = createFigures();
  /** Of one session one after the other. */
  const turns = new Map<string, Promise<void>>();
  /** The sign of a session, by its id. */
  const signs = new EventEmitter<Record<string, [on: boolean]>>().setMaxListeners(0);
  let closing = false;
  defineRemoval(context);

  live.events.on('taken', soon);
  live.events.on('changed', soon);
  live.events.on('dropped', (session) => {
    for (const one of of(session.id)) supervisor.recordings.stop(one.id);
  });
  supervisor.events.on('recording', receive);
  context.events.on('student:erased', () => void check().catch(failed));
  const timer = setInterval(() => void check().catch(failed), CHECK_MS);
  timer.unref();

  const of = (sessionId: string): Active[] =>
    [...active.values()].filter((one) => one.sessionId === sessionId);
  const failed = (error: unknown): void => log.error({ err: error }, 'recordings could not be looked after');

  function soon(session: LiveSession): void {
    if (session.row.recordingSince === null && of(session.id).length === 0) return;
    align(session).catch(failed);
  }

  function align(session: LiveSession): Promise<void> {
    const before = turns.get(session.id) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => bringIntoLine(session));
    turns.set(session.id, turn);
    const over = () => {
      if (turns.get(session.id) === turn) turns.delete(session.id);
    };
    turn.then(over, over);
    return turn;
  }

  async function bringIntoLine(session: LiveSession): Promise<void> {
    if (closing || live.find(session.id) !== session) return;
    const { tenantId } = session;
    const { since, wanted, starting } = await db.tenant(tenantId, (tx) =>
      planRecordings(context, tx, session),
    );
    // The sign is there before the first picture is kept, and goes after the last.
    if (since !== null) show(session, since);
    for (const one of of(session.id)) {
      if (wanted.has(one.id)) continue;
      supervisor.recordings.stop(one.id);
      await within(CLOSE_MS, one.ended);
    }
    if (closing || live.find(session.id) !== session) return;
    for (const recording of starting) if (!active.has(recording.id)) begin(session, recording);
    if (since === null) show(session, null);
    else tellProblem(session);
  }

  function show(session: LiveSession, since: Date | null): void {
    session.setRecording(since, null);
    signs.emit(session.id, since !== null);
  }

  function begin(session: LiveSession, starting: PlannedRecording): void {
    const { id, streamId, source } = starting;
    const { tenantId } = session;
    let onEnded = (): void => {};
    const ended = new Promise<void>((resolve) => {
      onEnded = resolve;
    });
    const one: Active = {
      ...{ id, tenantId, sessionId: session.id, streamId, ended, onEnded },
      ...{ problem: null, segments: 0, announcedAt: null, feed: null, rtp: null },
      tape: createTape(context, { tenantId, recordingId: id }, () => supervisor.recordings.stop(id)),
    };
    active.set(id, one);
    supervisor.recordings.start({
      recordingId: id,
      source,
      dir: folderOf(context, tenantId, id),
      key: starting.key,
      firstSeq: starting.firstSeq,
      minFreeBytes: context.config.recordings.minFreeBytes,
    });
    if (source.kind === 'webrtc') void follow(one);
  }

  /** A publisher's packets come out of the media worker; whenever it has others, the recording goes on from those. */
  async function follow(one: Active): Promise<void> {
    try {
      const feed = await context.feeds.open(one.streamId);
      if (active.get(one.id) !== one) return feed.close();
      one.feed = feed;
      const turn = (): void => {
        one.rtp?.close();
        one.rtp = null;
        const { producer } = feed;
        const codec = producer ? feed.room.codecOf(producer) : null;
        supervisor.recordings.setSource(one.id, { kind: 'webrtc', codec });
      };
      feed.onChange(turn);
      if (feed.producer) turn();
    } catch (error) {
      log.debug({ err: error, recordingId: one.id }, 'no media worker to record from; trying again');
      setTimeout(() => {
        if (active.get(one.id) === one && one.feed === null) void follow(one);
      }, FEED_RETRY_MS).unref();
    }
  }

  function receive(message: RecordingMessage): void {
    const one = active.get(
      message.type === 'recording:segment' ? message.segment.recordingId : message.recordingId,
    );
    if (!one) return;
    switch (message.type) {
      case 'recording:segment':
        one.segments++;
        figures.wrote(message.segment.bytes);
        one.tape.add(message.segment);
        return;
      case 'recording:status':
        tellStatus(one, message.problem);
        return;
      case 'recording:rtp':
        forward(one, message);
        return;
      case 'recording:key-frame':
        one.rtp?.requestKeyFrame();
        return;
      case 'recording:ended':
        end(one);
        return;
    }
  }

  function forward(one: Active, ports: { rtpPort: number; rtcpPort: number }): void {
    const { feed } = one;
    const producer = feed?.producer;
    one.rtp?.close();
    one.rtp = null;
    if (!feed || !producer) return;
    feed.room.feed(producer, ports).then(
      (rtp) => {
        if (active.get(one.id) !== one || feed.producer !== producer || one.rtp !== null) rtp.close();
        else one.rtp = rtp;
      },
      (error: unknown) => {
        if (!producer.closed) log.warn({ err: error, recordingId: one.id }, 'a stream could not be recorded');
      },
    );
  }

  function tellStatus(one: Active, problem: string | null): void {
    one.problem = problem;
    if (problem !== null) figures.fell(problem);
    // Who hears of it and asks finds it noted; it is told all the same where that could not be done.
    db.tenant(one.tenantId, (tx) => note(tx, one, problem))
      .catch((error: unknown) => log.debug({ err: error }, 'the state of a recording was not noted'))
      .finally(() => {
        const session = live.find(one.sessionId);
        if (session) tellProblem(session);
      });
  }

  async function note(tx: Tx, one: Active, problem: string | null): Promise<void> {
    const [noted] = await tx
      .update(recordings)
      .set({ problem })
      .where(eq(recordings.id, one.id))
      .returning(told);
    const now = context.clock.now();
    const late = one.announcedAt === null || now - one.announcedAt >= ANNOUNCE_MS;
    if (!noted || problem === null || !isDiskProblem(problem) || !late) return;
    await publish(tx, one.tenantId, 'recording.failed', { ...noted, reason: problem });
    one.announcedAt = now;
  }

  function tellProblem(session: LiveSession): void {
    const problem = of(session.id).find((one) => isDiskProblem(one.problem))?.problem;
    session.setRecording(session.row.recordingSince, problem ?? null);
  }

  function end(one: Active): void {
    one.rtp?.close();
    one.feed?.close();
    active.delete(one.id);
    one.onEnded();
    void one.tape.drained().finally(() => {
      one.tape.close();
      void settle(one).catch(failed);
    });
  }

  /** Nothing of a recording that was removed while it was written stays on the disk, and no row without a picture. */
  async function settle({ id, tenantId, sessionId }: Active): Promise<void> {
    if (closing) return;
    const kept = await db.tenant(tenantId, async (tx) => {
      // Switched on and off without a picture between.
      const nothing = and(
        eq(recordings.id, id),
        eq(recordings.status, 'finished'),
        eq(recordings.segments, 0),
      );
      await tx.delete(recordings).where(nothing);
      return existing(tx, [id]);
    });
    if (!kept.has(id)) await removeFolder(context, tenantId, id);
    const session = live.find(sessionId);
    if (session) tellProblem(session);
  }

  async function check(): Promise<void> {
    for (const tenantId of new Set([...active.values()].map((one) => one.tenantId))) {
      const own = [...active.values()].filter((one) => one.tenantId === tenantId);
      const sessionIds = [...new Set(own.map((one) => one.sessionId))];
      const { allowed, kept } = await db.tenant(tenantId, async (tx) => {
        const allowed = await isAllowed(tx, tenantId);
        if (!allowed)
          await tx
            .update(classSessions)
            .set({ recordingSince: null })
            .where(inArray(classSessions.id, sessionIds));
        const ids = own.map(({ id }) => id);
        return { allowed, kept: await existing(tx, ids) };
      });
      const touched = new Set(own.filter(({ id }) => !allowed || !kept.has(id)).map((one) => one.sessionId));
      for (const sessionId of touched) {
        const session = live.find(sessionId);
        if (session) await align(session);
      }
    }
  }

  return {
    align,
    follow({ sessionId, studentId }, tell) {
      // A student's own camera is not recorded.
      if (studentId !== null) return () => undefined;
      let told = false;
      const changed = (on: boolean): void => {
        if (on !== told) tell(on);
        told = on;
      };
      changed(live.find(sessionId)?.row.recordingSince != null);
      signs.on(sessionId, changed);
      return () => signs.off(sessionId, changed);
    },
    check,
    stats: () => figures.read(active.values()),
    async close() {
      closing = true;
      clearInterval(timer);
      const running = [...active.values()];
      for (const { id } of running) supervisor.recordings.stop(id);
      const all = Promise.all(running.map(({ ended, tape }) => ended.then(() => tape.drained())));
      await within(CLOSE_MS, all);
      for (const { tape } of running) tape.close();
    },
  };
}

/** A worker that hangs holds nothing up. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    late = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(late);
}

async function isAllowed(tx: Tx, tenantId: string): Promise<boolean> {
  try {
    await assertMayRecord(tx, tenantId);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}
