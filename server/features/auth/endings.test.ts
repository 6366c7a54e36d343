import { sql } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type Api,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { type SmtpStub, startSmtp } from '../../../tests/support/smtp.ts';

type Failure = { error: { code: string; details?: { challenge: string } } };
type Tokens = { access_token: string; refresh_token: string };
type Outcome = Answer<Tokens & Failure>;

let smtp: SmtpStub;
let server: TestServer;
beforeAll(async () => {
  smtp = await startSmtp();
  server = await startTestServer({ students: 0, env: { SMTP_URL: smtp.url } });
});
afterAll(async () => {
  await server?.close();
  await smtp?.close();
});

let counter = 0;
async function person(): Promise<{ id: string; email: string; tokens: Tokens; api: Api }> {
  const email = `end${++counter}@test.local`;
  const given = { email, name: 'End', role: 'teacher', password: PASSWORD };
  const { body } = await server.admin.post<{ id: string }>('/users', given);
  const tokens = (await login(email)).body;
  return { id: body.id, email, tokens, api: createApi(server.url, tokens.access_token) };
}
const login = (email: string, password = PASSWORD): Promise<Outcome> =>
  server.anonymous.post('/auth/login', { email, password });
const refresh = (token: string): Promise<Outcome> =>
  server.anonymous.post('/auth/refresh', { refresh_token: token });
const codeOf = (error: Outcome) => [error.status, error.body.error?.code];
async function linkOf(email: string, path: string): Promise<string> {
  const found = await smtp.until(
    ({ to, mail }) => to.includes(email) && (mail.text ?? '').includes(`/${path}#`),
  );
  return new RegExp(`/${path}#([A-Za-z0-9_-]{43})`).exec(found.mail.text ?? '')![1]!;
}

/** How many transactions wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const [row] = await server.context.db.system((tx) =>
      tx.execute<{ n: number }>(sql`select count(distinct pid)::int as n from pg_locks where not granted`),
    );
    if (row!.n >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('Nothing waits.');
}

/** An exchange of the newest token stands in the middle of its transaction while `end` begins. */
async function duringExchange(
  given: { id: string; token: string },
  end: () => Promise<unknown>,
): Promise<Outcome> {
  let exchanged: Promise<Outcome> | null = null;
  let ended: Promise<unknown> | null = null;
  await server.context.db.system(async (tx) => {
    await tx.execute(sql`
      select id from refresh_tokens where user_id = ${given.id} and used_at is null for update`);
    exchanged = refresh(given.token);
    await untilWaiting(1);
    ended = end();
    await untilWaiting(2);
  });
  await ended;
  return exchanged!;
}

describe('a sign-in that goes on while it ends', () => {
  it('is ended by a token that comes back', async () => {
    const { id, tokens } = await person();
    const second = (await refresh(tokens.refresh_token)).body;
    const third = await duringExchange({ id, token: second.refresh_token }, () =>
      refresh(tokens.refresh_token),
    );
    expect(third.status).toBe(200);
    expect(codeOf(await refresh(third.body.refresh_token))).toEqual([401, 'refresh-invalid']);
    expect((await createApi(server.url, third.body.access_token).get('/auth/me')).status).toBe(401);
  });

  it('is ended by signing out', async () => {
    const { id, tokens } = await person();
    const next = await duringExchange({ id, token: tokens.refresh_token }, () =>
      server.anonymous.post('/auth/logout', { refresh_token: tokens.refresh_token }),
    );
    expect(codeOf(await refresh(next.body.refresh_token))).toEqual([401, 'refresh-invalid']);
  });

  it('is ended from another sign-in', async () => {
    const { id, email, tokens } = await person();
    const other = createApi(server.url, (await login(email)).body.access_token);
    const next = await duringExchange({ id, token: tokens.refresh_token }, () =>
      other.call('DELETE', '/auth/sessions'),
    );
    expect(codeOf(await refresh(next.body.refresh_token))).toEqual([401, 'refresh-invalid']);
  });

  it('is ended by a new password', async () => {
    const { id, email, tokens } = await person();
    await server.anonymous.post('/auth/password/forgot', { email });
    const token = await linkOf(email, 'reset');
    const next = await duringExchange({ id, token: tokens.refresh_token }, () =>
      server.anonymous.post('/auth/password/reset', { token, password: 'quite another one' }),
    );
    expect(codeOf(await refresh(next.body.refresh_token))).toEqual([401, 'refresh-invalid']);
    expect((await login(email, 'quite another one')).status).toBe(200);
  });

  it('is ended by an administrator who switches the account off', async () => {
    const { id, tokens } = await person();
    const next = await duringExchange({ id, token: tokens.refresh_token }, () =>
      server.admin.call('PATCH', `/users/${id}`, { active: false }),
    );
    expect(next.status).toBe(200);
    await server.admin.call('PATCH', `/users/${id}`, { active: true });
    expect(codeOf(await refresh(next.body.refresh_token))).toEqual([401, 'refresh-invalid']);
  });
});

