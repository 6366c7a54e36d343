import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { type SmtpStub, startSmtp } from '../../../tests/support/smtp.ts';

type Failure = { error: { code: string } };
type Tokens = { access_token: string; refresh_token: string };

let ahead = 0;
const clock = { now: () => Date.now() + ahead };
let smtp: SmtpStub;
let server: TestServer;
beforeAll(async () => {
  smtp = await startSmtp();
  server = await startTestServer({ students: 0, env: { SMTP_URL: smtp.url }, overrides: { clock } });
});
afterAll(async () => {
  await server?.close();
  await smtp?.close();
});

async function person(email: string): Promise<{ id: string; api: Api }> {
  const given = { email, name: 'P', role: 'teacher', password: PASSWORD };
  const made = await server.admin.post<{ id: string }>('/users', given);
  return { id: made.body.id, api: await server.as(email, PASSWORD) };
}
const login = async (email: string, password = PASSWORD) =>
  server.anonymous.post<Tokens & Failure>('/auth/login', { email, password });
const linkOf = async (email: string, path: string, after = 0): Promise<string> => {
  const found = await smtp.until((mail) => mail.to.includes(email) && smtp.mails.indexOf(mail) >= after);
  const match = new RegExp(`/${path}#([A-Za-z0-9_-]{43})`).exec(found.mail.text ?? '');
  return match![1]!;
};

describe('sign-ins', () => {
  it('are listed with device and address, and ended one by one or all others at once', async () => {
    const { api } = await person('many@test.local');
    const phone = (await login('many@test.local')).body;
    const tablet = (await login('many@test.local')).body;
    const phoneApi = createApi(server.url, phone.access_token);
    const list = await phoneApi.get<{
      items: { id: string; current: boolean; address: string; methods: string[] }[];
    }>('/auth/sessions');
    expect(list.body.items).toHaveLength(3);
    const current = list.body.items.filter((item) => item.current);
    expect(current).toMatchObject([{ address: '127.0.0.1', methods: ['password'] }]);
    await server.anonymous.post('/auth/refresh', { refresh_token: phone.refresh_token });
    expect((await phoneApi.get<{ items: [] }>('/auth/sessions')).body.items).toHaveLength(3);

    const tabletId = (
      await createApi(server.url, tablet.access_token).get<{ items: { id: string; current: boolean }[] }>(
        '/auth/sessions',
      )
    ).body.items.find((item) => item.current)!.id;
    const stranger = await person('stranger@test.local');
    expect((await stranger.api.call('DELETE', `/auth/sessions/${tabletId}`)).status).toBe(404);
    expect((await phoneApi.call('DELETE', `/auth/sessions/${tabletId}`)).status).toBe(204);
    expect((await createApi(server.url, tablet.access_token).get('/auth/me')).status).toBe(401);
    const ended = await phoneApi.call<{ ended: number }>('DELETE', '/auth/sessions');
    expect(ended.body.ended).toBe(1);
    expect((await api.get('/auth/me')).status).toBe(401);
    expect((await phoneApi.get('/auth/me')).status).toBe(200);
  });
});

