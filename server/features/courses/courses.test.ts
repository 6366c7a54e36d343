import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';
import type { Course } from './schemas.ts';

type Failure = { error: { code: string; details?: object } };
type List<T> = { total: number; items: T[] };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ students: 3 });
});
afterAll(() => server?.close());

const add = async (given: object) => (await server.admin.post<Course & Failure>('/courses', given)).body;

const joinCode = async (courseId: string): Promise<string> => {
  const codes = { role: 'student', courseId, maxUses: 5 };
  return (await server.admin.post<{ codes: { code: string }[] }>('/activation-codes', codes)).body.codes[0]!
    .code;
};
const activate = async (code: string, studentNumber: string): Promise<[number, string | undefined]> => {
  const person = { name: 'New', email: `${studentNumber}@join.local`, password: PASSWORD, studentNumber };
  const { status, body } = await server.anonymous.post<Partial<Failure>>('/auth/activate', {
    code,
    ...person,
  });
  return [status, body.error?.code];
};

describe('courses', () => {
  it('have rules with sensible defaults, changed one by one', async () => {
    const course = await add({ code: 'FIZ1', name: 'Fizik', semester: null, rules: { lateAfterMinutes: 5 } });
    expect(course).toMatchObject({
      code: 'FIZ1',
      semester: null,
      students: 0,
      rules: { lateAfterMinutes: 5, minPresenceShare: 0, graceMinutes: 5 },
    });
    const patched = await server.admin.call<Course>('PATCH', `/courses/${course.id}`, {
      semester: '2026 Güz',
      rules: { minPresenceShare: 0.7 },
    });
    expect(patched.body).toMatchObject({
      name: 'Fizik',
      semester: '2026 Güz',
      rules: { lateAfterMinutes: 5, minPresenceShare: 0.7, graceMinutes: 5 },
    });
    const bad = await server.admin.call('PATCH', `/courses/${course.id}`, {
      rules: { minPresenceShare: 1.5 },
    });
    expect(bad.status).toBe(400);
  });

  it('have a code of their own in a semester', async () => {
    await add({ code: 'KIM', name: 'Kimya', semester: 'A' });
    expect((await add({ code: 'KIM', name: 'Kimya', semester: 'A' })).error.code).toBe('course-code-taken');
    expect((await add({ code: 'KIM', name: 'Kimya', semester: 'B' })).id).toBeTruthy();
    expect((await server.admin.get<List<Course>>('/courses?search=kim')).body.total).toBe(2);
  });

  it('are removed, unless attendance would go with them', async () => {
    const course = await add({ code: 'GONE', name: 'Gone' });
    expect((await server.admin.call('DELETE', `/courses/${course.id}`)).status).toBe(204);
    expect((await server.admin.call<Failure>('DELETE', `/courses/${course.id}`)).body.error.code).toBe(
      'course-not-found',
    );
    const held = await add({ code: 'HELD', name: 'Held' });
    const { tenantId } = server.seeded!;
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`insert into class_sessions (id, tenant_id, course_id, status, starts_at, opened_at, policy, rules)
        values (${newId()}, ${tenantId}, ${held.id}, 'closed', now(), now(), '{}', '{}')`),
    );
    const refused = await server.admin.call<Failure>('DELETE', `/courses/${held.id}`);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'course-has-sessions']);
  });

  it('take excuses about them and codes for joining them along', async () => {
    const course = await add({ code: 'ABOUT', name: 'About' });
    const [student] = server.seeded!.students;
    const excuse = await server.admin.post<{ id: string }>('/excuses', {
      ...{ studentId: student!.id, courseId: course.id, note: 'Ill' },
      ...{ fromAt: '2026-01-01T00:00:00Z', untilAt: '2026-01-02T00:00:00Z' },
    });
    const form = new FormData();
    form.append('document', new Blob(['%PDF-1.7 says so']), 'd.pdf');
    await server.admin.call('PUT', `/excuses/${excuse.body.id}/document`, form);
    const code = await joinCode(course.id);
    expect((await server.admin.call('DELETE', `/courses/${course.id}`)).status).toBe(204);
    // Without its course it would read as one for all of them.
    expect((await server.admin.get(`/excuses/${excuse.body.id}`)).status).toBe(404);
    const documents = await server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.execute(sql`select 1 from files where kind = 'excuse'`),
    );
    expect(documents).toHaveLength(0);
    expect(await activate(code, 'A1')).toEqual([404, 'activation-code-invalid']);
  });

  it('have no new sessions and no new students once they are archived', async () => {
    const course = await add({ code: 'OVER', name: 'Over', teacherIds: [server.seeded!.teacherId] });
    const code = await joinCode(course.id);
    const archive = (archived: boolean) => server.admin.call('PATCH', `/courses/${course.id}`, { archived });
    const studentIds = [server.seeded!.students[0]!.id];
    const tries = async () => [
      (await server.teacher.post('/sessions', { courseId: course.id, cameraIds: [] })).status,
      (await server.admin.post(`/courses/${course.id}/enrolments`, { studentIds })).status,
    ];
    await archive(true);
    expect(await tries()).toEqual([409, 409]);
    expect(await activate(code, 'A2')).toEqual([404, 'activation-code-invalid']);
    await archive(false);
    expect(await tries()).toEqual([201, 200]);
    expect((await activate(code, 'A2'))[0]).toBe(200);
  });
});

describe('enrolments', () => {
  it('are added once, all or none, and ended', async () => {
    const course = await add({ code: 'ENR', name: 'Enrol' });
    const [a, b, c] = server.seeded!.students.map(({ id }) => id) as [string, string, string];
    const path = `/courses/${course.id}/enrolments`;
    const changes: string[][] = [];
    server.context.events.on('roster:changed', ({ studentIds }) => changes.push(studentIds));
    expect((await server.admin.post(path, { studentIds: [a, b] })).body).toEqual({ added: 2, total: 2 });
    expect((await server.admin.post(path, { studentIds: [b, c] })).body).toEqual({ added: 1, total: 3 });
    const unknown = newId();
    const refused = await server.admin.post<Failure>(path, { studentIds: [a, unknown] });
    expect([refused.status, refused.body.error]).toMatchObject([404, { details: { studentIds: [unknown] } }]);
    expect((await server.admin.get<List<object>>(path)).body).toMatchObject({ total: 3 });
    expect((await server.admin.call('DELETE', `${path}/${a}`)).status).toBe(204);
    expect((await server.admin.call<Failure>('DELETE', `${path}/${a}`)).body.error.code).toBe(
      'enrolment-not-found',
    );
    expect((await server.admin.get<List<object>>(`/students?courseId=${course.id}`)).body.total).toBe(2);
    expect(changes).toEqual([[a, b], [c], [a]]);
  });
});
