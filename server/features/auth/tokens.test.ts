import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createApi,
  PASSWORD,
  startTestServer,
  TEACHER_EMAIL,
  type TestServer,
} from '../../../tests/support/server.ts';
import { createSigningKeys, type SigningKeys } from './signing-keys.ts';
import { openAccessTokens } from './tokens.ts';

const DAY = 86_400_000;
let ahead = 0;
const clock = { now: () => Date.now() + ahead };
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ students: 0, overrides: { clock } });
});
afterAll(() => server?.close());

const jwks = async () => {
  const answer = await fetch(`${server.url}/.well-known/jwks.json`);
  return { answer, keys: ((await answer.json()) as { keys: Record<string, string>[] }).keys };
};
const login = async () => {
  const { body } = await server.anonymous.post<{ access_token: string; refresh_token: string }>(
    '/auth/login',
    {
      email: TEACHER_EMAIL,
      password: PASSWORD,
    },
  );
  return body;
};
const me = (token: string) => createApi(server.url, token).get<{ error?: { code: string } }>('/auth/me');
const keysOf = (periodMs = 30 * DAY): SigningKeys =>
  createSigningKeys({ ...server.context, lifetime: 900, periodMs });

describe('signing keys', () => {
  it('are published without their private halves, and may be kept for a while', async () => {
    const { answer, keys } = await jwks();
    expect(answer.headers.get('content-type')).toContain('application/jwk-set+json');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
    expect(keys[0]).not.toHaveProperty('d');
    const { access_token } = await login();
    expect(decodeProtectedHeader(access_token)).toMatchObject({ alg: 'EdDSA', kid: keys[0]!.kid });
  });

  it('are published a day before they sign, and verify until their last token is out', async () => {
    const first = await login();
    const firstKid = decodeProtectedHeader(first.access_token).kid;
    ahead += 29.5 * DAY;
    const before = await login();
    expect(decodeProtectedHeader(before.access_token).kid).toBe(firstKid);
    const published = (await jwks()).keys.map(({ kid }) => kid);
    expect(published).toHaveLength(2);
    ahead += 0.5 * DAY - 60_000;
    const last = await login();
    expect(decodeProtectedHeader(last.access_token).kid).toBe(firstKid);
    ahead += 120_000;
    const next = await login();
    const nextKid = decodeProtectedHeader(next.access_token).kid!;
    expect(nextKid).not.toBe(firstKid);
    expect(published).toContain(nextKid);
    expect((await me(last.access_token)).status).toBe(200);
    expect((await me(next.access_token)).status).toBe(200);
    ahead += 3 * DAY;
    expect((await jwks()).keys.map(({ kid }) => kid)).toEqual([nextKid]);
    expect((await me(last.access_token)).status).toBe(401);
  });

  it('are one for all servers, however many make it at once', async () => {
    ahead += 90 * DAY;
    const servers = Array.from({ length: 8 }, () => keysOf());
    const kids = await Promise.all(servers.map(async (keys) => (await keys.current()).kid));
    expect(new Set(kids).size).toBe(1);
  });

  it('sign also with the clock set back', async () => {
    ahead -= 365 * DAY;
    const set = keysOf();
    expect(await set.find((await set.current()).kid)).not.toBeNull();
    const tokens = openAccessTokens(server.config, server.context);
    expect(tokens.lifetime).toBe(900);
    ahead += 365 * DAY;
  });

  it('do not come back once they are withdrawn', async () => {
    const { access_token } = await login();
    const kid = decodeProtectedHeader(access_token).kid!;
    const another = keysOf();
    expect(await another.find(kid)).not.toBeNull();
    await server.context.db.system((tx) => tx.execute('delete from signing_keys'));
    expect(await keysOf().find(kid)).toBeNull();
  });
});

describe('access tokens of one who was signed out', () => {
  it('are refused at once, by another server within seconds', async () => {
    const mine = await login();
    const other = await login();
    const elsewhere = openAccessTokens(server.config, server.context);
    await server.anonymous.post('/auth/logout', { refresh_token: mine.refresh_token });
    expect((await me(mine.access_token)).status).toBe(401);
    expect((await me(other.access_token)).status).toBe(200);
    await expect(elsewhere.verify(mine.access_token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('work again after a new sign-in, also with the clock set back', async () => {
    const made = await server.as('admin@test.local', PASSWORD).then((admin) =>
      admin.post<{ id: string }>('/users', {
        email: 'late@test.local',
        name: 'L',
        role: 'teacher',
        password: PASSWORD,
      }),
    );
    const admin = await server.as('admin@test.local', PASSWORD);
    const old = await server.as('late@test.local', PASSWORD);
    await admin.call('PATCH', `/users/${made.body.id}`, { password: 'another long one' });
    expect((await old.get('/auth/me')).status).toBe(401);
    ahead -= 7_200_000;
    const fresh = await server.as('late@test.local', 'another long one');
    expect((await fresh.get('/auth/me')).status).toBe(200);
    expect((await old.get('/auth/me')).status).toBe(401);
    ahead += 7_200_000;
  });
});
