import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addTenant,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';

type Failure = { error: { code: string } };
type Tenant = {
  id: string;
  name: string;
  logoUrl: string | null;
  settings: { colours: { primary: string } };
  emotion: { mode: string; prohibited: boolean };
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ students: 0 });
});
afterAll(() => server?.close());

const school = (name: string, more: object = {}) => ({
  name,
  locale: 'tr',
  timezone: 'Europe/Istanbul',
  policy: 'tr',
  admin: { email: `admin@${name}.edu`, name: 'A', password: PASSWORD },
  ...more,
});
/** fetch() sets Host itself; node:http does not. */
async function atHost(path: string, host: string) {
  const { request } = await import('node:http');
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const asked = request(`${server.url}${path}`, { headers: { host } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) }),
      );
    });
    asked.on('error', reject).end();
  });
}

describe('institutions', () => {
  it('are shown by host name; the only one without', async () => {
    const alone = await atHost('/api/v1/tenant/public', 'anything.example');
    expect(alone.body).toMatchObject({
      id: server.seeded!.tenantId,
      registrationOpen: false,
      oidcProviders: [],
    });
    const made = await server.admin.post<Tenant>('/tenants', school('lise', { domain: 'lise.example.edu' }));
    expect(made.status).toBe(201);
    const named = await atHost('/api/v1/tenant/public', 'LISE.example.edu:8443');
    expect(named.body).toMatchObject({ id: made.body.id, name: 'lise' });
    const neutral = await atHost('/api/v1/tenant/public', 'anything.example');
    expect(neutral.body).toMatchObject({ id: null, name: null });
    const activate = (active: boolean) => server.admin.call('PATCH', `/tenants/${made.body.id}`, { active });
    await activate(false);
    const suspended = await atHost('/api/v1/tenant/public', 'lise.example.edu');
    expect(suspended.body).toMatchObject({ id: null, name: null });
    await activate(true);
    const taken = await server.admin.post<Failure>('/tenants', school('iki', { domain: 'lise.example.edu' }));
    expect(taken.body.error.code).toBe('domain-taken');
  });

  it('are made and seen by system administrators only', async () => {
    const admin = await addTenant(server, 'plain');
    for (const api of [admin, server.teacher]) {
      expect((await api.get<Failure>('/tenants')).status).toBe(403);
      expect((await api.post<Failure>('/tenants', school('x'))).status).toBe(403);
    }
    const list = await server.admin.get<{ items: { name: string; users: number }[] }>(
      '/tenants?search=plain',
    );
    expect(list.body.items).toMatchObject([{ name: 'plain', users: 1 }]);
    const bad = [
      [school('z1', { timezone: 'Mars/Olympus' }), 'timezone-unknown'],
      [school('z2', { timezone: '+03:00' }), 'timezone-unknown'],
      [school('z3', { policy: 'eu', emotionMode: 'individual' }), 'emotion-prohibited'],
      [school('z4', { admin: { email: 'admin@test.local', name: 'A', password: PASSWORD } }), 'email-taken'],
    ] as const;
    for (const [given, code] of bad) {
      expect((await server.admin.post<Failure>('/tenants', given)).body.error.code).toBe(code);
    }
  });

  it('are suspended: nobody signs in or calls, until they are resumed', async () => {
    const made = await server.admin.post<Tenant>('/tenants', school('suspended'));
    const signIn = () =>
      server.anonymous.post<Failure & { access_token: string; refresh_token: string }>('/auth/login', {
        email: 'admin@suspended.edu',
        password: PASSWORD,
      });
    const { access_token, refresh_token } = (await signIn()).body;
    const admin = createApi(server.url, access_token);
    const key = await admin.post<{ key: string }>('/api-keys', { name: 'k', scopes: ['students:read'] });
    const suspend = (active: boolean, id = made.body.id) =>
      server.admin.call<Failure>('PATCH', `/tenants/${id}`, { active });
    expect((await suspend(false)).status).toBe(200);
    const tried = [
      await admin.get<Failure>('/students'),
      await createApi(server.url, key.body.key).get<Failure>('/students'),
      await signIn(),
      await server.anonymous.post<Failure>('/auth/refresh', { refresh_token }),
    ];
    expect(tried.map(({ status, body }) => [status, body.error.code])).toEqual(
      tried.map(() => [403, 'institution-suspended']),
    );
    expect((await suspend(true)).status).toBe(200);
    expect((await admin.get('/students')).status).toBe(200);
    expect((await suspend(false, server.seeded!.tenantId)).body.error.code).toBe('own-tenant');
  });

  it('cannot reach above themselves: no administrator changes or makes a system administrator', async () => {
    const me = (await server.admin.get<{ id: string }>('/auth/me')).body;
    await server.admin.post('/users', {
      email: 'second@test.local',
      name: 'S',
      role: 'admin',
      password: PASSWORD,
    });
    const second = await server.as('second@test.local', PASSWORD);
    const self = (await second.get<{ id: string }>('/auth/me')).body;
    expect((await second.call('PATCH', `/users/${me.id}`, { password: 'taken over now' })).status).toBe(403);
    expect((await second.call('PATCH', `/users/${self.id}`, { role: 'sysadmin' })).status).toBe(403);
    expect((await second.call('DELETE', `/users/${me.id}/second-factor`)).status).toBe(403);
  });
});

