import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { WatchFromServer } from '../server/features/viewing/schemas.ts';
import { eventually } from './support/live.ts';
import { type Api, addTenant, PASSWORD, startTestServer, type TestServer } from './support/server.ts';
import { makeLink, openSession, skipWithoutMediaWorker } from './support/webrtc.ts';

const SUITE = 'the signalling of viewers';

describe.skipIf(skipWithoutMediaWorker(SUITE))(SUITE, () => {
  let server: TestServer;
  let sessionId: string;
  let streamId: string;
  const sockets = new Set<WebSocket>();

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true, env: { WEBRTC_MAX_VIEWERS: '3' } });
    sessionId = await openSession(server);
    ({ streamId } = await makeLink(server, sessionId));
  }, 180_000);
  afterAll(async () => {
    for (const socket of sockets) socket.terminate();
    await server?.close();
  });

  interface Peer {
    socket: WebSocket;
    said: WatchFromServer[];
    send(message: object | string | Buffer): void;
    heard<Type extends WatchFromServer['type']>(
      type: Type,
    ): Promise<Extract<WatchFromServer, { type: Type }>>;
  }

  async function connect(): Promise<Peer> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ingest/watch`);
    sockets.add(socket);
    const said: WatchFromServer[] = [];
    socket.on('message', (data) => said.push(JSON.parse(String(data)) as WatchFromServer));
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return {
      socket,
      said,
      send: (message) =>
        socket.send(
          typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
        ),
      async heard(type) {
        await eventually(() => said.some((one) => one.type === type));
        return said.find((one) => one.type === type) as never;
      },
    };
  }
  async function hello(token: string | null, stream = streamId): Promise<Peer> {
    const peer = await connect();
    peer.send({ type: 'hello', token: token ?? '', streamId: stream });
    return peer;
  }
  const refusal = async (peer: Peer) => {
    const { code, again } = await peer.heard('end');
    return [code, again];
  };
  const nobodyIsLeft = () =>
    eventually(
      () =>
        server.context.viewers.count() === 0 &&
        server.context.feeds.stats().feeds === 0 &&
        server.context.sfu.stats().rooms === 0,
    );

  async function account(role: 'student' | 'teacher'): Promise<Api> {
    const email = `${role}@elsewhere.local`;
    const studentId = server.seeded!.students[0]!.id;
    const made = await server.admin.post('/users', {
      ...{ email, name: 'Biri', role, password: PASSWORD },
      ...(role === 'student' ? { studentId } : {}),
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return server.as(email, PASSWORD);
  }

  it('lets the teacher and the administration in, and says why there is no picture', async () => {
    for (const who of [server.teacher, server.admin]) {
      const peer = await hello(who.token);
      const { transport, rtpCapabilities, tokenForMs } = await peer.heard('welcome');
      expect(transport).toMatchObject({ iceCandidates: expect.any(Array) });
      expect(tokenForMs).toBeGreaterThan(60_000);
      peer.send({ type: 'able', rtpCapabilities });
      expect(await peer.heard('waiting')).toEqual({ type: 'waiting', reason: 'no-publisher' });
      peer.socket.close();
    }
    await nobodyIsLeft();
  });

  it('refuses whoever may not reach the class, as if it were not there', async () => {
    const stranger = await addTenant(server, 'elsewhere');
    const colleague = await account('teacher');
    const student = await account('student');
    expect(await refusal(await hello(stranger.token))).toEqual(['stream-not-found', false]);
    expect(await refusal(await hello(colleague.token))).toEqual(['stream-not-found', false]);
    expect(await refusal(await hello(student.token))).toEqual(['forbidden', false]);
    expect(await refusal(await hello('made up'))).toEqual(['unauthenticated', true]);
    const { teacher } = server;
    expect(await refusal(await hello(teacher.token, sessionId))).toEqual(['stream-not-found', false]);
    expect(await refusal(await hello(teacher.token, "' or 1=1"))).toEqual(['stream-not-found', false]);
    await nobodyIsLeft();
  });

  it('takes no more than the institution may have', async () => {
    const peers = await Promise.all([1, 2, 3].map(() => hello(server.teacher.token)));
    for (const peer of peers) await peer.heard('welcome');
    expect(await refusal(await hello(server.admin.token))).toEqual(['viewers-full', false]);
    expect(server.context.feeds.stats().feeds).toBe(1);
    peers[0]!.socket.terminate();
    await eventually(() => server.context.viewers.count() === 2);
    const next = await hello(server.admin.token);
    await next.heard('welcome');
    for (const { socket } of [...peers, next]) socket.close();
    await nobodyIsLeft();
  });

  it('ends at what it does not understand, and keeps nothing of it', async () => {
    const welcome = { type: 'hello', token: server.teacher.token, streamId };
    const damaged: [what: string, messages: (object | string | Buffer)[]][] = [
      ['no JSON', ['{']],
      ['no object', ['null']],
      ['an unknown kind', [{ type: 'shout' }]],
      ['bytes', [Buffer.from([1, 2, 3])]],
      ['an answer before the question', [{ type: 'connect', dtlsParameters: {} }]],
      ['a token before the greeting', [{ type: 'token', token: 'x' }]],
      ['two greetings', [welcome, welcome]],
      ['impossible parameters', [welcome, { type: 'connect', dtlsParameters: { fingerprints: 'none' } }]],
      ['impossible abilities', [welcome, { type: 'able', rtpCapabilities: { codecs: 7 } }]],
    ];
    for (const [what, messages] of damaged) {
      const peer = await connect();
      for (const message of messages) peer.send(message);
      expect([what, ...(await refusal(peer))]).toEqual([what, 'signal-invalid', false]);
    }
    const flood = await connect();
    for (let n = 0; n < 100; n++) flood.send(welcome);
    expect(await refusal(flood)).toEqual(['signal-invalid', false]);
    const huge = await connect();
    huge.send('x'.repeat(200_000));
    await once(huge.socket, 'close');
    await nobodyIsLeft();
  });

  it('goes on with a newer token of the same user only', async () => {
    const peer = await hello(server.teacher.token);
    await peer.heard('welcome');
    const { token } = await server.as('teacher@test.local', PASSWORD);
    peer.send({ type: 'token', token });
    expect((await peer.heard('token')).tokenForMs).toBeGreaterThan(60_000);
    peer.send({ type: 'token', token: server.admin.token });
    expect(await refusal(peer)).toEqual(['unauthenticated', true]);
    await nobodyIsLeft();
  });

  it('sends away who no longer teaches the course', async () => {
    const peer = await hello(server.teacher.token);
    await peer.heard('welcome');
    const path = `/courses/${server.seeded!.courseId}`;
    const change = (teacherIds: string[]) => server.admin.call('PATCH', path, { teacherIds });
    expect((await change([])).status).toBe(200);
    // Asked at every renewal, and every half minute without one.
    peer.send({ type: 'token', token: server.teacher.token });
    expect(await refusal(peer)).toEqual(['stream-not-found', false]);
    expect((await change([server.seeded!.teacherId])).status).toBe(200);
    await nobodyIsLeft();
  });

  it('comes and goes a hundred times without leaving anything', async () => {
    const before = process.getActiveResourcesInfo().length;
    for (let n = 0; n < 100; n++) {
      const peer = await hello(server.teacher.token);
      // Some leave in the middle of being let in.
      if (n % 3 > 0) await peer.heard('welcome');
      else await sleep(n % 7);
      peer.socket.terminate();
      await eventually(() => server.context.viewers.count() < 3);
    }
    await nobodyIsLeft();
    await eventually(() => process.getActiveResourcesInfo().length < before + 20);
  }, 120_000);

  it('ends with the session, for good', async () => {
    const peer = await hello(server.teacher.token);
    await peer.heard('welcome');
    expect((await server.teacher.post(`/sessions/${sessionId}/close`)).status).toBe(200);
    expect(await refusal(peer)).toEqual(['session-closed', false]);
    expect(await refusal(await hello(server.teacher.token))).toEqual(['session-closed', false]);
    await nobodyIsLeft();
  });
});
