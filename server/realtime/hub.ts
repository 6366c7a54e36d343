import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { type DefaultEventsMap, type Namespace, Server, type Socket } from 'socket.io';
import { Value } from 'typebox/value';
import type { Caller } from '../features/auth/tokens.ts';
import type { Snapshot } from '../features/sessions/schemas.ts';
import {
  type Alert,
  type ClientEvents,
  JoinSchema,
  type Picture,
  type ServerEvents,
  WatchSchema,
} from './topics.ts';
import { createWatchers } from './watchers.ts';

/** Who is on the other end of a socket, as its token says. */
export interface LiveUser extends Caller {
  /** Epoch milliseconds; the socket is closed then. */
  expiresAt: number;
}

export type Refusal = { code: string; message: string };

/** What the hub asks the rest of the server. */
export interface HubGate {
  /** Throws when the token is not good; the error's `code` reaches the client. */
  authenticate(token: string): Promise<LiveUser>;
  /**
   * Checks the caller's rights on a session. The snapshot is taken by the returned function, after the socket has
   * been put into the session's room: what is decided in between reaches it as an event or in the snapshot, or both.
   */
  join(
    user: LiveUser,
    sessionId: string,
  ): Promise<{ snapshot: () => Snapshot | Promise<Snapshot> } | { refusal: Refusal }>;
  /** Whether the stream is part of the session: rights are checked by session. */
  streamIsOf(sessionId: string, streamId: string): boolean;
  /** The widest picture anybody watches of a stream, null when nobody does. */
  watch(streamId: string, pictureWidth: number | null): void;
}

export interface Hub {
  /** Connects the hub to what answers it; before the first socket. */
  open(gate: HubGate): void;
  attach(server: HttpServer): void;
  /** To everybody who has joined the session; reliable and in order. */
  send<Name extends keyof ServerEvents>(
    sessionId: string,
    name: Name,
    ...payload: Parameters<ServerEvents[Name]>
  ): void;
  /** The same, dropped for a client whose connection is not keeping up. */
  sendVolatile<Name extends keyof ServerEvents>(
    sessionId: string,
    name: Name,
    ...payload: Parameters<ServerEvents[Name]>
  ): void;
  /** To every connection of one user. */
  sendUser<Name extends keyof ServerEvents>(
    userId: string,
    name: Name,
    ...payload: Parameters<ServerEvents[Name]>
  ): void;
  /** To those who watch the stream. */
  sendPicture(picture: Picture): void;
  alert(alert: Alert): void;
  /** Whether anybody has joined: what nobody sees need not be put together. */
  hasAudience(sessionId: string): boolean;
  stats(): { sockets: number };
  close(): Promise<void>;
}

interface SocketData {
  user: LiveUser;
  sessions: Set<string>;
}
type LiveSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>;

const MAX_SESSIONS_PER_SOCKET = 16;
const DEFAULT_PICTURE_WIDTH = 640;
export const SOCKET_PATH = '/socket.io/';