describe('an institution’s own settings', () => {
  it('are changed in part, checked, and by administrators only', async () => {
    const patch = (body: object) => server.admin.call<Tenant & Failure>('PATCH', '/tenant', body);
    const changed = await patch({ name: 'Yeni', settings: { colours: { primary: '#123456' } } });
    expect(changed.body).toMatchObject({ name: 'Yeni', settings: { colours: { primary: '#123456' } } });
    expect((await server.teacher.call('PATCH', '/tenant', { name: 'x' })).status).toBe(403);
    expect((await patch({ settings: { colours: { primary: 'red' } } })).status).toBe(400);
    expect((await patch({ timezone: 'Nowhere' })).body.error.code).toBe('timezone-unknown');
    const eu = await addTenant(server, 'europe', 'eu');
    const emotion = await eu.call<Failure>('PATCH', '/tenant', { emotion: { mode: 'class' } });
    expect([emotion.status, emotion.body.error.code]).toEqual([403, 'emotion-prohibited']);
    expect((await eu.call('PATCH', '/tenant', { policy: 'default' })).status).not.toBe(500);
    expect((await eu.get<{ policy: string }>('/tenant')).body.policy).toBe('eu');
  });

  it('lose nothing when several are changed at once', async () => {
    const own = await addTenant(server, 'atonce');
    const changes = [
      { colours: { primary: '#111111' } },
      { colours: { accent: '#222222' } },
      { registration: { open: true } },
      { warnings: { absences: 7 } },
      { webhooks: { studentNames: true } },
    ];
    await Promise.all(changes.map((settings) => own.call('PATCH', '/tenant', { settings })));
    const { body } = await own.get<{ settings: Record<string, Record<string, unknown>> }>('/tenant');
    expect(body.settings).toMatchObject({
      colours: { primary: '#111111', accent: '#222222' },
      registration: { open: true },
      warnings: { absences: 7 },
      webhooks: { studentNames: true },
    });
  });

  it('say which pages may call from a browser', async () => {
    const ask = async (origin: string) =>
      (await fetch(`${server.url}/healthz`, { headers: { origin } })).headers.get(
        'access-control-allow-origin',
      );
    expect(await ask('https://lms.school.edu')).toBeNull();
    await server.admin.call('PATCH', '/tenant', {
      settings: { cors: { origins: ['https://lms.school.edu'] } },
    });
    expect(await ask('https://lms.school.edu')).toBe('https://lms.school.edu');
    expect(await ask('https://lms.school.edu.evil.example')).toBeNull();
  });

  it('include a logo, written anew from a real picture', async () => {
    const put = (file: Buffer, type = 'image/png') => {
      const form = new FormData();
      form.append('logo', new Blob([new Uint8Array(file)], { type }), 'logo.png');
      return server.admin.call<Tenant & Failure>('PUT', '/tenant/logo', form);
    };
    const picture = sharp({ create: { width: 900, height: 300, channels: 3, background: '#2f4fd8' } });
    const kept = await put(await picture.jpeg().withMetadata().toBuffer(), 'image/jpeg');
    expect(kept.status).toBe(200);
    const served = await fetch(`${server.url}${kept.body.logoUrl}`);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect(served.headers.get('cache-control')).toContain('immutable');
    const { width, height, format } = await sharp(Buffer.from(await served.arrayBuffer())).metadata();
    expect([width, height, format]).toEqual([512, 171, 'png']);
    const tiny = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>');
    for (const file of [tiny, svg, Buffer.from('not a picture')]) {
      expect((await put(file)).body.error.code).toBe('logo-invalid');
    }
    expect((await put(Buffer.alloc(1_100_000))).status).toBe(413);
    expect((await server.admin.call('DELETE', '/tenant/logo')).status).toBe(204);
    expect((await fetch(`${server.url}${kept.body.logoUrl}`)).status).toBe(404);
  });
});

describe('users', () => {
  it('are searched, filtered and sorted', async () => {
    const list = async (query: string) =>
      (await server.admin.get<{ items: { email: string }[] }>(`/users?${query}`)).body.items.map(
        ({ email }) => email,
      );
    expect(await list('role=teacher')).toEqual(['teacher@test.local']);
    expect(await list('search=AYŞE')).toEqual(['teacher@test.local']);
    expect(await list('search=%25')).toEqual([]);
    const up = await list('sort=email');
    expect(await list('sort=-email')).toEqual([...up].reverse());
    expect((await server.admin.get('/users?sort=password')).status).toBe(400);
  });
});
