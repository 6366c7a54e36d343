import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import { eventually, tapLive } from '../support/live.ts';
import { type RedisServer, skipWithoutRedis, startRedis } from '../support/redis.ts';
import { ADMIN_EMAIL, PASSWORD, startTestServer, type TestServer } from '../support/server.ts';
import { type SmtpStub, startSmtp } from '../support/smtp.ts';

interface Overview {
  runs: { name: string; status: string; period: string; attempts: number }[];
  outbox: { waiting: number };
}

/** The whole server on Redis: its job queue, cache, rate limits and sockets. */
describe.skipIf(skipWithoutRedis('the server on Redis'))('the server on Redis', () => {
  let redis: RedisServer;
  let smtp: SmtpStub;
  let server: TestServer;
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const people: { id: string; email: string }[] = [];
  let courses = 0;

  beforeAll(async () => {
    redis = await startRedis();
    smtp = await startSmtp();
    server = await startTestServer({
      students: 0,
      overrides: { clock },
      env: {
        REDIS_URL: redis.url,
        SMTP_URL: smtp.url,
        MAIL_FROM: 'Yoklama <bot@yoklama.example>',
        ACCESS_TOKEN_SECONDS: '86400',
      },
    });
    await server.admin.call('PATCH', '/tenant', {
      settings: { notifications: { quietHours: null, digest: 'each' } },
    });
    for (const name of ['aylin', 'bolat', 'cemre']) {
      const email = `${name}@example.org`;
      const { id } = await made(server.admin.post('/students', { number: name, name, email }));
      people.push({ id, email });
    }
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await smtp?.close();
    await redis?.close();
  });

  async function made(answer: Promise<{ status: number; body: unknown }>): Promise<{ id: string }> {
    const { status, body } = await answer;
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body as { id: string };
  }

  async function openClass(): Promise<{ sessionId: string; course: string }> {
    const course = `Kurs ${++courses}`;
    const { id: courseId } = await made(server.admin.post('/courses', { code: `R${courses}`, name: course }));
    const studentIds = people.map(({ id }) => id);
    await server.admin.post(`/courses/${courseId}/enrolments`, { studentIds });
    const { id } = await made(server.admin.post('/sessions', { courseId, cameraIds: [] }));
    return { sessionId: id, course };
  }

  const mark = (sessionId: string, studentId: string) =>
    server.admin.post('/attendance/manual', { sessionId, studentId, status: 'present' });
  const ready = async () =>
    (await (await fetch(`${server.url}/readyz`)).json()) as {
      queue: string;
      redis: string;
      database: string;
      reasons: Record<string, string>;
    };
  /** Signed in anew where the clock has moved. */
  const overview = async () => {
    const api = ahead === 0 ? server.admin : await server.as(ADMIN_EMAIL, PASSWORD);
    return (await api.get<Overview>('/jobs')).body;
  };
  const mailsTo = (email: string, course: string) =>
    smtp.mails.filter(({ to, raw, mail }) => to.includes(email) && `${raw}${mail.text}`.includes(course));

  it('takes a mark to the sockets, and the end of a class over outbox and queue to the mail of who was absent', async () => {
    expect(await ready()).toMatchObject({ queue: 'up', redis: 'up', database: 'up' });
    expect(server.context.queue.kind).toBe('bull');
    expect(server.context.cache.kind).toBe('redis');
    const { sessionId, course } = await openClass();
    const tap = tapLive(server.url, server.admin.token);
    await tap.joined(sessionId);
    expect((await mark(sessionId, people[0]!.id)).status).toBe(200);
    const { record } = await tap.until<{ record: AttendanceRecord }>('attendance:changed');
    expect(record).toMatchObject({ studentId: people[0]!.id, status: 'present' });
    const closed = await server.admin.post<ClassSession>(`/sessions/${sessionId}/close`);
    expect(closed.body.counts).toMatchObject({ present: 1, absent: 2 });
    await tap.until('session:closed');
    tap.close();
    await smtp.until(({ to, mail }) => to.includes(people[1]!.email) && !!mail.text?.includes(course));
    await smtp.until(({ to, mail }) => to.includes(people[2]!.email) && !!mail.text?.includes(course));
    expect(mailsTo(people[1]!.email, course)).toHaveLength(1);
    expect(mailsTo(people[0]!.email, course)).toHaveLength(0);
  }, 60_000);

  it.each([
    ['is killed', () => redis.kill(), () => redis.start()],
    ['hangs', async () => redis.freeze(), async () => redis.thaw()],
  ])(
    'goes on while Redis %s, says so, and does afterwards what had to wait',
    async (_how, away, back) => {
      const { sessionId, course } = await openClass();
      const tap = tapLive(server.url, server.admin.token);
      await tap.joined(sessionId);
      await away();
      try {
        await eventually(async () => (await ready()).redis === 'down', 20_000);
        const state = await ready();
        expect(state).toMatchObject({ database: 'up', queue: 'down' });
        expect(state.reasons).toHaveProperty('redis');

        const asked = performance.now();
        expect((await mark(sessionId, people[0]!.id)).status).toBe(200);
        await tap.until('attendance:changed');
        for (const path of ['/students', '/courses', `/sessions/${sessionId}/attendance`]) {
          expect((await server.admin.get(path)).status).toBe(200);
        }
        const closed = await server.admin.post<ClassSession>(`/sessions/${sessionId}/close`);
        expect(closed.body.counts).toMatchObject({ present: 1, absent: 2 });
        await tap.until('session:closed');
        // Redis must not make anybody wait for long.
        expect(performance.now() - asked).toBeLessThan(30_000);
        const run = await server.admin.post('/jobs/retention/run');
        expect(run.status).toBe(202);
        expect(mailsTo(people[1]!.email, course)).toHaveLength(0);
      } finally {
        tap.close();
        await back();
      }
      await eventually(async () => {
        const { redis: cache, queue } = await ready();
        return cache === 'up' && queue === 'up';
      }, 20_000);
      await smtp.until(
        ({ to, mail }) => to.includes(people[1]!.email) && !!mail.text?.includes(course),
        30_000,
      );
      await eventually(
        async () =>
          (await overview()).runs.some(({ name, status }) => name === 'retention' && status === 'done'),
        30_000,
      );
      await eventually(async () => (await overview()).outbox.waiting === 0, 20_000);
      await new Promise((resolve) => setTimeout(resolve, 500));
      for (const { email } of people.slice(1)) expect(mailsTo(email, course)).toHaveLength(1);
    },
    120_000,
  );

  it('carries out jobs that were in Redis when its power was cut', async () => {
    smtp.mode('later');
    const { sessionId, course } = await openClass();
    const before = smtp.attempts();
    await server.admin.post(`/sessions/${sessionId}/close`);
    await eventually(() => smtp.attempts() > before, 20_000);
    await redis.kill();
    smtp.mode('accept');
    await redis.start();
    for (const { email } of people) {
      await smtp.until(({ to, mail }) => to.includes(email) && !!mail.text?.includes(course), 60_000);
      expect(mailsTo(email, course)).toHaveLength(1);
    }
  }, 120_000);

  it('does nothing twice and forgets nothing when the clock is set back', async () => {
    const period = async () =>
      (await overview()).runs.filter(({ name }) => name === 'retention').map((run) => run.period);
    ahead = 3 * 86_400_000;
    await server.context.schedule.tick();
    await eventually(async () => (await overview()).runs.every(({ status }) => status === 'done'), 30_000);
    const runs = await period();
    ahead = 0;
    await server.context.schedule.tick();
    ahead = 3 * 86_400_000;
    await server.context.schedule.tick();
    expect(await period()).toEqual(runs);
    expect(new Set(runs).size).toBe(runs.length);
    ahead = -3_600_000;
    const { sessionId, course } = await openClass();
    const closed = await server.admin.post<ClassSession>(`/sessions/${sessionId}/close`);
    expect(closed.body.counts).toMatchObject({ absent: 3 });
    await smtp.until(
      ({ to, mail }) => to.includes(people[2]!.email) && !!mail.text?.includes(course),
      60_000,
    );
    ahead = 0;
  }, 120_000);
});
