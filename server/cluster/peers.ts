import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { DomainEvents } from '../context.ts';
import type { Database } from '../db/client.ts';

/** What one server tells all others, by kind. Ids only: what they mean is read from the database. */
export interface PeerMessages {
  /** See `DomainEvents`. */
  domain: { [Name in keyof DomainEvents]: { name: Name; change: DomainEvents[Name][0] } }[keyof DomainEvents];
  /** Something of an open session was written by a server that does not run it. */
  session: { tenantId: string; sessionId: string };
  /** A person's word on a face that may still be on camera. */
  verdict: { streamId: string; trackId: number; studentId: string; verdict: 'confirmed' | 'rejected' };
  /** Whoever runs the session closes it. */
  close: { tenantId: string; sessionId: string; userId: string | null };
  /** What the sockets of a server follow: room → width of pictures, 1 where it has none, 0 no longer. */
  interest: { rooms: [room: string, width: number][] };
  /** A server has ended; its sessions are free. */
  left: Record<string, never>;
}

export type PeerMessage<Kind extends keyof PeerMessages> = PeerMessages[Kind] & { from: string };

/**
 * Word from server to server, through the notifications of the database that they share: it is there whenever there
 * is something to say. Nobody hears their own. What was said while a server was not listening is lost to it, and it is
 * told that there may have been something.
 */
export interface Peers {
  tell<Kind extends keyof PeerMessages>(kind: Kind, message: PeerMessages[Kind]): void;
  on<Kind extends keyof PeerMessages>(kind: Kind, listener: (message: PeerMessage<Kind>) => void): void;
  /** Called when messages may have been missed. */
  onMissed(listener: () => void): void;
  start(): void;
  /** Says what is left to say, for a moment. */
  close(): Promise<void>;
}

const CHANNEL = 'yoklama_peers';
/** Postgres takes 8,000 bytes. */
const LARGEST = 7500;
const MOST_WAITING = 20_000;
const RETRY_MS = 1000;
const CLOSE_MS = 2000;

export function createPeers(db: Database, serverId: string, log: Logger): Peers {
  const heard = new EventEmitter();
  const missed: (() => void)[] = [];
  let waiting: string[] = [];
  let speaking: Promise<void> | null = null;
  let closing = false;
  let connections = 0;

  async function speak(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, 1000);
      try {
        await db.system((tx) =>
          tx.execute(sql`select pg_notify(${CHANNEL}, text)
            from jsonb_array_elements_text(${JSON.stringify(bundles(batch))}::text::jsonb) as text`),
        );
        waiting.splice(0, batch.length);
      } catch (error) {
        if (closing) return;
        log.debug({ err: error }, 'the other servers cannot be told yet');
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  function listener(payload: string): void {
    for (const line of payload.split('\n')) {
      try {
        const { kind, ...message } = JSON.parse(line) as { kind: string; from: string };
        if (message.from !== serverId) heard.emit(kind, message);
      } catch (error) {
        log.error({ err: error }, 'another server’s word could not be followed');
      }
    }
  }

  async function listen(): Promise<void> {
    while (!closing) {
      try {
        await db.listen(CHANNEL, listener, () => {
          connections += 1;
          if (connections > 1) for (const look of missed) look();
        });
        return;
      } catch (error) {
        log.debug({ err: error }, 'the other servers cannot be heard yet');
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  return {
    tell(kind, message) {
      if (closing) return;
      const text = JSON.stringify({ kind, from: serverId, ...message });
      if (waiting.length >= MOST_WAITING) {
        log.error('too much to tell the other servers; the oldest of it is left out');
        waiting = waiting.slice(1000);
      }
      waiting.push(text);
      // What is said in one go is one transaction.
      speaking ??= Promise.resolve()
        .then(speak)
        .finally(() => {
          speaking = null;
        });
    },
    on: (kind, hear) => void heard.on(kind, hear),
    onMissed: (look) => void missed.push(look),
    start: () => void listen(),
    async close() {
      const ended = new AbortController();
      await Promise.race([
        speaking,
        pause(CLOSE_MS, undefined, { signal: ended.signal }).catch(() => undefined),
      ]);
      ended.abort();
      closing = true;
    },
  };
}

/** Several messages a notification, a line each; all of it is ASCII. */
function bundles(messages: readonly string[]): string[] {
  const found: string[] = [];
  let current = '';
  for (const message of messages) {
    if (current && current.length + message.length + 1 > LARGEST) {
      found.push(current);
      current = '';
    }
    current = current ? `${current}\n${message}` : message;
  }
  if (current) found.push(current);
  return found;
}
