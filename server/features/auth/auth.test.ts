import { eq } from 'drizzle-orm';
import { type CryptoKey, generateKeyPair, importPKCS8, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN_EMAIL,
  createApi,
  PASSWORD,
  startTestServer,
  TEACHER_EMAIL,
  type TestServer,
} from '../../../tests/support/server.ts';
import { signingKeys } from '../../db/schema/index.ts';

type Tokens = {
  access_token: string;
  refresh_token: string;
  token_type: string;
  expires_in: number;
  user: object;
};
type Failure = { error: { code: string; requestId: string; details?: { fields?: unknown[] } } };

let now = Date.now();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ students: 1, overrides: { clock: { now: () => now } } });
});
afterAll(() => server?.close());

const login = async (email = TEACHER_EMAIL, password = PASSWORD) =>
  (await server.anonymous.post<Tokens>('/auth/login', { email, password })).body;
const refresh = (token: string) =>
  server.anonymous.post<Tokens & Failure>('/auth/refresh', { refresh_token: token });

describe('signing in', () => {
  it('answers with both tokens, as RFC 6749 names them, and the user', async () => {
    const answer = await server.anonymous.post<Tokens>('/auth/login', {
      email: ' Teacher@TEST.local',
      password: PASSWORD,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      user: { email: TEACHER_EMAIL, role: 'teacher', locale: 'tr' },
    });
    const me = await createApi(server.url, answer.body.access_token).get('/auth/me');
    expect(me.body).toEqual(answer.body.user);
  });

  it('tells a wrong password and an unknown user apart in no way', async () => {
    const wrong = await server.anonymous.post<Failure>('/auth/login', {
      email: ADMIN_EMAIL,
      password: 'wrong password',
    });
    const unknown = await server.anonymous.post<Failure>('/auth/login', {
      email: 'no@body.local',
      password: 'wrong password',
    });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    const { requestId: _, ...first } = wrong.body.error;
    const { requestId: __, ...second } = unknown.body.error;
    expect(first).toEqual(second);
    expect(first.code).toBe('wrong-credentials');
  });

  it('lets an account wait after too many wrong passwords, right ones included', async () => {
    const email = 'guessed@test.local';
    const given = { email, name: 'G', role: 'teacher', password: PASSWORD };
    await server.admin.post('/users', given);
    for (let attempt = 0; attempt < 5; attempt++)
      await server.anonymous.post('/auth/login', { email, password: 'guess' });
    const refused = await server.anonymous.post<Failure>('/auth/login', { email, password: PASSWORD });
    expect(refused.status).toBe(429);
    expect(refused.body.error.code).toBe('rate-limited');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('lists the fields of a malformed request', async () => {
    const answer = await server.anonymous.post<Failure>('/auth/login', { email: 5 });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 'invalid-request', details: { fields: [{}] } });
    const broken = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(((await broken.json()) as Failure).error.code).toBe('invalid-json');
  });
});

describe('access tokens', () => {
  const me = (token: string) => createApi(server.url, token).get<Failure>('/auth/me');

  it('are needed everywhere but on the public routes', async () => {
    expect((await server.anonymous.get<Failure>('/students')).body.error.code).toBe('unauthenticated');
    expect((await me('rubbish')).status).toBe(401);
    expect((await server.anonymous.get('/auth/me')).headers.get('www-authenticate')).toContain('Bearer');
  });

  it('expire, and say so', async () => {
    const { access_token } = await login();
    now += 901_000;
    expect((await me(access_token)).body.error.code).toBe('token-expired');
    expect((await me((await login()).access_token)).status).toBe(200);
  });

  it('are refused when forged, of another key, algorithm, audience or kind', async () => {
    const { access_token } = await login();
    const [head, body, signature] = access_token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string };
    const stored = await server.context.db.system((tx) =>
      tx.select().from(signingKeys).where(eq(signingKeys.id, kid)),
    );
    const own = await importPKCS8(
      server.context.crypto
        .sealer('signing-keys')
        .open(`signing-key:${kid}`, stored[0]!.privateKey)
        .toString(),
      'EdDSA',
    );
    const stranger = (await generateKeyPair('EdDSA', { crv: 'Ed25519' })).privateKey;
    const jwks = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
    const x = Buffer.from(jwks.keys.find((key) => key.kid === kid)!.x!, 'base64url');
    const signed = (key: CryptoKey | Uint8Array, header: object = {}, more: object = {}) =>
      new SignJWT({ ...claims, ...more })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid, ...header })
        .sign(key);
    expect((await me(await signed(own))).status).toBe(200);
    const bad = [
      `${head}.${encode({ ...claims, role: 'sysadmin' })}.${signature}`,
      `${encode({ alg: 'none', typ: 'at+jwt', kid })}.${body}.`,
      await signed(stranger),
      await signed(stranger, { kid: 'another' }),
      await signed(own, { kid: 'another' }),
      await signed(own, { typ: 'JWT' }),
      await signed(own, {}, { aud: 'another' }),
      await signed(own, {}, { iss: 'another' }),
      // The published key taken for a secret that both sides know.
      await signed(x, { alg: 'HS256' }),
      await signed(Buffer.from(JSON.stringify(jwks.keys[0])), { alg: 'HS256' }),
      await signed(server.context.crypto.derive('access-tokens'), { alg: 'HS256' }),
      'x'.repeat(5000),
    ];
    for (const token of bad)
      expect((await me(token)).body.error?.code, token.slice(0, 60)).toBe('unauthenticated');
  });
});

