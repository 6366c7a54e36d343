import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LiveTap, tapLive } from '../../../tests/support/live.ts';
import {
  type Api,
  createApi,
  PASSWORD,
  startTestServer,
  TEACHER_EMAIL,
  type TestServer,
} from '../../../tests/support/server.ts';
import type { ClassSession } from './schemas.ts';

/** A socket stands open for minutes; what its holder may see can change meanwhile. */
describe('whoever listens to a class', () => {
  let server: TestServer;
  let sessionId: string;
  const taps: LiveTap[] = [];
  const listen = async (api: Pick<Api, 'token'>): Promise<{ tap: LiveTap; ended: () => boolean }> => {
    const tap = tapLive(server.url, api.token);
    taps.push(tap);
    let over = false;
    tap.socket.once('disconnect', () => {
      over = true;
    });
    await tap.joined(sessionId);
    return { tap, ended: () => over };
  };
  const mark = (at: number, status: string) =>
    server.admin.post('/attendance/manual', {
      sessionId,
      studentId: server.seeded!.students[at]!.id,
      status,
    });
  const told = ({ events }: LiveTap) => events.filter(({ name }) => name.startsWith('attendance:')).length;

  beforeAll(async () => {
    server = await startTestServer({ students: 2 });
    const { courseId } = server.seeded!;
    const opened = await server.teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [] });
    sessionId = opened.body.id;
  });
  afterEach(() => {
    for (const tap of taps.splice(0)) tap.close();
  });
  afterAll(() => server?.close());

  it('goes on as long as nothing has changed', async () => {
    const { tap, ended } = await listen(server.teacher);
    await server.context.hub.recheck();
    await mark(0, 'present');
    await tap.until('attendance:changed');
    expect(ended()).toBe(false);
  });

  it('hears nothing more once the course is somebody else’s', async () => {
    const { tap, ended } = await listen(server.teacher);
    const other = await listen(server.admin);
    const { courseId, teacherId } = server.seeded!;
    await server.admin.call('PUT', `/courses/${courseId}/teachers`, { teacherIds: [] });
    await server.context.hub.recheck();
    await expect.poll(ended).toBe(true);
    const before = told(tap);
    await mark(1, 'late');
    await other.tap.until('attendance:changed');
    expect([told(tap), other.ended()]).toEqual([before, false]);
    // Whoever comes back is told why.
    expect(await tapOf(server.teacher).join(sessionId)).toMatchObject({
      ok: false,
      error: { code: 'session-not-found' },
    });
    await server.admin.call('PUT', `/courses/${courseId}/teachers`, { teacherIds: [teacherId] });
  });

  it('hears nothing more once the sign-in has ended', async () => {
    const { body } = await server.anonymous.post<{ access_token: string; refresh_token: string }>(
      '/auth/login',
      { email: TEACHER_EMAIL, password: PASSWORD },
    );
    const { ended } = await listen(createApi(server.url, body.access_token));
    const other = await listen(server.teacher);
    await server.anonymous.post('/auth/logout', { refresh_token: body.refresh_token });
    await server.context.hub.recheck();
    await expect.poll(ended).toBe(true);
    expect(other.ended()).toBe(false);
  });

  it('hears nothing more once the account is switched off', async () => {
    const { ended } = await listen(server.teacher);
    const { body } = await server.admin.get<{ items: { id: string }[] }>(`/users?search=${TEACHER_EMAIL}`);
    await server.admin.call('PATCH', `/users/${body.items[0]!.id}`, { active: false });
    await server.context.hub.recheck();
    await expect.poll(ended).toBe(true);
  });

  function tapOf(api: Api): LiveTap {
    const tap = tapLive(server.url, api.token);
    taps.push(tap);
    return tap;
  }
});
