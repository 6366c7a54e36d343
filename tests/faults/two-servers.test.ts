import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession, Snapshot } from '../../server/features/sessions/schemas.ts';
import type { Faces, Picture } from '../../server/realtime/topics.ts';
import { decide } from '../support/decide.ts';
import { eventually, tapLive } from '../support/live.ts';
import { asAdmin, type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';
import { type RedisServer, skipWithoutRedis, startRedis } from '../support/redis.ts';
import {
  ADMIN_EMAIL,
  type Api,
  PASSWORD,
  type Seeded,
  signIn,
  startTestServer,
  type TestServer,
} from '../support/server.ts';
import { makeVideo } from '../support/video.ts';

type Marked = { record: AttendanceRecord };
const HOLDER = fileURLToPath(new URL('../support/server-holder.ts', import.meta.url));

/** Two servers, as behind a load balancer: one Postgres, one Redis, no word with each other. */
describe.skipIf(skipWithoutRedis('two servers'))('two servers on one Postgres and one Redis', () => {
  let folder: string;
  let postgres: PostgresServer;
  let redis: RedisServer;
  let env: Record<string, string>;
  let one: TestServer;
  let two: TestServer;
  let seeded: Seeded;
  let cameraId: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-two-'));
    await makeVideo(join(folder, 'camera.mp4'), { seconds: 2 });
    [postgres, redis] = await Promise.all([startPostgresServer(), startRedis()]);
    await asAdmin(postgres, 'create role own login createrole', 'create database yoklama owner own');
    env = {
      DATABASE_URL: `postgres://own:pass@127.0.0.1:${postgres.port}/yoklama`,
      REDIS_URL: redis.url,
      MASTER_KEY: randomBytes(32).toString('base64'),
      CAMERA_ALLOW_FILES: 'true',
      ACCESS_TOKEN_SECONDS: '86400',
    };
    one = await startTestServer({ pipeline: true, students: 6, env });
    two = await startTestServer({ pipeline: true, env });
    seeded = one.seeded!;
    const camera = await one.admin.post<{ id: string }>('/cameras', {
      name: 'Kamera',
      url: pathToFileURL(join(folder, 'camera.mp4')).href,
      sampling: { mode: 'fps', fps: 2 },
    });
    cameraId = camera.body.id;
  }, 240_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await two?.close();
    await one?.close();
    await redis?.close();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(on: { teacher: Api }, cameraIds: string[] = []): Promise<ClassSession> {
    const opened = await on.teacher.post<ClassSession>('/sessions', {
      courseId: seeded.courseId,
      cameraIds,
    });
    if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
    return opened.body;
  }
  const close = async (on: Api, sessionId: string) => {
    const closed = await on.post<ClassSession>(`/sessions/${sessionId}/close`);
    expect(closed.status).toBe(200);
    return closed.body;
  };
  const runs = (server: TestServer, sessionId: string) => server.context.live.find(sessionId) !== null;

  it('let the sockets of either see the session, its faces and pictures, and every mark once', async () => {
    const session = await open(one, [cameraId]);
    const { id: sessionId } = session;
    const streamId = session.cameras[0]!.streamId;
    expect([runs(one, sessionId), runs(two, sessionId)]).toEqual([true, false]);
    const here = tapLive(one.url, one.teacher.token);
    const there = tapLive(two.url, two.teacher.token);
    try {
      await Promise.all([here.joined(sessionId), there.joined(sessionId)]);
      // What only the other server knows comes as soon as it hears that somebody is looking.
      await there.until<Snapshot>('session:snapshot', ({ streams }) => streams.length === 1);
      await there.until<Faces>('session:faces', (faces) => faces.streamId === streamId);
      there.socket.emit('session:watch', { sessionId, streamId, width: 320 });
      const { jpeg } = await there.until<Picture>('session:picture');
      expect(Buffer.from(jpeg).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
      await there.until('session:metrics');

      const [a, b] = seeded.students;
      decide(one, { streamId, trackId: 1, studentId: a!.id });
      await there.until<Marked>('attendance:marked', ({ record }) => record.studentId === a!.id);
      // Said to the server that does not run it.
      const answer = await two.teacher.post('/attendance/manual', {
        sessionId,
        studentId: b!.id,
        status: 'late',
      });
      expect(answer.status).toBe(200);
      for (const tap of [here, there]) {
        await tap.until<Marked>('attendance:changed', ({ record }) => record.studentId === b!.id);
      }
      const held = one.context.live.find(sessionId)!.snapshot();
      expect(held.roster.find(({ studentId }) => studentId === b!.id)?.record?.status).toBe('late');
      // What the one decided and holds is written before the other one’s closing is answered.
      const [, , c] = seeded.students;
      decide(one, { streamId, trackId: 2, studentId: c!.id });
      const closed = await close(two.teacher, sessionId);
      expect(closed.counts).toMatchObject({ present: 2, late: 1, absent: 3, pending: 0 });
      await Promise.all([here.until('session:closed'), there.until('session:closed')]);
      expect(runs(one, sessionId)).toBe(false);
      for (const tap of [here, there]) {
        const marks = tap.events.filter(
          ({ name, payload }) =>
            name.startsWith('attendance:') && (payload as Marked).record.studentId === b!.id,
        );
        expect(marks.map(({ payload }) => (payload as Marked).record.version)).toEqual([
          ...new Set(marks.map(({ payload }) => (payload as Marked).record.version)),
        ]);
      }
    } finally {
      here.close();
      there.close();
    }
  }, 120_000);

  it('tell a user once, on whichever server they are', async () => {
    const { id } = (await two.teacher.get<{ id: string }>('/auth/me')).body;
    const tap = tapLive(two.url, two.teacher.token);
    await new Promise<void>((resolve) => tap.socket.once('connect', () => resolve()));
    one.context.hub.sendUser(id, 'alert', { code: 'worker-restarted', message: 'x' });
    await tap.until('alert');
    expect(tap.events.filter(({ name }) => name === 'alert')).toHaveLength(1);
    tap.close();
  }, 60_000);

  it('stop recognising who withdraws consent on the other server', async () => {
    const { id: sessionId } = await open(one);
    const [student] = seeded.students;
    const person = () => one.context.live.find(sessionId)?.person(student!.id);
    expect(person()?.consents.face).toBe(true);
    const path = `/students/${student!.id}/consents`;
    expect((await two.admin.call('PUT', path, { purpose: 'face', granted: false })).status).toBeLessThan(300);
    await eventually(() => person()?.consents.face === false, 10_000);
    await close(one.teacher, sessionId);
  }, 60_000);

  it('never run one session twice: it changes hands when its server ends, is killed or freezes', async () => {
    const third = await hold();
    const api = await signIn(third.url, ADMIN_EMAIL, PASSWORD);
    const { id: sessionId } = await open({ teacher: api });
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect([runs(one, sessionId), runs(two, sessionId)]).toEqual([false, false]);

    // Frozen, it may come back any moment: the others wait until its time is up.
    third.process.kill('SIGSTOP');
    await eventually(() => runs(one, sessionId) || runs(two, sessionId), 40_000);
    expect([runs(one, sessionId), runs(two, sessionId)].filter(Boolean)).toHaveLength(1);
    third.process.kill('SIGCONT');
    await eventually(async () => (await api.get('/sessions')).status === 200, 20_000);
    const live = async () => (await api.get<Snapshot>(`/sessions/${sessionId}/live`)).body.seq;
    // Only who runs it counts its events; the disk says 0.
    const [student] = seeded.students;
    await api.post('/attendance/manual', { sessionId, studentId: student!.id, status: 'present' });
    await eventually(async () => (await live()) === 0, 15_000);
    const holder = runs(one, sessionId) ? one : two;
    await eventually(() => holder.context.live.find(sessionId)!.snapshot().seq > 0, 10_000);
    await close(api, sessionId);

    const { id: other } = await open({ teacher: api });
    third.process.kill('SIGKILL');
    await once(third.process, 'exit');
    await eventually(() => runs(one, other) || runs(two, other), 40_000);
    const [from, to] = runs(one, other) ? [one, two] : [two, one];
    await close(from.teacher, other);

    // One that ends in order gives its sessions away at once.
    const { id: last } = await open(from, [cameraId]);
    const streamId = from.context.live.find(last)!.specs()[0]!.streamId;
    await from.close();
    await eventually(() => runs(to, last), 10_000);
    const tap = tapLive(to.url, to.teacher.token);
    await tap.joined(last);
    await tap.until<Faces>('session:faces', (faces) => faces.streamId === streamId, 60_000);
    tap.close();
    await close(to.teacher, last);
  }, 240_000);

  /** A third server, in a process of its own. */
  async function hold(): Promise<{ url: string; process: ChildProcess }> {
    const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, JSON.stringify(env)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.startsWith('http')) return { url: line, process: child };
    }
    throw new Error('The server ended before it listened.');
  }
});
