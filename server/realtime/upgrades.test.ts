import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import fastify from 'fastify';
import { pino } from 'pino';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createHub, type Hub } from './hub.ts';
import { addedUpgrades, dispatchUpgrades } from './upgrades.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** socket.io and @fastify/websocket on one port, as the server puts them together. */
async function start(): Promise<{ url: string; hub: Hub }> {
  const app = fastify();
  await app.register(websocket);
  app.register(async (scope) => {
    scope.get('/ingest', { websocket: true }, (socket) => {
      socket.on('message', (data: Buffer) => {
        socket.send(`echo ${data}`);
      });
    });
  });
  const hub = createHub({ log: pino({ level: 'silent' }), origins: async () => false });
  hub.open({
    authenticate: async () => ({
      kind: 'user',
      userId: 'u',
      tenantId: 't',
      role: 'teacher',
      studentId: null,
      scopes: null,
      familyId: null,
      expiresAt: Date.now() + 60_000,
    }),
    join: async () => ({ refusal: { code: 'session-not-found', message: 'none' } }),
    recheck: async (_token, sessionIds) => new Set(sessionIds),
    streamIsOf: () => false,
    watch: () => {},
    joinedElsewhere: () => {},
  });
  await app.ready();
  dispatchUpgrades(
    app.server,
    addedUpgrades(app.server, () => hub.attach(app.server)),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  closers.push(async () => {
    await hub.close();
    await app.close();
  });
  return { url: `127.0.0.1:${(app.server.address() as AddressInfo).port}`, hub };
}

/** What a plain WebSocket client gets for `hello`: an answer, or the status that it was refused with. */
function plain(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const key = randomBytes(16).toString('base64');
    const asking = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
      },
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      response.resume();
      resolve(`refused ${response.statusCode}`);
    });
    asking.on('upgrade', (_response, socket) => {
      socket.on('data', (frame: Buffer) => {
        resolve(frame.subarray(2).toString());
        socket.destroy();
      });
      // One text frame, masked with zeroes.
      const text = Buffer.from('hello');
      socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), text]));
    });
    asking.end();
  });
}

describe('upgrades', () => {
  it('go to socket.io or to @fastify/websocket by path, on one server at once', async () => {
    const { url, hub } = await start();
    const socket = io(`http://${url}/live`, {
      transports: ['websocket'],
      forceNew: true,
      auth: { token: 't' },
    });
    closers.push(async () => socket.disconnect());
    await new Promise((resolve) => socket.once('connect', () => resolve(null)));
    expect(await plain(`http://${url}/ingest`)).toBe('echo hello');
    const id = '018f2b5e-7a3c-7000-8000-000000000000';
    expect(await socket.emitWithAck('session:join', { sessionId: id })).toMatchObject({
      ok: false,
      error: { code: 'session-not-found' },
    });
    expect(hub.stats()).toEqual({ sockets: 1 });
  });

  it('answers an upgrade of an unknown path', async () => {
    const { url } = await start();
    expect(await plain(`http://${url}/nothing`)).toBe('refused 404');
  });
});