async function secondFactor(api: Api): Promise<string> {
  const { body } = await api.post<{ secret: string }>('/auth/2fa/enable');
  const code = new TOTP({ secret: Secret.fromBase32(body.secret) }).generate();
  expect((await api.post('/auth/2fa/verify', { code })).status).toBe(200);
  return body.secret;
}

describe('a second factor', () => {
  it('ends the sign-ins that were made without it', async () => {
    const { email, api, tokens } = await person();
    const thief = (await login(email)).body;
    await secondFactor(api);
    expect((await api.get('/auth/me')).status).toBe(200);
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
    expect((await createApi(server.url, thief.access_token).get('/auth/me')).status).toBe(401);
    expect(codeOf(await refresh(thief.refresh_token))).toEqual([401, 'refresh-invalid']);
  });

  it('is not gone round with an invitation that was never taken', async () => {
    const email = 'round@test.local';
    await server.admin.post('/invitations', { email, name: 'Round', role: 'teacher' });
    const invitation = await linkOf(email, 'invitation');
    // The administrator gives a password instead, and the link in the mailbox is forgotten.
    const { body } = await server.admin.get<{ items: { id: string }[] }>('/users?search=round');
    await server.admin.call('PATCH', `/users/${body.items[0]!.id}`, { password: PASSWORD });
    await secondFactor(await server.as(email, PASSWORD));
    const taken = await server.anonymous.post<Tokens & Failure>('/auth/invitations/accept', {
      token: invitation,
      password: 'of the thief, long',
    });
    expect(codeOf(taken)).toEqual([404, 'link-invalid']);
    expect(codeOf(await login(email, 'of the thief, long'))).toEqual([401, 'wrong-credentials']);
  });

  it('cannot be shown any more for a password that was changed meanwhile', async () => {
    const { email, api } = await person();
    const secret = await secondFactor(api);
    const { challenge } = (await login(email)).body.error.details!;
    const change = { oldPassword: PASSWORD, newPassword: 'quite another one' };
    expect((await api.post('/auth/password/change', change)).status).toBe(204);
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + 30_000 });
    const answered = await server.anonymous.post<Tokens & Failure>('/auth/2fa/login', { challenge, code });
    expect(codeOf(answered)).toEqual([401, 'second-factor-wrong']);
  });
});

describe('a link to reset the password', () => {
  it('is taken back when an administrator sets one, and an invitation with it when it was used', async () => {
    const { id, email } = await person();
    await server.anonymous.post('/auth/password/forgot', { email });
    const token = await linkOf(email, 'reset');
    await server.admin.call('PATCH', `/users/${id}`, { password: 'set by the administrator' });
    const reset = await server.anonymous.post<Failure>('/auth/password/reset', {
      token,
      password: 'of the thief, long',
    });
    expect([reset.status, reset.body.error.code]).toEqual([404, 'link-invalid']);

    const invited = 'both@test.local';
    await server.admin.post('/invitations', { email: invited, name: 'Both', role: 'teacher' });
    const invitation = await linkOf(invited, 'invitation');
    await server.anonymous.post('/auth/password/forgot', { email: invited });
    const link = await linkOf(invited, 'reset');
    await server.anonymous.post('/auth/password/reset', { token: link, password: PASSWORD });
    expect((await login(invited)).status).toBe(200);
    const taken = await server.anonymous.post<Failure>('/auth/invitations/accept', {
      token: invitation,
      password: 'of the thief, long',
    });
    expect([taken.status, taken.body.error.code]).toEqual([404, 'link-invalid']);
  });
});
