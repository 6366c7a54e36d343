import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { joinSession, type LiveHandlers, type LiveSession } from './live-client.ts';
import type { TokenKeeper, TokenSet } from './tokens.ts';

/** A real socket.io server that takes only `good` tokens, on which a test can pull the plug. */
let io: Server;
let baseUrl: string;
let live: LiveSession | null = null;
let good: Set<string>;
let refuseWith: string;
let sockets: Socket[];
let watched: unknown[];
let joinAnswer: () => unknown;

beforeEach(async () => {
  const http = createServer();
  io = new Server(http);
  good = new Set(['access-1']);
  refuseWith = 'token-expired';
  sockets = [];
  watched = [];
  joinAnswer = () => ({ ok: true, snapshot: { session: { id: 'session' } } });
  io.of('/live').use((socket, next) => {
    if (good.has(socket.handshake.auth.token)) next();
    else next(Object.assign(new Error('refused'), { data: { code: refuseWith } }));
  });
  io.of('/live').on('connection', (socket) => {
    sockets.push(socket);
    socket.on('session:join', (_body, answer) => answer(joinAnswer()));
    socket.on('session:watch', (body) => watched.push(body));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  live?.leave();
  await io.close();
});

function keeper(renew: TokenKeeper['renew']): TokenKeeper {
  let number = 1;
  const tokens = () => ({ accessToken: `access-${number}`, refreshToken: `refresh-${number}` }) as TokenSet;
  return {
    current: tokens,
    set: () => {},
    accessToken: async () => `access-${number}`,
    onChange: () => () => {},
    renew: async (stale) => {
      const fresh = await renew(stale);
      number += 1;
      return fresh;
    },
  };
}

function follow(renew: TokenKeeper['renew'] = async () => null) {
  const handlers = { onEvent: vi.fn(), onConnection: vi.fn(), onRefused: vi.fn() } satisfies LiveHandlers;
  live = joinSession({ baseUrl, tokens: keeper(renew) }, 'session', handlers);
  const snapshots = () => handlers.onEvent.mock.calls.filter(([name]) => name === 'session:snapshot').length;
  return { ...handlers, snapshots, live };
}

it('joins, hands on the snapshot, then events in their order', async () => {
  const page = follow();
  await expect.poll(page.snapshots).toBe(1);
  sockets[0]?.emit('alert', { code: 'worker-restarted', message: '' });
  await expect
    .poll(() => page.onEvent.mock.calls.map(([name]) => name))
    .toEqual(['session:snapshot', 'alert']);
  expect(page.onConnection.mock.calls.flat()).toEqual(['connecting', 'online']);
});

it('joins and watches again after the server hung up', async () => {
  const page = follow();
  await expect.poll(page.snapshots).toBe(1);
  page.live.watch('stream', 640);
  await expect.poll(() => watched).toHaveLength(1);
  sockets[0]?.disconnect(true);
  // It had lasted less than a second, so it is not tried again at once.
  await expect.poll(page.snapshots, { timeout: 5_000 }).toBe(2);
  await expect
    .poll(() => watched)
    .toEqual(Array(2).fill({ sessionId: 'session', streamId: 'stream', width: 640 }));
  expect(page.onConnection.mock.calls.flat()).toEqual(['connecting', 'online', 'lost', 'online']);
});

it('replaces a token that has run out and goes on', async () => {
  const renew = vi.fn(async () => {
    good.add('access-2');
    return 'access-2';
  });
  good.clear();
  const page = follow(renew);
  await expect.poll(page.snapshots).toBe(1);
  expect(renew).toHaveBeenCalledExactlyOnceWith('access-1');
});

it('gives up when fresh tokens are refused as well', async () => {
  good.clear();
  const page = follow(async () => 'no better');
  await expect
    .poll(() => page.onRefused.mock.calls)
    .toEqual([[{ code: 'token-expired', message: 'refused' }]]);
});

it('leaves the token alone while the server is starting', async () => {
  refuseWith = 'starting';
  good.clear();
  const renew = vi.fn(async () => null);
  const page = follow(renew);
  await expect.poll(() => page.onConnection.mock.calls.flat()).toContain('lost');
  good.add('access-1');
  await expect.poll(page.snapshots, { timeout: 5_000 }).toBe(1);
  expect(renew).not.toHaveBeenCalled();
});

it('says why it may not join, and stops', async () => {
  joinAnswer = () => ({ ok: false, error: { code: 'forbidden', message: 'no' } });
  const page = follow();
  await expect.poll(() => page.onRefused.mock.calls).toEqual([[{ code: 'forbidden', message: 'no' }]]);
  await expect.poll(() => io.of('/live').sockets.size).toBe(0);
});
