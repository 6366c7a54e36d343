import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteClass } from '../server/features/own-cameras/schemas.ts';
import type { PublisherLink } from '../server/features/publishing/schemas.ts';
import { type Api, addTenant, PASSWORD, startTestServer, type TestServer } from './support/server.ts';
import { openSession, skipWithoutMediaWorker } from './support/webrtc.ts';

type Refusal = { error: { code: string } };
const SUITE = 'students’ own cameras';

describe.skipIf(skipWithoutMediaWorker(SUITE))(SUITE, () => {
  let server: TestServer;
  let sessionId: string;
  let student: Api;
  let stranger: Api;

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true, students: 2 });
    const [first, second] = server.seeded!.students;
    student = await account(first!.id);
    await server.admin.call('PUT', `/students/${first!.id}/consents`, { purpose: 'face', granted: true });
    stranger = await account(second!.id);
    await server.admin.call('DELETE', `/courses/${server.seeded!.courseId}/enrolments/${second!.id}`);
    sessionId = await openSession(server);
  }, 180_000);
  afterAll(async () => {
    await server?.close();
  });

  async function account(studentId: string): Promise<Api> {
    const email = `${studentId}@test.local`;
    const made = await server.admin.post('/users', {
      ...{ email, name: 'Öğrenci', role: 'student', password: PASSWORD, studentId },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return server.as(email, PASSWORD);
  }
  const allow = (api: Api, allowed: boolean) =>
    api.call<{ allowed: boolean } & Refusal>('PUT', `/sessions/${sessionId}/own-cameras`, { allowed });
  const join = (api: Api) => api.post<PublisherLink & Refusal>(`/sessions/${sessionId}/publishers/own`);
  const classes = async (api: Api) =>
    (await api.get<{ items: RemoteClass[] }>('/sessions/own-cameras')).body.items;

  it('are not taken unless the teacher allows it', async () => {
    const before = await server.teacher.get(`/sessions/${sessionId}/own-cameras`);
    expect(before.body).toEqual({ allowed: false });
    expect(await classes(student)).toEqual([]);
    const refused = await join(student);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'own-cameras-off']);
    expect((await allow(student, true)).status).toBe(403);
    const other = await addTenant(server, 'elsewhere');
    expect((await allow(other, true)).status).toBe(404);
    expect((await allow(server.teacher, true)).body).toEqual({ allowed: true });
    expect(await classes(student)).toMatchObject([{ sessionId, course: { code: 'MAT101' } }]);
    expect(await classes(stranger)).toEqual([]);
    expect(await classes(other)).toEqual([]);
  });

  it('are one stream a student, however often they come, for those of the course', async () => {
    const answers = await Promise.all([join(student), join(student), join(student)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.streamId)).size).toBe(1);
    expect(new Set(answers.map(({ body }) => body.token)).size).toBe(3);
    const { body } = await server.teacher.get<{ items: { studentId: string }[] }>(
      `/sessions/${sessionId}/publishers`,
    );
    expect(body.items).toMatchObject([{ studentId: server.seeded!.students[0]!.id, live: false }]);
    expect((await join(stranger)).status).toBe(404);
    expect((await join(server.teacher)).status).toBe(403);
  });

  it('need the student’s consent', async () => {
    const [first] = server.seeded!.students;
    const consent = (granted: boolean) =>
      server.admin.call('PUT', `/students/${first!.id}/consents`, { purpose: 'face', granted });
    await consent(false);
    const refused = await join(student);
    expect([refused.status, refused.body.error.code]).toEqual([403, 'consent-missing']);
    await consent(true);
  });

  it('come no more when it is switched off, and can come again after one was sent away', async () => {
    const { streamId } = (await join(student)).body;
    await server.teacher.call('DELETE', `/sessions/${sessionId}/publishers/${streamId}`);
    const again = await join(student);
    expect(again.status).toBe(201);
    expect(again.body.streamId).not.toBe(streamId);
    expect((await allow(server.teacher, false)).body).toEqual({ allowed: false });
    expect((await join(student)).status).toBe(409);
    expect(await classes(student)).toEqual([]);
    await server.teacher.post(`/sessions/${sessionId}/close`);
    const late = await allow(server.teacher, true);
    expect([late.status, late.body.error.code]).toEqual([409, 'session-closed']);
  });
});
