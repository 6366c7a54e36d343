import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  addTenant,
  createApi,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { createApiKeys } from './verify.ts';

type Failure = { error: { code: string; details?: { scope?: string; scopes?: string[] } } };
type Fresh = { id: string; key: string; prefix: string };

let ahead = 0;
const clock = { now: () => Date.now() + ahead };
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    students: 1,
    env: { ACCESS_TOKEN_SECONDS: '86400', API_KEY_RATE_LIMIT: '60' },
    overrides: { clock },
  });
});
afterAll(() => server?.close());

async function makeKey(scopes: string[], more: object = {}): Promise<Fresh & { api: Api }> {
  const { status, body } = await server.admin.post<Fresh>('/api-keys', { name: 'LMS', scopes, ...more });
  expect(status).toBe(201);
  return { ...body, api: createApi(server.url, body.key) };
}

describe('an API key', () => {
  it('reads and writes within its scopes, by either header', async () => {
    const { api, key } = await makeKey(['students:read']);
    expect((await api.get('/students')).status).toBe(200);
    const header = await server.anonymous.call('GET', '/students', undefined, { 'x-api-key': key });
    expect(header.status).toBe(200);
    const write = await api.post<Failure>('/students', { number: 'K1', name: 'K' });
    expect([write.status, write.body.error.code]).toEqual([403, 'scope-missing']);
    expect(write.body.error.details?.scope).toBe('students:write');
    expect((await api.get<Failure>('/courses')).body.error.code).toBe('scope-missing');
    const writer = await makeKey(['students:write']);
    expect((await writer.api.post('/students', { number: 'K1', name: 'K' })).status).toBe(201);
    expect((await writer.api.get<Failure>('/students')).body.error.code).toBe('scope-missing');
  });

  it('never manages accounts, keys, institutions or itself', async () => {
    const { body } = await server.admin.get<{ scopes: string[] }>('/api-keys/scopes');
    expect(body.scopes).toEqual(expect.arrayContaining(['students:read', 'attendance:read']));
    for (const subject of ['auth', 'users', 'api-keys', 'invitations', 'tenants', 'oidc-providers']) {
      expect(body.scopes.filter((scope) => scope.startsWith(`${subject}:`))).toEqual([]);
    }
    expect(body.scopes).not.toContain('privacy:write');
    const { api } = await makeKey(body.scopes);
    const tried = [
      await api.get<Failure>('/users'),
      await api.get<Failure>('/auth/me'),
      await api.get<Failure>('/api-keys'),
      await api.post<Failure>('/api-keys', { name: 'more', scopes: ['students:read'] }),
      await api.call<Failure>('PATCH', '/tenant', { name: 'Mine' }),
      await api.post<Failure>('/auth/2fa/enable'),
      await api.get<Failure>('/invitations'),
    ];
    expect(tried.map(({ status, body: { error } }) => [status, error.code])).toEqual(
      tried.map(() => [403, 'key-not-allowed']),
    );
    expect((await api.get<Failure>('/tenants')).status).toBe(403);
    const unknown = await server.admin.post<Failure>('/api-keys', { name: 'x', scopes: ['users:write'] });
    expect([unknown.status, unknown.body.error.code]).toEqual([422, 'scope-unknown']);
  });

  it('is refused once it is revoked, has expired, or is not one', async () => {
    const revoked = await makeKey(['students:read']);
    expect((await revoked.api.get('/students')).status).toBe(200);
    const elsewhere = createApiKeys(server.context);
    expect((await server.admin.call('DELETE', `/api-keys/${revoked.id}`)).status).toBe(204);
    expect((await revoked.api.get<Failure>('/students')).body.error.code).toBe('api-key-invalid');
    await expect(elsewhere.verify(revoked.key)).rejects.toMatchObject({ code: 'api-key-invalid' });
    const short = await makeKey(['students:read'], { expiresInDays: 1 });
    expect((await short.api.get('/students')).status).toBe(200);
    ahead += 86_400_001;
    expect((await short.api.get<Failure>('/students')).body.error.code).toBe('api-key-invalid');
    ahead -= 86_400_001;
    const forged = `${short.key.slice(0, -1)}${short.key.endsWith('A') ? 'B' : 'A'}`;
    for (const key of [forged, 'yk_', 'yk_00000000_', `yk_00000000_${'x'.repeat(43)}`]) {
      const answer = await createApi(server.url, key).get<Failure>('/students');
      expect([answer.status, answer.body.error.code]).toEqual([401, 'api-key-invalid']);
    }
  });

  it('sees its own institution only, and is kept as a hash', async () => {
    const other = await addTenant(server, 'else');
    const { api, id, key } = await makeKey(['students:read']);
    const student = await other.post<{ id: string }>('/students', { number: 'E1', name: 'Else' });
    expect((await api.get(`/students/${student.body.id}`)).status).toBe(404);
    expect((await other.call('DELETE', `/api-keys/${id}`)).status).toBe(404);
    const rows = await server.context.db.system((tx) => tx.execute('select * from api_keys'));
    expect(JSON.stringify(rows)).not.toContain(key.split('_').slice(2).join('_'));
    const listed = await server.admin.get<{ items: { id: string; lastUsedAt: string | null }[] }>(
      '/api-keys',
    );
    expect(JSON.stringify(listed.body)).not.toContain(key);
    expect(listed.body.items.find((item) => item.id === id)!.lastUsedAt).not.toBeNull();
  });

  it('has a rate limit of its own, told in the standard headers', async () => {
    const { api } = await makeKey(['students:read']);
    const first = await api.get('/students');
    expect(first.headers.get('ratelimit-limit')).toBe('60');
    expect(first.headers.get('ratelimit-remaining')).toBe('59');
    expect(Number(first.headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
    const answers = await Promise.all(Array.from({ length: 60 }, () => api.get<Failure>('/students')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await server.admin.get('/students')).status).toBe(200);
    expect((await (await makeKey(['students:read'])).api.get('/students')).status).toBe(200);
  });

  it('stands in the audit log under its own id', async () => {
    const { api, id } = await makeKey(['students:write']);
    await api.post('/students', { number: 'AU1', name: 'Audited' });
    const rows = await server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.execute<{ actor_kind: string; action: string }>(
        `select actor_kind, action from audit_log where actor_id = '${id}'`,
      ),
    );
    expect(rows).toMatchObject([{ actor_kind: 'api-key', action: 'POST /students' }]);
  });
});