describe('a password', () => {
  it('is changed with the old one, which ends the other sign-ins', async () => {
    const { api } = await person('change@test.local');
    const other = await server.as('change@test.local', PASSWORD);
    const change = (oldPassword: string, newPassword: string) =>
      api.post<Failure>('/auth/password/change', { oldPassword, newPassword });
    expect((await change('wrong password', 'a new long one')).body.error.code).toBe('password-wrong');
    expect((await change(PASSWORD, 'short')).body.error.code).toBe('password-too-weak');
    expect((await change(PASSWORD, 'a new long one')).status).toBe(204);
    expect((await api.get('/auth/me')).status).toBe(200);
    expect((await other.get('/auth/me')).status).toBe(401);
    expect((await login('change@test.local')).status).toBe(401);
    expect((await login('change@test.local', 'a new long one')).status).toBe(200);
  });

  it('is reset with a link from the mail, once, which ends every sign-in', async () => {
    const { api } = await person('forgot@test.local');
    const forgot = (email: string) => server.anonymous.post('/auth/password/forgot', { email });
    const [known, unknown] = [await forgot('forgot@test.local'), await forgot('nobody@test.local')];
    expect([known.status, unknown.status]).toEqual([202, 202]);
    expect(known.body).toEqual(unknown.body);
    const token = await linkOf('forgot@test.local', 'reset');
    const reset = (password: string) =>
      server.anonymous.post<Failure>('/auth/password/reset', { token, password });
    expect((await reset('short')).body.error.code).toBe('password-too-weak');
    const answers = await Promise.all(Array.from({ length: 5 }, () => reset('yet another long one')));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect((await reset('and another long one')).body.error.code).toBe('link-invalid');
    expect((await api.get('/auth/me')).status).toBe(401);
    expect((await login('forgot@test.local', 'yet another long one')).status).toBe(200);
    expect(smtp.mails.some((mail) => mail.to.includes('nobody@test.local'))).toBe(false);
  });

  it('is not reset with a link of an hour ago, and no mailbox is filled with links', async () => {
    await person('slow@test.local');
    for (let attempt = 0; attempt < 5; attempt++) {
      await server.anonymous.post('/auth/password/forgot', { email: 'slow@test.local' });
    }
    const token = await linkOf('slow@test.local', 'reset');
    const sent = await server.context.db.system((tx) =>
      tx.execute<{ n: number }>(
        `select count(*)::int as n from one_time_tokens t join users u on u.id = t.user_id where u.email = 'slow@test.local'`,
      ),
    );
    expect(sent[0]!.n).toBe(3);
    ahead += 3_600_001;
    const late = await server.anonymous.post<Failure>('/auth/password/reset', {
      token,
      password: 'long enough',
    });
    expect(late.body.error.code).toBe('link-invalid');
    ahead -= 3_600_001;
  });

  it('takes as long to ask for, whether the address is known or not', async () => {
    const time = async (email: string) => {
      const start = performance.now();
      await server.anonymous.post('/auth/password/forgot', { email });
      return performance.now() - start;
    };
    await person('timed@test.local');
    const [known, unknown] = [await time('timed@test.local'), await time('untimed@test.local')];
    expect(Math.min(known, unknown)).toBeGreaterThan(140);
  });
});

describe('lock-out', () => {
  it('survives a restart, holds for ten guesses at once, and ends by itself', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'yoklama-lock-'));
    const start = () => startTestServer({ students: 0, dataDir, overrides: { clock } });
    let own = await start();
    try {
      const given = { email: 'locked@test.local', name: 'L', role: 'teacher', password: PASSWORD };
      await own.admin.post('/users', given);
      const guess = (password: string) =>
        own.anonymous.post<Failure>('/auth/login', { email: 'locked@test.local', password });
      const guesses = await Promise.all(Array.from({ length: 10 }, (_, n) => guess(`wrong password ${n}`)));
      const codes = guesses.map(({ body }) => body.error.code);
      expect(codes.filter((code) => code === 'wrong-credentials')).toHaveLength(5);
      expect(codes.filter((code) => code === 'rate-limited')).toHaveLength(5);
      ahead += 1001;
      for (const wait of [2000, 4000, 8000, 16_000]) {
        expect((await guess('wrong password')).body.error.code).toBe('wrong-credentials');
        ahead += wait;
      }
      expect((await guess('wrong password')).body.error.code).toBe('wrong-credentials');
      await own.close();
      own = await start();
      const refused = await own.anonymous.post<Failure>('/auth/login', {
        email: 'locked@test.local',
        password: PASSWORD,
      });
      expect([refused.status, refused.body.error.code]).toEqual([429, 'rate-limited']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(16);
      ahead += 32_001;
      expect((await own.as('locked@test.local', PASSWORD)).token).toBeTruthy();
    } finally {
      await own.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('lets ten right sign-ins through at once', async () => {
    await person('busy@test.local');
    const answers = await Promise.all(Array.from({ length: 10 }, () => login('busy@test.local')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });
});
