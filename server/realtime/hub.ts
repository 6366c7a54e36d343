import { randomUUID } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { type Namespace, Server, type Socket } from 'socket.io';
import { Value } from 'typebox/value';
import type { Peers } from '../cluster/peers.ts';
import type { Caller } from '../features/auth/tokens.ts';
import type { Snapshot } from '../features/sessions/schemas.ts';
import type { FanOut } from './fan-out.ts';
import { createInterest } from './interest.ts';
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
  /** Which of the sessions the caller may still follow. Throws as `authenticate` does. */
  recheck(token: string, sessionIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether the stream is part of the session: rights are checked by session. */
  streamIsOf(sessionId: string, streamId: string): boolean;
  /** The widest picture anybody watches of a stream, null when nobody does. */
  watch(streamId: string, pictureWidth: number | null): void;
  /** Sockets of another server have joined the session; those here may have, too. */
  joinedElsewhere(sessionId: string): void;
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
  /** Whether anybody has joined, on any server: what nobody sees need not be put together. */
  hasAudience(sessionId: string): boolean;
  /** Whether sockets of other servers have joined. */
  hasAudienceElsewhere(sessionId: string): boolean;
  /** The widest picture that is watched of the stream, on any server; null: none is. */
  watched(streamId: string): number | null;
  stats(): { sockets: number };
  /** Ends connections of those who may no longer listen, now; it looks all the time by itself. */
  recheck(): Promise<void>;
  close(): Promise<void>;
}

interface SocketData {
  user: LiveUser;
  token: string;
  sessions: Set<string>;
}
type LiveSocket = Socket<ClientEvents, ServerEvents, PeerEvents, SocketData>;

const MAX_SESSIONS_PER_SOCKET = 16;
/** Whoever signed out, was switched off or no longer teaches the course hears nothing more within this time. */
const RECHECK_MS = 10_000;
/** Connections that are looked at side by side: the database has more to do. */
const RECHECK_PARALLEL = 4;
/** Errors that say that the token is no longer good; others pass by themselves. */
const ENDED = new Set([401, 403]);
const DEFAULT_PICTURE_WIDTH = 640;
const SESSION = 'session ';
const WATCH = 'watch ';
export const SOCKET_PATH = '/socket.io/';

/** From server to server, for their sockets. */
interface PeerEvents {
  passed: (room: string, name: string, payload: unknown[]) => void;
}

/**
 * The sockets of this server, and through `fanOut` those of the others: what is sent reaches the sockets here at once,
 * whatever Redis does, and the others by way of it. What may be dropped goes there only if somebody there follows it.
 */
