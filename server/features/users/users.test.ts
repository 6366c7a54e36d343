import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  addTenant,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';

type Failure = { error: { code: string } };
type Row = { id: string; name: string; email: string; role: string; status: string };
type List = { total: number; skip: number; limit: number; items: Row[] };

let server: TestServer;
let stranger: Api;
beforeAll(async () => {
  server = await startTestServer({ students: 2 });
  stranger = await addTenant(server, 'other');
});
afterAll(() => server?.close());

const add = (given: object) =>
  server.admin.post<Row & Failure>('/users', { role: 'teacher', password: PASSWORD, ...given });
const names = async (query: string, api = server.admin) =>
  (await api.get<List>(`/users?${query}`)).body.items.map(({ name }) => name);

describe('users', () => {
  it('are found whatever their case and diacritics, filtered, sorted and in pages', async () => {
    const people = [
      ['isik@find.local', 'Işık Çağlayan'],
      ['ilker@find.local', 'İlker Öz'],
      ['айгүл@find.example', 'Айгүл Ёлкина'],
      ['percent@find.local', '100% Şule_'],
    ] as const;
    for (const [i, [email, name]] of people.entries()) {
      const made = await add({ email: email.replace('айгүл', 'aigul'), name });
      expect([i, made.status]).toEqual([i, 201]);
    }
    for (const typed of ['isik', 'IŞIK', 'ışık', 'caglayan ISIK', 'isik@find']) {
      expect(await names(`search=${encodeURIComponent(typed)}`)).toEqual(['Işık Çağlayan']);
    }
    for (const typed of ['ilker', 'İLKER', 'öz i']) {
      expect(await names(`search=${encodeURIComponent(typed)}`)).toContain('İlker Öz');
    }
    expect(await names(`search=${encodeURIComponent('айгул елк')}`)).toEqual(['Айгүл Ёлкина']);
    expect(await names('search=100%25')).toEqual(['100% Şule_']);
    expect(await names('search=_')).toEqual(['100% Şule_']);
    expect(await names('search=isik', stranger)).toEqual([]);

    const up = await names('search=find&sort=name');
    expect(up).toEqual(['100% Şule_', 'İlker Öz', 'Işık Çağlayan', 'Айгүл Ёлкина']);
    expect(await names('search=find&sort=-name')).toEqual([...up].reverse());
    const page = await server.admin.get<List>('/users?search=find&skip=1&limit=2');
    expect(page.body).toMatchObject({ total: 4, skip: 1, limit: 2 });
    expect(page.body.items.map(({ name }) => name)).toEqual(up.slice(1, 3));
    expect((await server.admin.get<List>('/users?role=admin')).body.total).toBe(0);
    expect((await server.admin.get<List>('/users?role=sysadmin')).body.total).toBe(1);
    expect((await server.admin.get('/users?sort=password_hash')).status).toBe(400);
    expect((await server.admin.get('/users?limit=100000')).status).toBe(400);
  });

  it('tell invited, disabled and waiting accounts from active ones', async () => {
    await server.admin.post('/invitations', { email: 'inv@state.local', name: 'Davetli', role: 'teacher' });
    const off = await add({ email: 'off@state.local', name: 'Kapalı' });
    await server.admin.call('PATCH', `/users/${off.body.id}`, { active: false });
    await add({ email: 'on@state.local', name: 'Açık' });
    expect(await names('search=state.local&status=invited')).toEqual(['Davetli']);
    expect(await names('search=state.local&status=disabled')).toEqual(['Kapalı']);
    expect(await names('search=state.local&status=active')).toEqual(['Açık']);
    const invited = await server.admin.get<{ items: { name: string }[] }>('/invitations?search=davetlı');
    expect(invited.body.items.map(({ name }) => name)).toEqual(['Davetli']);
  });

  it('keep an administrator, also when two remove each other at once', async () => {
    const pair = ['a', 'b'].map((name) => ({ email: `${name}@pair.local`, password: PASSWORD }));
    const { context } = server;
    const first = await addTenant(server, 'pair');
    const [one, two] = await Promise.all(
      pair.map(async (given) => {
        const made = await first.post<Row>('/users', { ...given, name: given.email, role: 'admin' });
        return { id: made.body.id, api: await server.as(given.email, given.password) };
      }),
    );
    const me = await first.get<{ id: string }>('/auth/me');
    expect((await one!.api.call('PATCH', `/users/${me.body.id}`, { active: false })).status).toBe(200);
    const answers = await Promise.all([
      one!.api.call<Failure>('PATCH', `/users/${two!.id}`, { active: false }),
      two!.api.call<Failure>('PATCH', `/users/${one!.id}`, { role: 'teacher' }),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const left = await context.db.system((tx) =>
      tx.execute("select 1 from users where email like '%@pair.local' and role = 'admin' and active"),
    );
    expect(left).toHaveLength(1);
  });

  it('keep an administrator who can sign in, and somebody who runs the server', async () => {
    const api = await addTenant(server, 'alone');
    const me = await api.get<{ id: string }>('/auth/me');
    await api.post('/invitations', { email: 'late@alone.local', name: 'Late', role: 'admin' });
    for (const patch of [{ active: false }, { role: 'teacher' }]) {
      const left = await api.call<Failure>('PATCH', `/users/${me.body.id}`, patch);
      expect([left.status, left.body.error.code]).toEqual([409, 'last-admin']);
    }
    // There is another administrator of the institution, but none of the system.
    await add({ email: 'second@alone.local', name: 'Second', role: 'admin' });
    const system = await server.admin.get<{ id: string }>('/auth/me');
    for (const patch of [{ active: false }, { role: 'admin' }, { role: 'teacher' }]) {
      const left = await server.admin.call<Failure>('PATCH', `/users/${system.body.id}`, patch);
      expect([left.status, left.body.error?.code]).toEqual([409, 'last-admin']);
    }
    expect((await server.admin.get('/tenants')).status).toBe(200);
  });

  it('are removed with all that lets them in, and leave what they did', async () => {
    const email = 'removed@own.local';
    const { body: user } = await add({ email, name: 'Removed', role: 'teacher' });
    const api = await server.as(email, PASSWORD);
    const entry = async () =>
      (await server.admin.get<{ items: { id: string; userId: string | null }[] }>('/teachers?search=removed'))
        .body.items[0]!;
    const { courseId } = server.seeded!;
    const teacherIds = [(await entry()).id, server.seeded!.teacherId];
    await server.admin.call('PUT', `/courses/${courseId}/teachers`, { teacherIds });
    const opened = await api.post<{ id: string }>('/sessions', { courseId, cameraIds: [] });
    const mark = { sessionId: opened.body.id, studentId: server.seeded!.students[0]!.id, status: 'late' };
    const marked = await api.post<{ id: string; correctedBy: string }>('/attendance/manual', mark);
    expect(marked.body.correctedBy).toBe(user.id);
    await server.anonymous.post('/auth/password/forgot', { email });

    expect((await stranger.call('DELETE', `/users/${user.id}`)).status).toBe(404);
    expect((await api.call('DELETE', `/users/${user.id}`)).status).toBe(403);
    expect((await server.admin.call('DELETE', `/users/${user.id}`)).status).toBe(204);
    expect((await server.admin.call('DELETE', `/users/${user.id}`)).status).toBe(404);
    expect((await api.get('/auth/me')).status).toBe(401);
    await expect(server.as(email, PASSWORD)).rejects.toThrow('wrong-credentials');
    expect((await entry()).userId).toBeNull();
    const stands = await server.admin.get(`/attendance/${marked.body.id}`);
    expect(stands.body).toMatchObject({ status: 'late', correctedBy: user.id });
    const left = await server.context.db.tenant(server.seeded!.tenantId, async (tx) => [
      ...(await tx.execute(`select 1 from refresh_tokens where user_id = '${user.id}'`)),
      ...(await tx.execute(`select 1 from one_time_tokens where user_id = '${user.id}'`)),
      ...(await tx.execute(`select 1 from notifications where address = '${email}'`)),
      ...(await tx.execute(`select 1 from outbox where payload::text like '%${email}%'`)),
    ]);
    expect(left).toEqual([]);
    // The address is free again, and the entry takes the new account.
    const again = await add({ email, name: 'Removed', role: 'teacher' });
    expect([again.status, (await entry()).userId]).toEqual([201, again.body.id]);

    const me = await server.admin.get<{ id: string }>('/auth/me');
    const last = await server.admin.call<Failure>('DELETE', `/users/${me.body.id}`);
    expect([last.status, last.body.error.code]).toEqual([409, 'last-admin']);
    const admin = await add({ email: 'admin@own.local', name: 'Other', role: 'admin' });
    const other = await server.as('admin@own.local', PASSWORD);
    expect((await other.call('DELETE', `/users/${me.body.id}`)).status).toBe(403);
    expect((await other.call('DELETE', `/users/${admin.body.id}`)).status).toBe(204);
  });

  it('are of one institution: no other reads or changes them', async () => {
    const { body: user } = await add({ email: 'mine@own.local', name: 'Benim' });
    expect((await stranger.get(`/users/${user.id}`)).status).toBe(404);
    expect((await stranger.call('PATCH', `/users/${user.id}`, { active: false })).status).toBe(404);
    expect((await stranger.call('DELETE', `/users/${user.id}/second-factor`)).status).toBe(404);
    const taken = await stranger.post<Failure>('/users', {
      ...{ email: 'MINE@own.local', name: 'X', role: 'teacher', password: PASSWORD },
    });
    expect([taken.status, taken.body.error.code]).toEqual([409, 'email-taken']);
  });
});
