import { io, type Socket } from 'socket.io-client';
import type { TokenKeeper } from './tokens.ts';
import type { LiveEvents, LiveSnapshot } from './types.ts';

export type LiveConnection = 'connecting' | 'online' | 'lost';

export interface LiveRefusal {
  code: string;
  message: string;
}

type JoinAnswer = { ok: true; snapshot: LiveSnapshot } | { ok: false; error: LiveRefusal };

interface ToServer {
  'session:join': (body: { sessionId: string }, answer: (ack: JoinAnswer) => void) => void;
  'session:leave': (body: { sessionId: string }) => void;
  'session:watch': (body: { sessionId: string; streamId: string | null; width?: number }) => void;
}

type FromServer = { [Name in keyof LiveEvents]: (payload: LiveEvents[Name]) => void };

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

export interface LiveClientOptions {
  /** Origin of the server; empty for the page's own. */
  baseUrl: string;
  tokens: TokenKeeper;
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
const CONNECT_AGAIN_MS = 2_000;
/** A connection that the server ended sooner than this is not tried again at once. */
const LASTED_MS = 1_000;
/** A token that was replaced this often in a row and is still refused will not become good. */
const REFUSED_AT_MOST = 3;
/** Refusals that a new access token may cure; others (the server is starting) pass by themselves. */
const ABOUT_THE_TOKEN = new Set(['unauthenticated', 'token-expired', 'unauthorized']);

/** Follows one session until `leave()`: joins, joins again after every reconnection, and keeps watching. */
export function joinSession(
  options: LiveClientOptions,
  sessionId: string,
  handlers: LiveHandlers,
): LiveSession {
  const { baseUrl, tokens } = options;
  let watched: { streamId: string; width: number | undefined } | null = null;
  let left = false;
  let refusals = 0;
  let connectedAtMs = 0;
  let retry: ReturnType<typeof setTimeout> | null = null;

  const socket: Socket<FromServer, ToServer> = io(`${baseUrl}/live`, {
    auth: (send) => {
      // Without an answer from the token endpoint the stale token goes out, and the refusal starts another round.
      tokens.accessToken().then(
        (token) => send({ token }),
        () => send({ token: tokens.current()?.accessToken ?? null }),
      );
    },
    transports: ['websocket', 'polling'],
    reconnectionDelay: 300,
    reconnectionDelayMax: 4_000,
    forceNew: true,
  });

  const connection = (state: LiveConnection) => {
    if (!left) handlers.onConnection?.(state);
  };

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
      refusals = 0;
      handlers.onEvent('session:snapshot', answer.snapshot);
      connection('online');
      if (watched) sendWatch(watched.streamId, watched.width);
    });
  };

  const sendWatch = (streamId: string | null, width?: number) => {
    if (socket.connected) socket.emit('session:watch', { sessionId, streamId, ...(width ? { width } : {}) });
  };

  socket.on('connect', () => {
    connectedAtMs = Date.now();
    join();
  });
  socket.on('disconnect', (reason) => {
    connection('lost');
    // socket.io does not reconnect by itself after the server hung up, which is how an expired sign-in ends.
    if (reason === 'io server disconnect')
      reconnect(Date.now() - connectedAtMs < LASTED_MS ? CONNECT_AGAIN_MS : 0);
  });
  socket.on('connect_error', (error) => {
    connection('lost');
    const code = refusalCode(error);
    if (!code) return;
    if (!ABOUT_THE_TOKEN.has(code)) {
      reconnect(CONNECT_AGAIN_MS);
      return;
    }
    refusals += 1;
    const stale = tokens.current();
    if (!stale || refusals > REFUSED_AT_MOST) {
      leave();
      handlers.onRefused?.({ code, message: error.message });
      return;
    }
    tokens.renew(stale.accessToken).then(
      () => reconnect(0),
      () => reconnect(CONNECT_AGAIN_MS),
    );
  });
  for (const name of EVENT_NAMES) subscribe(name);

  function subscribe<Name extends keyof LiveEvents>(name: Name) {
    const listener = (payload: LiveEvents[Name]) => {
      if (!left) handlers.onEvent(name, payload);
    };
    // The typed overloads cannot follow a generic name; payloads are typed by LiveEvents on both sides.
    (socket as unknown as { on(event: string, listener: (payload: LiveEvents[Name]) => void): void }).on(
      name,
      listener,
    );
  }

  function reconnect(delayMs: number) {
    if (left || retry) return;
    retry = setTimeout(() => {
      retry = null;
      if (!left && !socket.connected) socket.connect();
    }, delayMs);
  }

  function leave() {
    if (left) return;
    if (socket.connected) socket.emit('session:leave', { sessionId });
    left = true;
    if (retry) clearTimeout(retry);
    socket.disconnect();
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

/** A middleware of the server refused the handshake (as against a network that failed): it attaches a code. */
function refusalCode(error: Error): string | null {
  const { data } = error as Error & { data?: { code?: unknown } };
  return typeof data?.code === 'string' ? data.code : null;
}
