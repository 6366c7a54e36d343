import { connectLive, type LiveConnection, type LiveRefusal, type LiveSocketOptions } from './live-socket.ts';
import type { LiveEvents } from './types.ts';

export interface LiveHandlers {
  /** Every event of the session; a snapshot comes first and again after each reconnection. */
  onEvent<Name extends keyof LiveEvents>(name: Name, payload: LiveEvents[Name]): void;
  onConnection?(state: LiveConnection): void;
  /** The server will not let this user in; no further attempt is made. */
  onRefused?(refusal: LiveRefusal): void;
}

export interface LiveSession {
  /** Pictures of one stream, at most `width` pixels wide; null stops them. Kept over reconnections. */
  watch(streamId: string | null, width?: number): void;
  leave(): void;
}

const EVENT_NAMES = [
  'session:snapshot',
  'session:faces',
  'session:picture',
  'session:metrics',
  'attendance:marked',
  'attendance:changed',
  'review:asked',
  'review:settled',
  'stream:status',
  'session:closed',
  'qr:code',
  'notification',
  'alert',
] as const satisfies readonly (keyof LiveEvents)[];

const JOIN_TIMEOUT_MS = 10_000;

/** Follows one session until `leave()`: joins, joins again after every reconnection, and keeps watching. */
export function joinSession(
  options: LiveSocketOptions,
  sessionId: string,
  handlers: LiveHandlers,
): LiveSession {
  let watched: { streamId: string; width: number | undefined } | null = null;
  let left = false;

  const connection = (state: LiveConnection) => {
    if (!left) handlers.onConnection?.(state);
  };
  const live = connectLive(options, {
    onConnect: () => join(),
    onLost: () => connection('lost'),
    onRefused(refusal) {
      left = true;
      handlers.onRefused?.(refusal);
    },
  });
  const { socket } = live;

  const join = () => {
    socket.timeout(JOIN_TIMEOUT_MS).emit('session:join', { sessionId }, (timedOut, answer) => {
      if (left) return;
      // No answer: start over with a new connection rather than sit on one that is half alive.
      if (timedOut) {
        socket.disconnect().connect();
        return;
      }
      if (!answer.ok) {
        leave();
        handlers.onRefused?.(answer.error);
        return;
      }
      live.settled();
      handlers.onEvent('session:snapshot', answer.snapshot);
      connection('online');
      if (watched) sendWatch(watched.streamId, watched.width);
    });
  };

  const sendWatch = (streamId: string | null, width?: number) => {
    if (socket.connected) socket.emit('session:watch', { sessionId, streamId, ...(width ? { width } : {}) });
  };

  for (const name of EVENT_NAMES) live.on(name, (payload) => handlers.onEvent(name, payload));

  function leave() {
    if (left) return;
    if (socket.connected) socket.emit('session:leave', { sessionId });
    left = true;
    live.close();
  }

  connection('connecting');
  return {
    watch(streamId, width) {
      watched = streamId ? { streamId, width } : null;
      sendWatch(streamId, width);
    },
    leave,
  };
}