export function createHub(options: {
  log: Logger;
  /** Whether a page of that origin may open a socket. */
  origins: (origin: string) => Promise<boolean>;
}): Hub {
  const { log } = options;
  const io = new Server<ClientEvents, ServerEvents>({
    path: SOCKET_PATH,
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: 64 * 1024,
    destroyUpgrade: false,
    cors: {
      origin: (origin, callback) => {
        if (origin === undefined) return callback(null, false);
        options.origins(origin).then(
          (allowed) => callback(null, allowed),
          () => callback(null, false),
        );
      },
    },
  });
  const live: Namespace<ClientEvents, ServerEvents, DefaultEventsMap, SocketData> = io.of('/live');
  let gate: HubGate | null = null;
  const watchers = createWatchers((streamId, width) => gate?.watch(streamId, width));
  const room = (sessionId: string): string => `session ${sessionId}`;
  const audience = (streamId: string): string => `watch ${streamId}`;
  const person = (userId: string): string => `user ${userId}`;

  live.use((socket, next) => {
    const { token } = socket.handshake.auth as { token?: unknown };
    admit(typeof token === 'string' ? token : '').then(
      (user) => {
        socket.data = { user, sessions: new Set() };
        next();
      },
      (error: Error & { code?: string }) => {
        next(Object.assign(new Error(error.message), { data: { code: error.code ?? 'unauthorized' } }));
      },
    );
  });

  async function admit(token: string): Promise<LiveUser> {
    if (!gate) throw Object.assign(new Error('The server is starting.'), { code: 'starting' });
    return gate.authenticate(token);
  }

  live.on('connection', (socket) => {
    socket.join(person(socket.data.user.userId));
    const expiry = setTimeout(
      () => {
        socket.emit('alert', { code: 'token-expired', message: 'Sign in again to go on.' });
        socket.disconnect(true);
      },
      Math.min(2 ** 31 - 1, Math.max(0, socket.data.user.expiresAt - Date.now())),
    );
    socket.on('session:join', (body, answer) => {
      const reply = typeof answer === 'function' ? answer : () => {};
      join(socket, body).then(reply, (error) => {
        log.error({ err: error }, 'joining a session failed');
        reply({ ok: false, error: { code: 'internal', message: 'The session cannot be joined now.' } });
      });
    });
    socket.on('session:leave', (body) => {
      if (Value.Check(JoinSchema, body)) leave(socket, body.sessionId);
    });
    socket.on('session:watch', (body) => {
      if (Value.Check(WatchSchema, body)) watch(socket, body.sessionId, body.streamId, body.width);
    });
    socket.on('disconnect', () => {
      clearTimeout(expiry);
      watchers.forget(socket.id);
    });
  });

  async function join(socket: LiveSocket, body: unknown): ReturnType<typeof joined> {
    if (!Value.Check(JoinSchema, body))
      return refuse('invalid-request', 'A session is joined by its `sessionId`.');
    if (socket.data.sessions.size >= MAX_SESSIONS_PER_SOCKET) {
      return refuse(
        'too-many-sessions',
        `One connection follows at most ${MAX_SESSIONS_PER_SOCKET} sessions.`,
      );
    }
    return joined(socket, body.sessionId);
  }

  async function joined(
    socket: LiveSocket,
    sessionId: string,
  ): Promise<{ ok: true; snapshot: Snapshot } | { ok: false; error: Refusal }> {
    const answer = await gate!.join(socket.data.user, sessionId);
    if ('refusal' in answer) return { ok: false, error: answer.refusal };
    socket.data.sessions.add(sessionId);
    await socket.join(room(sessionId));
    return { ok: true, snapshot: await answer.snapshot() };
  }

  function leave(socket: LiveSocket, sessionId: string): void {
    socket.data.sessions.delete(sessionId);
    socket.leave(room(sessionId));
    const watched = watchers.unwatch(socket.id, sessionId);
    if (watched) socket.leave(audience(watched));
  }

  function watch(socket: LiveSocket, sessionId: string, streamId: string | null, width?: number): void {
    if (!socket.data.sessions.has(sessionId)) return;
    if (streamId !== null && !gate!.streamIsOf(sessionId, streamId)) return;
    const before = watchers.unwatch(socket.id, sessionId, streamId);
    if (before) socket.leave(audience(before));
    if (streamId === null) return;
    watchers.watch(socket.id, sessionId, streamId, width ?? DEFAULT_PICTURE_WIDTH);
    socket.join(audience(streamId));
  }

  return {
    open(opened) {
      gate = opened;
    },
    attach(server) {
      io.attach(server);
    },
    send(sessionId, name, ...payload) {
      live.to(room(sessionId)).emit(name, ...payload);
    },
    sendVolatile(sessionId, name, ...payload) {
      live.to(room(sessionId)).volatile.emit(name, ...payload);
    },
    sendUser(userId, name, ...payload) {
      live.to(person(userId)).emit(name, ...payload);
    },
    sendPicture(picture) {
      live.to(audience(picture.streamId)).volatile.emit('session:picture', picture);
    },
    alert(alert) {
      if (alert.sessionId) live.to(room(alert.sessionId)).emit('alert', alert);
      else live.emit('alert', alert);
    },
    hasAudience: (sessionId) => (live.adapter.rooms.get(room(sessionId))?.size ?? 0) > 0,
    stats: () => ({ sockets: live.sockets.size }),
    async close() {
      live.disconnectSockets(true);
      await io.close();
    },
  };
}

function refuse(code: string, message: string): { ok: false; error: Refusal } {
  return { ok: false, error: { code, message } };
}
