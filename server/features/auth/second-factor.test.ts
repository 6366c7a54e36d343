import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';

type Failure = { error: { code: string; details?: { challenge: string } } };
type Tokens = { access_token: string; refresh_token: string; limited: boolean };

let ahead = 0;
const clock = { now: () => Date.now() + ahead };
let server: TestServer;
let admin: Api;
beforeAll(async () => {
  server = await startTestServer({
    students: 0,
    env: { ACCESS_TOKEN_SECONDS: '86400' },
    overrides: { clock },
  });
  admin = server.admin;
});
afterAll(() => server?.close());

let counter = 0;
async function person(role = 'teacher'): Promise<{ email: string; id: string; api: Api }> {
  const email = `two${++counter}@test.local`;
  const made = await admin.post<{ id: string }>('/users', { email, name: 'Two', role, password: PASSWORD });
  return { email, id: made.body.id, api: await server.as(email, PASSWORD) };
}
const codeOf = (secret: string, offset = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.now() + offset * 30_000 });
const next = () => {
  ahead += 30_000;
};
async function enrolled() {
  const who = await person();
  const { body } = await who.api.post<{ secret: string; uri: string; qr: string }>('/auth/2fa/enable');
  const verified = await who.api.post<{ backupCodes: string[] }>('/auth/2fa/verify', {
    code: codeOf(body.secret),
  });
  next();
  return { ...who, ...body, backupCodes: verified.body.backupCodes };
}
async function challenge(email: string): Promise<string> {
  const answer = await server.anonymous.post<Failure>('/auth/login', { email, password: PASSWORD });
  expect([answer.status, answer.body.error.code]).toEqual([401, 'second-factor-required']);
  return answer.body.error.details!.challenge;
}
const finish = (given: object) => server.anonymous.post<Tokens & Failure>('/auth/2fa/login', given);

