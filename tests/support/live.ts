import { io, type Socket } from 'socket.io-client';
import type { Snapshot, StreamStatusView } from '../../server/features/sessions/schemas.ts';
import type { ClientEvents, JoinAnswer, ServerEvents } from '../../server/realtime/topics.ts';

export type LiveSocket = Socket<ServerEvents, ClientEvents>;

/** A socket on `/live` that remembers every event, for tests that ask what was said. */
export interface LiveTap {
  socket: LiveSocket;
  events: { name: string; payload: unknown }[];
  join(sessionId: string): Promise<JoinAnswer>;
  joined(sessionId: string): Promise<Snapshot>;
  /** Resolves with the first event, past or future, that fits. */
  until<T = unknown>(name: string, fits?: (payload: T) => boolean, timeoutMs?: number): Promise<T>;
  /** Resolves when a stream of the session that was joined is live, as it may have been before. */
  live(snapshot: Snapshot, timeoutMs?: number): Promise<void>;
  close(): void;
}

export function tapLive(url: string, token: string | null): LiveTap {
  const socket: LiveSocket = io(`${url}/live`, {
    auth: { token },
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  const events: LiveTap['events'] = [];
  const waiting = new Set<() => void>();
  socket.onAny((name: string, payload: unknown) => {
    // Overlays come many times a second.
    if (events.length > 20_000) events.splice(0, 10_000);
    events.push({ name, payload });
    for (const look of waiting) look();
  });
  const tap: LiveTap = {
    socket,
    events,
    join: (sessionId) =>
      socket.timeout(15_000).emitWithAck('session:join', { sessionId }) as Promise<JoinAnswer>,
    async joined(sessionId) {
      const answer = await tap.join(sessionId);
      if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
      return answer.snapshot;
    },
    until: <T>(name: string, fits: (payload: T) => boolean = () => true, timeoutMs = 30_000) =>
      new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`No fitting ${name} within ${timeoutMs} ms; ${summary(events)}`));
        }, timeoutMs);
        const look = (): void => {
          const found = events.find((event) => event.name === name && fits(event.payload as T));
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found.payload as T);
        };
        waiting.add(look);
        look();
      }),
    async live({ streams }, timeoutMs) {
      if (streams.some(({ state }) => state === 'live')) return;
      await tap.until<StreamStatusView>('stream:status', ({ state }) => state === 'live', timeoutMs);
    },
    close: () => socket.disconnect(),
  };
  return tap;
}

function summary(events: LiveTap['events']): string {
  const counts = new Map<string, number>();
  for (const { name } of events) counts.set(name, (counts.get(name) ?? 0) + 1);
  return `seen: ${JSON.stringify(Object.fromEntries(counts))}`;
}

/** Repeats until it holds. */
export async function eventually(check: () => Promise<boolean> | boolean, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (await check()) return;
    if (Date.now() > end) throw new Error(`It did not come true within ${timeoutMs} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
