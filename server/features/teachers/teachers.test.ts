import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';

type Failure = { error: { code: string } };
type Row = { id: string; name: string; email: string | null; userId: string | null; courses: number };
type List = { total: number; items: Row[] };

let server: TestServer;
let stranger: Api;
beforeAll(async () => {
  server = await startTestServer({ students: 0 });
  stranger = await addTenant(server, 'other');
});
afterAll(() => server?.close());

const add = async (given: object) =>
  (await server.admin.post<Row & Failure>('/teachers', { name: 'Öğretmen', ...given })).body;
const names = async (query: string, api = server.admin) =>
  (await api.get<List>(`/teachers?${query}`)).body.items.map(({ name }) => name);

describe('teachers', () => {
  it('are found by words, filtered by department and course, sorted and in pages', async () => {
    const isik = await add({ name: 'Işık  Şen', title: 'Prof. Dr.', department: 'Fizik' });
    await add({ name: 'Çiğdem Ay', email: 'Cigdem@Okul.example', department: 'Fizik' });
    await add({ name: 'Zeki Su', department: 'Kimya' });
    expect(await names('search=prof%20isik')).toEqual(['Işık Şen']);
    expect(await names('search=cigdem@okul')).toEqual(['Çiğdem Ay']);
    expect(await names('department=Fizik')).toEqual(['Çiğdem Ay', 'Işık Şen']);
    expect(await names('department=Fizik&sort=-name&limit=1')).toEqual(['Işık Şen']);
    const { body: course } = await server.admin.post<{ id: string }>('/courses', {
      ...{ code: 'FIZ1', name: 'Fizik', teacherIds: [isik.id] },
    });
    expect(await names(`courseId=${course.id}`)).toEqual(['Işık Şen']);
    expect(await names(`courseId=${course.id}`, stranger)).toEqual([]);
    expect((await server.admin.get('/teachers?sort=search_text')).status).toBe(400);
  });

  it('leave their courses when they are archived, and come back to the list, not to the courses', async () => {
    const teacher = await add({ name: 'Arşiv' });
    const { body: course } = await server.admin.post<{ id: string }>('/courses', {
      ...{ code: 'ARS1', name: 'Arşiv', teacherIds: [teacher.id] },
    });
    const patch = (body: object) =>
      server.admin.call<Row & { archived: boolean }>('PATCH', `/teachers/${teacher.id}`, body);
    expect((await patch({ archived: true })).body).toMatchObject({ archived: true, courses: 0 });
    expect(await names('search=arsiv')).toEqual([]);
    expect(await names('search=arsiv&archived=true')).toEqual(['Arşiv']);
    expect((await patch({ archived: false })).body).toMatchObject({ archived: false, courses: 0 });
    expect(await names(`courseId=${course.id}`)).toEqual([]);
  });

  it('have one account each, of their own institution', async () => {
    const [first, second] = [await add({ name: 'Bir' }), await add({ name: 'İki' })];
    const { body: foreign } = await stranger.get<{ id: string }>('/auth/me');
    const link = (id: string, userId: string) =>
      server.admin.call<Failure>('PATCH', `/teachers/${id}`, { userId });
    expect((await link(first.id, foreign.id)).body.error.code).toBe('user-not-found');
    const { body: mine } = await server.admin.get<{ id: string }>('/auth/me');
    expect((await link(first.id, mine.id)).status).toBe(200);
    expect((await link(second.id, mine.id)).body.error.code).toBe('teacher-taken');
    expect((await stranger.get(`/teachers/${first.id}`)).status).toBe(404);
    expect((await stranger.call('DELETE', `/teachers/${first.id}`)).status).toBe(404);
    expect((await server.teacher.call('DELETE', `/teachers/${first.id}`)).status).toBe(403);
  });
});