describe('refresh tokens', () => {
  it('are exchanged once for the next pair', async () => {
    const first = await login();
    const second = (await refresh(first.refresh_token)).body;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const third = await refresh(second.refresh_token);
    expect(third.status).toBe(200);
    expect(third.body.user).toEqual(first.user);
  });

  it('end the whole sign-in when one comes back a second time, and no other sign-in', async () => {
    const [stolen, other] = [await login(), await login()];
    const next = (await refresh(stolen.refresh_token)).body;
    const replayed = await refresh(stolen.refresh_token);
    expect(replayed.status).toBe(401);
    expect(replayed.body.error.code).toBe('refresh-reused');
    expect((await refresh(next.refresh_token)).body.error.code).toBe('refresh-invalid');
    expect((await refresh(other.refresh_token)).status).toBe(200);
  });

  it('work for one of ten requests at once', async () => {
    const { refresh_token } = await login();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refresh_token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('are refused when unknown, expired, or after logout', async () => {
    expect((await refresh('x'.repeat(43))).body.error.code).toBe('refresh-invalid');
    const ended = await login();
    expect((await server.anonymous.post('/auth/logout', { refresh_token: ended.refresh_token })).status).toBe(
      204,
    );
    expect((await refresh(ended.refresh_token)).body.error.code).toBe('refresh-invalid');
    const old = await login();
    now += 31 * 86_400_000;
    expect((await refresh(old.refresh_token)).body.error.code).toBe('refresh-invalid');
    server.admin = await server.as(ADMIN_EMAIL, PASSWORD);
  });
});

describe('roles and users', () => {
  it('lets only administrators manage', async () => {
    const teacher = await server.as(TEACHER_EMAIL, PASSWORD);
    const tried = [
      await teacher.post<Failure>('/students', { number: '1', name: 'A' }),
      await teacher.post<Failure>('/users', {
        email: 'a@b.co',
        name: 'A',
        role: 'admin',
        password: PASSWORD,
      }),
      await teacher.get<Failure>('/users'),
      await teacher.get<Failure>('/privacy/receipts'),
    ];
    expect(tried.map(({ status, body }) => [status, body.error.code])).toEqual(
      tried.map(() => [403, 'forbidden']),
    );
    expect((await teacher.get('/students')).status).toBe(200);
  });

  it('lets a student see themselves and nobody else', async () => {
    const own = server.seeded!.students[0]!;
    const other = (await server.admin.post<{ id: string }>('/students', { number: 'O1', name: 'Other' }))
      .body;
    const account = {
      email: 's@test.local',
      name: own.name,
      role: 'student',
      password: PASSWORD,
      studentId: own.id,
    };
    expect((await server.admin.post('/users', account)).status).toBe(201);
    const student = await server.as('s@test.local', PASSWORD);
    expect((await student.get(`/students/${own.id}`)).status).toBe(200);
    expect((await student.get(`/students/${other.id}`)).status).toBe(404);
    for (const path of ['/students', '/courses', '/users', '/sessions']) {
      expect((await student.get(path)).status, path).toBe(403);
    }
    const withdrawn = await student.call('PUT', `/students/${own.id}/consents`, {
      purpose: 'face',
      granted: false,
    });
    expect(withdrawn.status).toBe(200);
    expect(
      (await student.call('PUT', `/students/${other.id}/consents`, { purpose: 'face', granted: true }))
        .status,
    ).toBe(404);
  });

  it('ends the sign-ins of a user who is changed or switched off', async () => {
    const made = await server.admin.post<{ id: string }>('/users', {
      email: 'gone@test.local',
      name: 'Gone',
      role: 'teacher',
      password: PASSWORD,
    });
    const tokens = await login('gone@test.local');
    await server.admin.call('PATCH', `/users/${made.body.id}`, { active: false });
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
    const answer = await server.anonymous.post<Failure>('/auth/login', {
      email: 'gone@test.local',
      password: PASSWORD,
    });
    expect([answer.status, answer.body.error.code]).toEqual([403, 'account-disabled']);
  });

  it('refuses doubles, weak passwords and an institution without an administrator', async () => {
    const user = { email: 'TEACHER@test.local', name: 'X', role: 'teacher', password: PASSWORD };
    expect((await server.admin.post<Failure>('/users', user)).body.error.code).toBe('email-taken');
    const weak = { ...user, email: 'new@test.local', password: 'short' };
    expect((await server.admin.post<Failure>('/users', weak)).body.error.code).toBe('password-too-weak');
    const me = (await server.admin.get<{ id: string }>('/auth/me')).body;
    const left = await server.admin.call<Failure>('PATCH', `/users/${me.id}`, { active: false });
    expect([left.status, left.body.error.code]).toEqual([409, 'last-admin']);
  });
});
