import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../../tests/support/server.ts';
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
