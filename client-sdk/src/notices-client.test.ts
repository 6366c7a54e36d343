import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { afterEach, expect, it, vi } from 'vitest';
import { followNotifications } from './notices-client.ts';
import { createTokenKeeper, memoryTokenStorage } from './tokens.ts';
import type { Notification, User } from './types.ts';

let io: Server;
let stop: (() => void) | null = null;

afterEach(async () => {
  stop?.();
  await io.close();
});

async function listen(): Promise<{ baseUrl: string; sockets: Socket[] }> {
  const http = createServer();
  io = new Server(http);
  const sockets: Socket[] = [];
  io.of('/live').on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { baseUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, sockets };
}

const tokens = () =>
  createTokenKeeper({
    storage: memoryTokenStorage({
      accessToken: 'a',
      refreshToken: 'r',
      expiresAtMs: Date.now() + 900_000,
      user: {} as User,
    }),
    refresh: () => Promise.reject(new Error('not asked for')),
  });

it('hears what the user is told without joining a session, and says when it is back after a break', async () => {
  const { baseUrl, sockets } = await listen();
  const heard: string[] = [];
  const onOnline = vi.fn();
  stop = followNotifications(
    { baseUrl, tokens: tokens() },
    { onNotification: ({ id }) => heard.push(id), onOnline },
  );
  await vi.waitFor(() => expect(sockets).toHaveLength(1));
  expect(sockets[0]!.handshake.auth).toEqual({ token: 'a' });
  sockets[0]!.emit('notification', { id: 'first' } as Notification);
  await vi.waitFor(() => expect(heard).toEqual(['first']));
  sockets[0]!.conn.close();
  await vi.waitFor(() => expect(onOnline).toHaveBeenCalledTimes(2), 10_000);
  sockets[1]!.emit('notification', { id: 'second' } as Notification);
  await vi.waitFor(() => expect(heard).toEqual(['first', 'second']));
});