describe('a second factor', () => {
  it('is set up with a QR code and a first code, and gives ten backup codes', async () => {
    const { api, uri, qr, backupCodes, email } = await enrolled();
    expect(uri).toMatch(/^otpauth:\/\/totp\//);
    expect(uri).toContain('secret=');
    const svg = Buffer.from(qr.replace('data:image/svg+xml;base64,', ''), 'base64').toString();
    expect(svg).toContain('<svg');
    expect(new Set(backupCodes).size).toBe(10);
    expect((await api.get<{ secondFactor: boolean }>('/auth/me')).body.secondFactor).toBe(true);
    const again = await api.post<Failure>('/auth/2fa/enable');
    expect(again.body.error.code).toBe('second-factor-already-on');
    const stored = await server.context.db.system((tx) =>
      tx.execute<{ totp_secret: Buffer }>(`select totp_secret from users where email = '${email}'`),
    );
    expect(Buffer.from(stored[0]!.totp_secret).length).toBeGreaterThan(40);
  });

  it('is asked for when signing in, and a code works once', async () => {
    const { email, secret } = await enrolled();
    const first = await challenge(email);
    const code = codeOf(secret);
    const signedIn = await finish({ challenge: first, code });
    expect(signedIn.status).toBe(200);
    expect((await createApi(server.url, signedIn.body.access_token).get('/auth/me')).status).toBe(200);
    expect((await finish({ challenge: first, code })).body.error.code).toBe('second-factor-wrong');
    const replayed = await finish({ challenge: await challenge(email), code });
    expect([replayed.status, replayed.body.error.code]).toEqual([401, 'second-factor-wrong']);
    next();
    expect((await finish({ challenge: await challenge(email), code: codeOf(secret, 1) })).status).toBe(200);
    const early = await finish({ challenge: await challenge(email), code: codeOf(secret, 3) });
    expect(early.body.error.code).toBe('second-factor-wrong');
  });

  it('takes one code for one of ten sign-ins at once', async () => {
    const { email, secret } = await enrolled();
    const challenges = await Promise.all(Array.from({ length: 3 }, () => challenge(email)));
    const code = codeOf(secret);
    const answers = await Promise.all(challenges.map((one) => finish({ challenge: one, code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('takes a backup code once, however it is typed', async () => {
    const { email, backupCodes } = await enrolled();
    const typed = backupCodes[3]!.toLowerCase().replace('-', ' ');
    expect((await finish({ challenge: await challenge(email), backupCode: typed })).status).toBe(200);
    const again = await finish({ challenge: await challenge(email), backupCode: backupCodes[3] });
    expect(again.body.error.code).toBe('second-factor-wrong');
  });

  it('makes guessing wait, and a challenge end', async () => {
    const { email, secret } = await enrolled();
    const old = await challenge(email);
    for (let guess = 0; guess < 5; guess++) {
      await finish({ challenge: old, code: codeOf(secret, 40 + guess) });
    }
    expect((await finish({ challenge: old, code: codeOf(secret) })).body.error.code).toBe('rate-limited');
    ahead += 6 * 60_000;
    expect((await finish({ challenge: old, code: codeOf(secret) })).body.error.code).toBe(
      'second-factor-wrong',
    );
  });

  it('shuts nobody out when the clock is set back', async () => {
    const { email, secret } = await enrolled();
    expect((await finish({ challenge: await challenge(email), code: codeOf(secret) })).status).toBe(200);
    ahead -= 3_600_000;
    expect((await finish({ challenge: await challenge(email), code: codeOf(secret) })).status).toBe(200);
    ahead += 3_600_000;
  });

  it('is switched off with password and code, its backup codes renewed with a code', async () => {
    const { api, email, secret, backupCodes } = await enrolled();
    const renewed = await api.post<{ backupCodes: string[] }>('/auth/2fa/backup-codes', {
      code: codeOf(secret),
    });
    expect(renewed.body.backupCodes).toHaveLength(10);
    const gone = await finish({ challenge: await challenge(email), backupCode: backupCodes[0] });
    expect(gone.status).toBe(401);
    next();
    const wrong = await api.post<Failure>('/auth/2fa/disable', { password: 'wrong', code: codeOf(secret) });
    expect(wrong.body.error.code).toBe('second-factor-wrong');
    const off = await api.post('/auth/2fa/disable', { password: PASSWORD, code: codeOf(secret) });
    expect(off.status).toBe(204);
    expect((await server.as(email, PASSWORD)).token).toBeTruthy();
  });

  it('is taken away by an administrator, not from one who is above them', async () => {
    const { email, id, api } = await enrolled();
    expect((await admin.call('DELETE', `/users/${id}/second-factor`)).status).toBe(204);
    expect((await api.get('/auth/me')).status).toBe(401);
    expect((await server.as(email, PASSWORD)).token).toBeTruthy();
  });
});

describe('an institution that asks for a second factor', () => {
  it('lets those without one do nothing else until they have it', async () => {
    const before = await person();
    await admin.call('PATCH', '/tenant', { settings: { twoFactor: { requiredFor: ['teacher'] } } });
    const refused = await before.api.get<Failure>('/courses');
    expect([refused.status, refused.body.error.code]).toEqual([403, 'second-factor-setup-required']);
    const login = await server.anonymous.post<Tokens>('/auth/login', {
      email: before.email,
      password: PASSWORD,
    });
    expect(login.body.limited).toBe(true);
    const api = createApi(server.url, login.body.access_token);
    for (const path of ['/courses', '/sessions', '/auth/sessions']) {
      expect((await api.get<Failure>(path)).body.error.code, path).toBe('second-factor-setup-required');
    }
    expect((await api.get('/auth/me')).status).toBe(200);
    // A renewed token is worth no more.
    const renewed = await server.anonymous.post<Tokens>('/auth/refresh', {
      refresh_token: login.body.refresh_token,
    });
    expect(renewed.body.limited).toBe(true);
    const again = await createApi(server.url, renewed.body.access_token).get<Failure>('/courses');
    expect(again.body.error.code).toBe('second-factor-setup-required');
    const { body } = await api.post<{ secret: string }>('/auth/2fa/enable');
    expect((await api.post('/auth/2fa/verify', { code: codeOf(body.secret) })).status).toBe(200);
    expect((await api.get('/courses')).status).toBe(200);
    next();
    const off = await api.post<Failure>('/auth/2fa/disable', {
      password: PASSWORD,
      code: codeOf(body.secret),
    });
    expect(off.body.error.code).toBe('second-factor-needed-by-role');
    await admin.call('PATCH', '/tenant', { settings: { twoFactor: { requiredFor: [] } } });
  });
});
