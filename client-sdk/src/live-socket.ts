import { io, type Socket } from 'socket.io-client';
import type { TokenKeeper } from './tokens.ts';
import type { LiveEvents, LiveSnapshot } from './types.ts';

export type LiveConnection = 'connecting' | 'online' | 'lost';

export interface LiveRefusal {
  code: string;
  message: string;
}

export type JoinAnswer = { ok: true; snapshot: LiveSnapshot } | { ok: false; error: LiveRefusal };

interface ToServer {
  'session:join': (body: { sessionId: string }, answer: (ack: JoinAnswer) => void) => void;
  'session:leave': (body: { sessionId: string }) => void;
  'session:watch': (body: { sessionId: string; streamId: string | null; width?: number }) => void;
}

type FromServer = { [Name in keyof LiveEvents]: (payload: LiveEvents[Name]) => void };

export interface LiveSocketOptions {
  /** Origin of the server; empty for the page's own. */
  baseUrl: string;
  tokens: TokenKeeper;
}

export interface LiveSocketHandlers {
  /** Connected, for the first time or again. */
  onConnect(): void;
  onLost(): void;
  /** The server will not let this user in; no further attempt is made. */
  onRefused(refusal: LiveRefusal): void;
}

export interface LiveSocket {
  readonly socket: Socket<FromServer, ToServer>;
  on<Name extends keyof LiveEvents>(name: Name, listener: (payload: LiveEvents[Name]) => void): void;
  /** The connection is good: refusals before it count no more. */
  settled(): void;
  close(): void;
}

const CONNECT_AGAIN_MS = 2_000;
/** A connection that the server ended sooner than this is not tried again at once. */
const LASTED_MS = 1_000;
/** A token that was replaced this often in a row and is still refused will not become good. */
const REFUSED_AT_MOST = 3;
/** Refusals that a new access token may cure; others (the server is starting) pass by themselves. */
const ABOUT_THE_TOKEN = new Set(['unauthenticated', 'token-expired', 'unauthorized']);

/** A connection to the `/live` namespace that comes back by itself, with a new access token where it needs one. */
export function connectLive(options: LiveSocketOptions, handlers: LiveSocketHandlers): LiveSocket {
  const { baseUrl, tokens } = options;
  let closed = false;
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

  socket.on('connect', () => {
    connectedAtMs = Date.now();
    if (!closed) handlers.onConnect();
  });
  socket.on('disconnect', (reason) => {
    if (!closed) handlers.onLost();
    // socket.io does not reconnect by itself after the server hung up, which is how an expired sign-in ends.
    if (reason === 'io server disconnect')
      reconnect(Date.now() - connectedAtMs < LASTED_MS ? CONNECT_AGAIN_MS : 0);
  });
  socket.on('connect_error', (error) => {
    if (!closed) handlers.onLost();
    const code = refusalCode(error);
    if (!code) return;
    if (!ABOUT_THE_TOKEN.has(code)) {
      reconnect(CONNECT_AGAIN_MS);
      return;
    }
    refusals += 1;
    const stale = tokens.current();
    if (!stale || refusals > REFUSED_AT_MOST) {
      close();
      handlers.onRefused({ code, message: error.message });
      return;
    }
    tokens.renew(stale.accessToken).then(
      () => reconnect(0),
      () => reconnect(CONNECT_AGAIN_MS),
    );
  });

  function reconnect(delayMs: number) {
    if (closed || retry) return;
    retry = setTimeout(() => {
      retry = null;
      if (!closed && !socket.connected) socket.connect();
    }, delayMs);
  }

  function close() {
    if (closed) return;
    closed = true;
    if (retry) clearTimeout(retry);
    socket.disconnect();
  }

  return {
    socket,
    on(name, listener) {
      // The typed overloads cannot follow a generic name; payloads are typed by LiveEvents on both sides.
      (socket as unknown as { on(event: string, listener: (payload: never) => void): void }).on(
        name,
        (payload) => {
          if (!closed) listener(payload);
        },
      );
    },
    settled() {
      refusals = 0;
    },
    close,
  };
}

/** A middleware of the server refused the handshake (as against a network that failed): it attaches a code. */
function refusalCode(error: Error): string | null {
  const { data } = error as Error & { data?: { code?: unknown } };
  return typeof data?.code === 'string' ? data.code : null;
}
