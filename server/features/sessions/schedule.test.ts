import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN_EMAIL,
  type Api,
  addTenant,
  PASSWORD,
  startTestServer,
  TEACHER_EMAIL,
  type TestServer,
} from '../../../tests/support/server.ts';
import { classSessions, tenants } from '../../db/schema/index.ts';
import { createScheduler } from './scheduler.ts';
import type { ClassSession } from './schemas.ts';

interface Schedule {
  timezone: string;
  items: { meetingId: string; state: string; startsAt: string; endsAt: string; sessionId: string | null }[];
}

/** Sunday, the day that the clocks are set back in Berlin; two hours before the meeting. */
const BEFORE = Date.parse('2026-10-24T21:30:00Z');

describe('the schedule', () => {
  let server: TestServer;
  let now = BEFORE;
  let courseId: string;
  let admin: Api;
  let teacher: Api;

  const sessions = () =>
    server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.select().from(classSessions).orderBy(classSessions.startsAt),
    );
  const tick = () => server.context.live.scheduler.tick();
  const meet = (meetings: object[]) => admin.call('PUT', `/courses/${courseId}/meetings`, { meetings });

  /** Access tokens are too short-lived to be carried through the year. */
  const goTo = async (time: string) => {
    now = Date.parse(time);
    admin = await server.as(ADMIN_EMAIL, PASSWORD);
    teacher = await server.as(TEACHER_EMAIL, PASSWORD);
  };

  beforeAll(async () => {
    server = await startTestServer({
      overrides: { clock: { now: () => now } },
      env: { TIMEZONE: 'Europe/Berlin', ACCESS_TOKEN_SECONDS: '86400' },
    });
    courseId = server.seeded!.courseId;
    ({ admin, teacher } = server);
  });
  afterAll(() => server?.close());

  it('opens a meeting at its start, once, whatever the clock does, and closes it at its end', async () => {
    expect((await admin.call('PATCH', `/courses/${courseId}`, { opens: 'schedule' })).status).toBe(200);
    expect((await meet([{ weekday: 7, startsAt: '01:30', endsAt: '03:30' }])).status).toBe(200);
    await tick();
    expect(await sessions()).toHaveLength(0);

    // A server that was down opens late.
    now = Date.parse('2026-10-24T23:40:00Z');
    const other = createScheduler(server.context, server.context.live);
    await Promise.all([tick(), other.tick()]);
    await tick();
    const [session, ...more] = await sessions();
    expect(more).toEqual([]);
    expect(session).toMatchObject({
      status: 'open',
      openedHow: 'schedule',
      openedBy: null,
      day: '2026-10-25',
      startsAt: new Date('2026-10-24T23:30:00Z'),
      // Half past three of the wall clock, three hours later.
      endsAt: new Date('2026-10-25T02:30:00Z'),
    });
    const live = await teacher.get<ClassSession>(`/sessions/${session!.id}`);
    expect(live.body).toMatchObject({ openedHow: 'schedule', counts: { pending: 3 } });

    // Set back: neither a second session nor an earlier end.
    now = Date.parse('2026-10-24T23:31:00Z');
    await tick();
    now = Date.parse('2026-10-25T02:30:01Z');
    await expect.poll(async () => (await sessions())[0]!.status, { timeout: 10_000 }).toBe('closed');
    now = Date.parse('2026-10-25T02:29:00Z');
    await tick();
    expect(await sessions()).toHaveLength(1);
    await other.close();

    const plan = await teacher.get<Schedule>('/schedule?from=2026-10-25&to=2026-11-01');
    expect(plan.body.items.map(({ state, startsAt }) => [state, startsAt])).toEqual([
      ['held', '2026-10-24T23:30:00.000Z'],
      ['planned', '2026-11-01T00:30:00.000Z'],
    ]);
  });

  it('opens nothing on a holiday, nor for a course that a person opens', async () => {
    await goTo('2026-11-01T00:31:00Z');
    const holiday = await admin.post<{ id: string }>('/holidays', { day: '2026-11-01', name: 'Tatil' });
    expect(holiday.status).toBe(201);
    await tick();
    expect(await sessions()).toHaveLength(1);
    const plan = await teacher.get<Schedule>('/schedule?from=2026-11-01&to=2026-11-01');
    expect(plan.body.items[0]).toMatchObject({ state: 'holiday', sessionId: null });
    await admin.call('DELETE', `/holidays/${holiday.body.id}`);
    await admin.call('PATCH', `/courses/${courseId}`, { opens: 'manual' });
    await tick();
    expect(await sessions()).toHaveLength(1);
    await admin.call('PATCH', `/courses/${courseId}`, { opens: 'schedule' });
  });

  it('takes a session opened by hand for the meeting, also after it was closed early', async () => {
    await goTo('2026-11-08T00:20:00Z');
    const opened = await teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [] });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({ openedHow: 'manual', meetingId: expect.any(String) });
    now = Date.parse('2026-11-08T00:40:00Z');
    await tick();
    await teacher.post(`/sessions/${opened.body.id}/close`);
    await tick();
    expect((await sessions()).filter(({ day }) => day === '2026-11-08')).toHaveLength(1);
  });

  it('opens in every institution by its own clock', async () => {
    await goTo('2026-11-09T05:59:00Z');
    const other = await addTenant(server, 'istanbul');
    const { body: me } = await other.get<{ tenantId: string }>('/auth/me');
    await server.context.db.tenant(me.tenantId, (tx) =>
      tx.update(tenants).set({ timezone: 'Europe/Istanbul' }).where(eq(tenants.id, me.tenantId)),
    );
    const course = await other.post<{ id: string }>('/courses', { code: 'X', name: 'X', opens: 'schedule' });
    expect(course.status).toBe(201);
    await other.call('PUT', `/courses/${course.body.id}/meetings`, {
      meetings: [{ weekday: 1, startsAt: '09:00', endsAt: '10:00' }],
    });
    await tick();
    expect((await other.get<{ total: number }>('/sessions')).body.total).toBe(0);
    now = Date.parse('2026-11-09T06:00:00Z');
    await tick();
    const list = await other.get<{ items: ClassSession[] }>('/sessions');
    expect(list.body.items).toMatchObject([{ openedHow: 'schedule', counts: { pending: 0 } }]);
    expect((await admin.get<{ items: ClassSession[] }>('/sessions?status=open')).body.items).toEqual([]);
  });

  it('waits a little for a video worker, and begins without cameras where none comes', async () => {
    await goTo('2026-11-16T07:00:00Z');
    const room = await admin.post<{ id: string }>('/rooms', { name: 'D-204' });
    const camera = await admin.post<{ id: string }>('/cameras', {
      name: 'Front',
      roomId: room.body.id,
      url: 'rtsp://127.0.0.1:9/none',
    });
    expect(camera.status, JSON.stringify(camera.body)).toBe(201);
    const course = await admin.post<{ id: string }>('/courses', { code: 'W', name: 'W', opens: 'schedule' });
    await admin.call('PUT', `/courses/${course.body.id}/meetings`, {
      meetings: [{ weekday: 1, startsAt: '09:00', endsAt: '10:00', roomId: room.body.id }],
    });
    const open = async () =>
      (await admin.get<{ items: ClassSession[] }>(`/sessions?courseId=${course.body.id}`)).body.items;
    now = Date.parse('2026-11-16T08:00:30Z');
    await tick();
    expect(await open()).toEqual([]);
    now = Date.parse('2026-11-16T08:05:00Z');
    await tick();
    const [session, ...more] = await open();
    expect(more).toEqual([]);
    expect(session).toMatchObject({ openedHow: 'schedule', cameras: [], status: 'open' });
    const events = await admin.get<{ items: { data: object }[] }>(`/events?sessionId=${session!.id}`);
    expect(events.body.items[0]!.data).toMatchObject({ camerasLeftOut: [camera.body.id] });
  });

  it('is shown to whom it concerns, for two months at most', async () => {
    expect((await server.anonymous.get('/schedule')).status).toBe(401);
    expect((await teacher.get('/schedule?from=2026-01-01&to=2026-12-31')).body).toMatchObject({
      error: { code: 'range-invalid' },
    });
  });
});
