import { BEAT_MS, LEASE_SECONDS } from '../../cluster/leases.ts';
import type { AppContext } from '../../context.ts';
import type { LiveSession } from './live-session.ts';

/**
 * Keeps the sessions of this server its own, and takes those over that nobody runs: what was open when a server ended,
 * here or elsewhere. A server that could not say for a while that it is there stops its sessions, because another one
 * has them by then; a server that is alone goes on.
 */
export interface Keeper {
  start(): void;
  /** Looks soon for sessions that nobody runs. */
  wake(): void;
  /** Other servers that were there a moment ago. */
  others(): number;
  close(): Promise<void>;
}

export interface Kept {
  sessions(): Iterable<LiveSession>;
  find(sessionId: string): LiveSession | null;
  /** Another server runs it now: its streams end here, the session goes on. */
  lose(session: LiveSession): void;
  /** Null: somebody was faster, or it is closed. */
  resume(tenantId: string, sessionId: string): Promise<LiveSession | null>;
}

export function createKeeper(context: AppContext, kept: Kept): Keeper {
  const { log } = context;
  const { leases } = context.cluster;
  let timer: NodeJS.Timeout | null = null;
  let beating: Promise<void> | null = null;
  const adopting = new Set<string>();
  let closing = false;
  let others = 0;
  let lastBeat = performance.now();

  function beat(): Promise<void> {
    beating ??= beatOnce().finally(() => {
      beating = null;
    });
    return beating;
  }

  async function beatOnce(): Promise<void> {
    // One that is opened while the database is asked is not in its answer.
    const before = [...kept.sessions()];
    const asked = performance.now();
    try {
      const answer = await leases.beat();
      if (answer.others > 0 && others === 0 && context.config.redisUrl === null) {
        log.warn('there are other servers on this database, and without REDIS_URL their sockets stay apart');
      }
      others = answer.others;
      lastBeat = asked;
      for (const session of before) {
        if (kept.find(session.id) !== session || answer.mine.has(session.id)) continue;
        log.warn({ sessionId: session.id }, 'another server runs the session now');
        kept.lose(session);
      }
    } catch (error) {
      log.debug({ err: error }, 'this server could not say that it is there');
      if (others === 0 || performance.now() - lastBeat < LEASE_SECONDS * 1000) return;
      for (const session of before) {
        if (kept.find(session.id) !== session) continue;
        log.warn(
          { sessionId: session.id },
          'the session is left to another server: no word with the database',
        );
        kept.lose(session);
      }
      return;
    }
    await adopt().catch((error) => log.debug({ err: error }, 'free sessions could not be looked for'));
  }

  async function adopt(): Promise<void> {
    // Side by side: one whose camera waits for a video worker does not hold up those without.
    for (const { tenantId, sessionId } of await leases.free()) {
      if (closing || adopting.has(sessionId)) continue;
      adopting.add(sessionId);
      kept
        .resume(tenantId, sessionId)
        .then((session) => {
          if (!session) return;
          log.info({ sessionId }, 'an open session goes on');
          context.hub.send(sessionId, 'session:snapshot', session.snapshot());
        })
        .catch((error) =>
          log.error({ err: error, sessionId }, 'an open session could not be resumed yet; trying again'),
        )
        .finally(() => adopting.delete(sessionId));
    }
  }

  return {
    start() {
      timer = setInterval(() => void beat(), BEAT_MS);
      void beat();
    },
    wake: () => void beat(),
    others: () => others,
    async close() {
      closing = true;
      if (timer) clearInterval(timer);
      await beating;
    },
  };
}