export function createHub(options: {
  log: Logger;
  /** Whether a page of that origin may open a socket. */
  origins: (origin: string) => Promise<boolean>;
  peers?: Peers;
  fanOut?: FanOut | null;
}): Hub {
  const { log } = options;
  const fanOut = options.fanOut ?? null;
  /** The room of all sockets of this server; the others have another. */
  const here = `server ${randomUUID()}`;
  const io = new Server<ClientEvents, ServerEvents, PeerEvents>({
    ...(fanOut ? { adapter: fanOut.adapter } : {}),
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
  const live: Namespace<ClientEvents, ServerEvents, PeerEvents, SocketData> = io.of('/live');
  let gate: HubGate | null = null;
  const watchedHere = new Map<string, number>();
  const watchers = createWatchers((streamId, width) => {
    if (width === null) watchedHere.delete(streamId);
    else watchedHere.set(streamId, width);
    interest?.here(audience(streamId), width ?? 0);
    gate?.watch(streamId, watched(streamId));
  });
  const interest = options.peers
    ? createInterest(options.peers, (of, width) => {
        if (of.startsWith(WATCH)) {
          const streamId = of.slice(WATCH.length);
          gate?.watch(streamId, watched(streamId));
        } else if (width > 0) gate?.joinedElsewhere(of.slice(SESSION.length));
      })
    : null;
  live.adapter.on('create-room', (name: string) => {
    if (name.startsWith(SESSION)) interest?.here(name, 1);
  });
  live.adapter.on('delete-room', (name: string) => {
    if (name.startsWith(SESSION)) interest?.here(name, 0);
  });
  live.on('passed', (to, name, payload) => {
    // Said by another of our servers, which has checked it.
    live.local.volatile.to(to).emit(name as 'alert', ...(payload as Parameters<ServerEvents['alert']>));
  });
  const room = (sessionId: string): string => `${SESSION}${sessionId}`;
  const audience = (streamId: string): string => `${WATCH}${streamId}`;
  const person = (userId: string): string => `user ${userId}`;

  const elsewhere = (sessionId: string): boolean => (interest?.elsewhere(room(sessionId)) ?? 0) > 0;

  function watched(streamId: string): number | null {
    const width = Math.max(watchedHere.get(streamId) ?? 0, interest?.elsewhere(audience(streamId)) ?? 0);
    return width > 0 ? width : null;
  }

  function emit<Name extends keyof ServerEvents>(
    to: string,
    name: Name,
    payload: Parameters<ServerEvents[Name]>,
  ): void {
    live.local.to(to).emit(name, ...payload);
    if (fanOut)
      live
        .to(to)
        .except(here)
        .emit(name, ...payload);
  }

  function emitVolatile<Name extends keyof ServerEvents>(
    to: string,
    name: Name,
    payload: Parameters<ServerEvents[Name]>,
  ): void {
    live.local.volatile.to(to).emit(name, ...payload);
    if (fanOut?.keepsUp() && interest && interest.elsewhere(to) > 0)
      live.serverSideEmit('passed', to, name, payload);
  }

  live.use((socket, next) => {
    const given = (socket.handshake.auth as { token?: unknown }).token;
    const token = typeof given === 'string' ? given : '';
    admit(token).then(
      (user) => {
        socket.data = { user, token, sessions: new Set() };
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
    socket.join([here, person(socket.data.user.userId)]);
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

  /**
   * A token and its holder's rights are as they were when the socket came; since then the sign-in may have been ended or
   * the course given to somebody else. The connection ends, not only the session: a client that comes back is told why.
   */
  async function stillMay(
    socket: LiveSocket,
    known: Map<string, Promise<ReadonlySet<string>>>,
  ): Promise<void> {
    const { token, sessions } = socket.data;
    const asked = [...sessions].sort();
    const name = `${token} ${asked.join()}`;
    try {
      const answer = known.get(name) ?? gate!.recheck(token, asked);
      known.set(name, answer);
      const reached = await answer;
      if (asked.some((id) => sessions.has(id) && !reached.has(id))) socket.disconnect(true);
    } catch (error) {
      const { status } = error as { status?: unknown };
      if (typeof status === 'number' && ENDED.has(status)) socket.disconnect(true);
      else log.debug({ err: error }, 'the rights of a socket cannot be looked at now');
    }
  }

  async function recheckAll(): Promise<void> {
    const waiting = gate ? [...live.sockets.values()] : [];
    // Several windows of one person are asked about once.
    const known = new Map<string, Promise<ReadonlySet<string>>>();
    const worker = async () => {
      for (let socket = waiting.shift(); socket; socket = waiting.shift()) {
        if (socket.connected) await stillMay(socket, known);
      }
    };
    await Promise.all(Array.from({ length: RECHECK_PARALLEL }, worker));
  }

  let rechecking: Promise<void> | null = null;
  const recheck = (): Promise<void> => {
    rechecking ??= recheckAll().finally(() => {
      rechecking = null;
    });
    return rechecking;
  };
  const timer = setInterval(() => void recheck(), RECHECK_MS);
  timer.unref();

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
      emit(room(sessionId), name, payload);
    },
    sendVolatile(sessionId, name, ...payload) {
      emitVolatile(room(sessionId), name, payload);
    },
    sendUser(userId, name, ...payload) {
      emit(person(userId), name, payload);
    },
    sendPicture(picture) {
      emitVolatile(audience(picture.streamId), 'session:picture', [picture]);
    },
    alert(alert) {
      if (alert.sessionId) emit(room(alert.sessionId), 'alert', [alert]);
      // Of this server: its database, its workers.
      else live.local.emit('alert', alert);
    },
    hasAudience: (sessionId) => live.adapter.rooms.has(room(sessionId)) || elsewhere(sessionId),
    hasAudienceElsewhere: elsewhere,
    watched,
    stats: () => ({ sockets: live.sockets.size }),
    recheck,
    async close() {
      clearInterval(timer);
      interest?.close();
      live.local.disconnectSockets(true);
      await io.close();
      fanOut?.close();
    },
  };
}

function refuse(code: string, message: string): { ok: false; error: Refusal } {
  return { ok: false, error: { code, message } };
}
