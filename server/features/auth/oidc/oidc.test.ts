import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OidcPerson, type OidcStub, startOidc } from '../../../../tests/support/oidc.ts';
import {
  type Api,
  addTenant,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../../tests/support/server.ts';
import { addressAllowed, assertProviderUrl } from './outbound.ts';

type Failure = { error: { code: string } };
type Tokens = { access_token: string; user: { email: string; role: string; studentId: string | null } };
type Start = { authorizationUrl: string; state: string };

const PUBLIC_URL = 'http://127.0.0.1:8780';
let ahead = 0;
let provider: OidcStub;
let server: TestServer;
let providerId: string;
let otherAdmin: Api;
let otherProviderId: string;
beforeAll(async () => {
  provider = await startOidc({ redirectUri: `${PUBLIC_URL}/oidc/callback` });
  server = await startTestServer({
    students: 0,
    env: { PUBLIC_URL, ACCESS_TOKEN_SECONDS: '86400' },
    overrides: { clock: { now: () => Date.now() + ahead } },
  });
  otherAdmin = await addTenant(server, 'other');
  providerId = await configure(server.admin);
  otherProviderId = await configure(otherAdmin, { provisionRole: 'teacher' });
});
afterAll(async () => {
  await server?.close();
  await provider?.close();
});

async function configure(api: Api, more: object = {}): Promise<string> {
  const { issuer, clientId, clientSecret } = provider;
  const made = await api.post<{ id: string }>('/oidc-providers', {
    name: 'Kampüs',
    issuer,
    clientId,
    clientSecret,
    ...more,
  });
  expect(made.status).toBe(201);
  return made.body.id;
}
const start = async (id = providerId) => server.anonymous.get<Start & Failure>(`/auth/oidc/${id}/start`);
const finish = (given: object) => server.anonymous.post<Tokens & Failure>('/auth/oidc/callback', given);
async function signIn(person: OidcPerson, id = providerId) {
  provider.person = person;
  const { body } = await start(id);
  return finish(await provider.visit(body.authorizationUrl));
}
const verified = (sub: string, email: string) => ({ sub, email, email_verified: true, name: 'Ayşe' });

describe('signing in through a provider', () => {
  it('links an account by the address that the provider vouches for, and knows it by its subject from then on', async () => {
    const first = await signIn(verified('s1', 'Teacher@test.local'));
    expect(first.body).toMatchObject({
      token_type: 'Bearer',
      user: { email: 'teacher@test.local', role: 'teacher' },
    });
    const own = createApi(server.url, first.body.access_token);
    expect((await own.get('/courses')).status).toBe(200);
    const sessions = await own.get<{ items: { methods: string[]; current: boolean }[] }>('/auth/sessions');
    expect(sessions.body.items.find(({ current }) => current)!.methods).toEqual(['oidc']);
    const moved = await signIn({ sub: 's1', email: 'changed@elsewhere.org', email_verified: false });
    expect(moved.body.user.email).toBe('teacher@test.local');
  });

  it('asks with PKCE, state and nonce, and keeps what it needs encrypted', async () => {
    const { body } = await start();
    const { searchParams } = new URL(body.authorizationUrl);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    expect(searchParams.get('nonce')!.length).toBeGreaterThan(20);
    expect(searchParams.get('state')).toBe(body.state);
    expect(searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}/oidc/callback`);
    const rows = await server.context.db.system((tx) =>
      tx.execute<{ stored: string }>(
        `select encode(secrets, 'escape') || encode(state_hash, 'hex') as stored from oidc_states
         union all select encode(client_secret, 'escape') from oidc_providers`,
      ),
    );
    const stored = JSON.stringify(rows);
    for (const secret of [searchParams.get('nonce')!, body.state, provider.clientSecret]) {
      expect(stored).not.toContain(secret);
    }
  });

  it('refuses a wrong, used or late state', async () => {
    provider.person = verified('s1', 'teacher@test.local');
    const answered = await provider.visit((await start()).body.authorizationUrl);
    expect((await finish({ ...answered, state: 'x'.repeat(43) })).body.error.code).toBe('oidc-state-invalid');
    const answers = await Promise.all(Array.from({ length: 5 }, () => finish(answered)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await finish(answered)).body.error.code).toBe('oidc-state-invalid');
    const late = await provider.visit((await start()).body.authorizationUrl);
    ahead += 600_001;
    expect((await finish(late)).body.error.code).toBe('oidc-state-invalid');
    ahead -= 600_001;
  });

  it('refuses the nonce, the code or the issuer of another sign-in', async () => {
    provider.person = verified('s1', 'teacher@test.local');
    const url = new URL((await start()).body.authorizationUrl);
    url.searchParams.set('nonce', 'of an earlier sign-in');
    expect((await finish(await provider.visit(url.href))).body.error.code).toBe('oidc-refused');
    const [a, b] = [await start(), await start()];
    const [fromA, fromB] = [
      await provider.visit(a.body.authorizationUrl),
      await provider.visit(b.body.authorizationUrl),
    ];
    const swapped = await finish({ ...fromA, state: fromB.state });
    expect([swapped.status, swapped.body.error.code]).toEqual([401, 'oidc-refused']);
    const issuer = await finish({ ...fromA, iss: 'https://another.example' });
    expect(issuer.body.error.code).toBe('oidc-refused');
    expect((await finish({ code: 'made-up', state: (await start()).body.state })).body.error.code).toBe(
      'oidc-refused',
    );
  });

  it('believes no address that the provider does not vouch for', async () => {
    for (const email_verified of [false, undefined]) {
      const person = { sub: `u${email_verified}`, email: 'teacher@test.local' };
      const answer = await signIn(email_verified === undefined ? person : { ...person, email_verified });
      expect([answer.status, answer.body.error.code]).toEqual([403, 'oidc-email-unverified']);
    }
  });

  it('is no way into another institution, nor to a system administrator', async () => {
    for (const email of ['teacher@test.local', 'admin@test.local']) {
      const foreign = await signIn(verified(`foreign ${email}`, email), otherProviderId);
      expect([foreign.status, foreign.body.error.code]).toEqual([403, 'oidc-no-account']);
    }
    const sysadmin = await signIn(verified('boss', 'admin@test.local'));
    expect(sysadmin.body.error.code).toBe('oidc-no-account');
    provider.person = verified('s1', 'teacher@test.local');
    const theirs = await provider.visit((await start(otherProviderId)).body.authorizationUrl);
    const { state } = (await start()).body;
    expect((await finish({ ...theirs, state })).body.error.code).toBe('oidc-refused');
    const before = await otherAdmin.get<{ items: { id: string }[] }>('/oidc-providers');
    expect(before.body.items.map(({ id }) => id)).toEqual([otherProviderId]);
    expect((await otherAdmin.call('DELETE', `/oidc-providers/${providerId}`)).status).toBe(404);
    expect((await otherAdmin.call('PATCH', `/oidc-providers/${providerId}`, { name: 'x' })).status).toBe(404);
  });

  it('makes accounts only where the provider may, and lets unknown students wait', async () => {
    const unknown = await signIn(verified('new', 'new@test.local'));
    expect(unknown.body.error.code).toBe('oidc-no-account');
    await server.admin.call('PATCH', `/oidc-providers/${providerId}`, { provisionRole: 'teacher' });
    const teacher = await signIn(verified('new', 'new@test.local'));
    expect(teacher.body.user).toMatchObject({ email: 'new@test.local', role: 'teacher' });
    const password = await server.anonymous.post<Failure>('/auth/login', {
      email: 'new@test.local',
      password: PASSWORD,
    });
    expect(password.body.error.code).toBe('wrong-credentials');
    const own = createApi(server.url, teacher.body.access_token);
    const change = { oldPassword: PASSWORD, newPassword: PASSWORD };
    expect((await own.post<Failure>('/auth/password/change', change)).body.error.code).toBe(
      'password-missing',
    );

    await server.admin.call('PATCH', `/oidc-providers/${providerId}`, { provisionRole: 'student' });
    const entry = await server.admin.post<{ id: string }>('/students', {
      number: 'P1',
      name: 'Pupil',
      email: 'pupil@test.local',
    });
    const student = await signIn(verified('pupil', 'pupil@test.local'));
    expect(student.body.user).toMatchObject({ role: 'student', studentId: entry.body.id });
    for (let attempt = 0; attempt < 2; attempt++) {
      const waits = await signIn(verified('ghost', 'ghost@test.local'));
      expect([waits.status, waits.body.error.code]).toEqual([403, 'account-waiting']);
    }
    const waiting = await server.admin.get<{ total: number }>('/users?status=waiting');
    expect(waiting.body.total).toBe(1);
  });

  it('is offered by host name, not where it is switched off', async () => {
    await otherAdmin.get('/tenant').then(async ({ body }) => {
      await server.admin.call('PATCH', `/tenants/${body.id}`, { domain: 'other.example.edu' });
    });
    const offered = () =>
      server.anonymous.get<{ items: { id: string }[] }>('/auth/oidc/providers?domain=other.example.edu');
    expect((await offered()).body.items).toEqual([{ id: otherProviderId, name: 'Kampüs' }]);
    await otherAdmin.call('PATCH', `/oidc-providers/${otherProviderId}`, { enabled: false });
    expect((await offered()).body.items).toEqual([]);
    expect((await start(otherProviderId)).body.error.code).toBe('oidc-provider-not-found');
  });

  it('says that a provider is away, and takes no address inside the house', async () => {
    const away = await server.admin.post<{ id: string }>('/oidc-providers', {
      name: 'Away',
      issuer: 'http://127.0.0.1:9',
      clientId: 'x',
    });
    const answer = await start(away.body.id);
    expect([answer.status, answer.body.error.code]).toEqual([502, 'oidc-provider-unreachable']);
    for (const issuer of [
      'http://login.example.edu',
      'https://169.254.169.254/',
      'https://10.0.0.1',
      'ftp://x.y/z',
    ]) {
      const refused = await server.admin.post<Failure>('/oidc-providers', {
        name: 'x',
        issuer,
        clientId: 'x',
      });
      expect([refused.status, refused.body.error.code], issuer).toEqual([422, 'oidc-address-forbidden']);
    }
  });
});

describe('addresses of providers', () => {
  const production = { allowedNetworks: [], allowLoopback: false };

  it('are public, or in a network that the configuration names', () => {
    expect(addressAllowed('203.0.113.7', production)).toBe(true);
    for (const address of [
      '127.0.0.1',
      '::1',
      '10.1.2.3',
      '192.168.1.1',
      '169.254.169.254',
      '::ffff:10.0.0.1',
      'fd00::1',
      '0.0.0.0',
    ]) {
      expect(addressAllowed(address, production), address).toBe(false);
    }
    expect(addressAllowed('10.1.2.3', { ...production, allowedNetworks: ['10.1.0.0/16'] })).toBe(true);
    expect(addressAllowed('169.254.169.254', { ...production, allowedNetworks: ['0.0.0.0/0'] })).toBe(false);
  });

  it('are https in production', () => {
    expect(() => assertProviderUrl('https://login.example.edu', production)).not.toThrow();
    for (const url of [
      'http://login.example.edu',
      'http://127.0.0.1',
      'https://127.0.0.1',
      'https://u:p@x.edu',
      'rubbish',
    ]) {
      expect(() => assertProviderUrl(url, production), url).toThrow();
    }
  });
});
