import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  addTenant,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { type SmtpStub, startSmtp } from '../../../tests/support/smtp.ts';

type Failure = { error: { code: string } };
type Tokens = { access_token: string; user: { role: string; studentId: string | null; email: string } };
type Codes = { codes: { id: string; code: string; hint: string; holder: string | null }[] };

let ahead = 0;
const clock = { now: () => Date.now() + ahead };
let smtp: SmtpStub;
let server: TestServer;
let stranger: Api;
beforeAll(async () => {
  smtp = await startSmtp();
  server = await startTestServer({
    students: 2,
    env: { SMTP_URL: smtp.url, ACCESS_TOKEN_SECONDS: '86400' },
    overrides: { clock },
  });
  stranger = await addTenant(server, 'other');
});
afterAll(async () => {
  await server?.close();
  await smtp?.close();
});

const tokenFor = async (email: string, path = 'invitation'): Promise<string> => {
  const found = await smtp.until((mail) => mail.to.includes(email));
  return new RegExp(`/${path}#([A-Za-z0-9_-]{43})`).exec(found.mail.text ?? '')![1]!;
};
const accept = (token: string, password = PASSWORD) =>
  server.anonymous.post<Tokens & Failure>('/auth/invitations/accept', { token, password });
const activate = (given: object) =>
  server.anonymous.post<Tokens & Failure>('/auth/activate', {
    name: 'Deniz Kaya',
    password: PASSWORD,
    ...given,
  });
const makeCodes = async (given: object) =>
  (await server.admin.post<Codes>('/activation-codes', { role: 'student', ...given })).body.codes;

describe('an invitation', () => {
  it('reaches the address, sets the password and signs in, once', async () => {
    const email = 'invited@test.local';
    const made = await server.admin.post<{ id: string; userId: string }>('/invitations', {
      email,
      name: 'Mehmet',
      role: 'teacher',
    });
    expect(made.status).toBe(201);
    const token = await tokenFor(email);
    const waiting = await server.anonymous.post<Failure>('/auth/login', { email, password: PASSWORD });
    expect(waiting.body.error.code).toBe('wrong-credentials');
    const listed = await server.admin.get<{ items: { id: string }[] }>('/invitations?search=mehm');
    expect(listed.body.items.map(({ id }) => id)).toEqual([made.body.id]);
    expect((await stranger.get<{ total: number }>('/invitations')).body.total).toBe(0);
    expect((await stranger.call('DELETE', `/invitations/${made.body.id}`)).status).toBe(404);
    expect((await accept(token, 'short')).body.error.code).toBe('password-too-weak');
    const answers = await Promise.all(Array.from({ length: 5 }, () => accept(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await accept(token)).body.error.code).toBe('link-invalid');
    const own = await server.as(email, PASSWORD);
    expect((await own.get('/courses')).status).toBe(200);
  });

  it('is sent again with another link, taken back with its account, and ends after a week', async () => {
    const email = 'withdrawn@test.local';
    const given = { email, name: 'W', role: 'admin' };
    const made = await server.admin.post<{ id: string }>('/invitations', given);
    const first = await tokenFor(email);
    const again = await server.admin.post<{ id: string }>(`/invitations/${made.body.id}/resend`);
    expect((await accept(first)).body.error.code).toBe('link-invalid');
    expect((await server.admin.call('DELETE', `/invitations/${again.body.id}`)).status).toBe(204);
    const users = await server.admin.get<{ total: number }>('/users?search=withdrawn');
    expect(users.body.total).toBe(0);
    const late = { ...given, email: 'late@test.local' };
    await server.admin.post('/invitations', late);
    const token = await tokenFor('late@test.local');
    ahead += 7 * 86_400_000 + 1;
    expect((await accept(token)).body.error.code).toBe('link-invalid');
    ahead -= 7 * 86_400_000 + 1;
  });
});

describe('registration', () => {
  const register = (given: object) =>
    server.anonymous.post<Failure>('/auth/register', { name: 'R', ...given });
  const open = (settings: object) =>
    server.admin.call('PATCH', '/tenant', { settings: { registration: settings } });
  const tenantId = () => server.seeded!.tenantId;

  it('is closed unless the institution opens it, and keeps to its domains', async () => {
    const given = { email: 'a@test.local', tenantId: tenantId() };
    expect((await register(given)).body.error.code).toBe('registration-closed');
    await open({ open: true, emailDomains: ['test.local'] });
    expect((await register({ ...given, email: 'a@elsewhere.org' })).body.error.code).toBe(
      'email-domain-not-allowed',
    );
    // Two institutions and no domain: which one is meant has to be said.
    expect((await register({ email: 'a@test.local' })).body.error.code).toBe('registration-closed');
  });

  it('answers the same for an address that has an account', async () => {
    const known = await register({ email: 'teacher@test.local', tenantId: tenantId() });
    const unknown = await register({ email: 'new@test.local', tenantId: tenantId() });
    expect([known.status, unknown.status]).toEqual([202, 202]);
    expect(known.body).toEqual(unknown.body);
    expect(await tokenFor('teacher@test.local', 'reset')).toBeTruthy();
  });

  it('finds the entry on the roster by number and address, and lets others wait', async () => {
    const entry = await server.admin.post<{ id: string }>('/students', {
      number: 'R1',
      name: 'Deniz',
      email: 'Deniz@test.local',
    });
    await register({ email: 'deniz@test.local', studentNumber: 'R1', tenantId: tenantId() });
    const matched = await accept(await tokenFor('deniz@test.local'));
    expect(matched.body.user).toMatchObject({ role: 'student', studentId: entry.body.id });

    await register({ email: 'thief@test.local', studentNumber: 'R1', tenantId: tenantId() });
    const waits = await accept(await tokenFor('thief@test.local'));
    expect([waits.status, waits.body.error.code]).toEqual([403, 'account-waiting']);
    const login = await server.anonymous.post<Failure>('/auth/login', {
      email: 'thief@test.local',
      password: PASSWORD,
    });
    expect(login.body.error.code).toBe('account-waiting');
    const listed = await server.admin.get<{ items: { id: string; email: string }[] }>(
      '/users?status=waiting',
    );
    expect(listed.body.items.map(({ email }) => email)).toEqual(['thief@test.local']);
    const { id } = listed.body.items[0]!;
    expect((await server.admin.call('PATCH', `/users/${id}`, { active: true })).status).toBe(400);
    const studentId = server.seeded!.students[0]!.id;
    expect((await server.admin.call('PATCH', `/users/${id}`, { studentId })).status).toBe(200);
    const own = await server.as('thief@test.local', PASSWORD);
    expect((await own.get(`/students/${studentId}`)).status).toBe(200);
  });
});

describe('an activation code', () => {
  it('makes an account, puts it on the roster and into the course, and signs in', async () => {
    const { courseId } = server.seeded!;
    const [fresh] = await makeCodes({ courseId, label: 'MAT101' });
    expect(fresh!.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    const typed = fresh!.code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
    const without = await activate({ code: typed, email: 'act@test.local' });
    expect(without.body.error.code).toBe('roster-entry-missing');
    const made = await activate({ code: typed, email: 'act@test.local', studentNumber: 'A77' });
    expect(made.status).toBe(200);
    const own = createApi(server.url, made.body.access_token);
    const { studentId } = made.body.user;
    expect((await own.get<{ number: string }>(`/students/${studentId}`)).body.number).toBe('A77');
    const enrolled = await server.admin.get<{ items: { id: string }[] }>(`/students?courseId=${courseId}`);
    expect(enrolled.body.items.map(({ id }) => id)).toContain(studentId);
    const again = await activate({ code: typed, email: 'act2@test.local', studentNumber: 'A78' });
    expect(again.body.error.code).toBe('activation-code-invalid');
  });

  it('of one use makes one account of ten at once', async () => {
    const [fresh] = await makeCodes({});
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        activate({ code: fresh!.code, email: `ten${n}@test.local`, studentNumber: `T${n}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const listed = await server.admin.get<{ items: { id: string; uses: number; status: string }[] }>(
      '/activation-codes',
    );
    expect(listed.body.items.find(({ id }) => id === fresh!.id)).toMatchObject({ uses: 1, status: 'used' });
    const made = await server.admin.get<{ total: number }>('/users?search=ten');
    expect(made.body.total).toBe(1);
  });

  it('spends no use on an account that could not be made', async () => {
    const [fresh] = await makeCodes({ maxUses: 2 });
    const taken = await activate({ code: fresh!.code, email: 'teacher@test.local', studentNumber: 'T50' });
    expect(taken.body.error.code).toBe('email-taken');
    const found = await server.admin.get<{ total: number }>('/students?search=T50');
    expect(found.body.total).toBe(0);
    for (const n of [51, 52]) {
      const made = await activate({ code: fresh!.code, email: `t${n}@test.local`, studentNumber: `T${n}` });
      expect(made.status).toBe(200);
    }
  });

  it('does not let one take the entry of another', async () => {
    await server.admin.post('/students', { number: 'V1', name: 'Victim', email: 'victim@test.local' });
    const [fresh] = await makeCodes({ maxUses: 5 });
    const thief = await activate({ code: fresh!.code, email: 'mallory@test.local', studentNumber: 'V1' });
    expect(thief.body.error.code).toBe('roster-entry-missing');
    const own = await activate({ code: fresh!.code, email: 'victim@test.local', studentNumber: 'V1' });
    expect(own.status).toBe(200);
    const second = await activate({ code: fresh!.code, email: 'v2@test.local', studentNumber: 'V1' });
    expect(second.body.error.code).toBe('roster-entry-taken');
  });

  it('is made in bulk for entries on the roster, withdrawn, and expires', async () => {
    const studentIds = [server.seeded!.students[1]!.id];
    const [named] = await makeCodes({ studentIds });
    expect(named!.holder).toBe('Öğrenci 2');
    const made = await activate({ code: named!.code, email: 'two@test.local' });
    expect(made.body.user.studentId).toBe(studentIds[0]);
    const many = await makeCodes({ count: 200 });
    expect(new Set(many.map(({ code }) => code)).size).toBe(200);
    expect((await server.admin.call('DELETE', `/activation-codes/${many[0]!.id}`)).status).toBe(204);
    const revoked = await activate({ code: many[0]!.code, email: 'x1@test.local', studentNumber: 'X1' });
    expect(revoked.body.error.code).toBe('activation-code-invalid');
    ahead += 31 * 86_400_000;
    const expired = await activate({ code: many[1]!.code, email: 'x2@test.local', studentNumber: 'X2' });
    expect(expired.body.error.code).toBe('activation-code-invalid');
    ahead -= 31 * 86_400_000;
    expect((await stranger.get<{ total: number }>('/activation-codes')).body.total).toBe(0);
    const foreign = await stranger.post<Failure>('/activation-codes', { role: 'student', studentIds });
    expect(foreign.body.error.code).toBe('student-not-found');
  });

  it('is told to be mistyped before it is looked up, and is kept as no one can read it', async () => {
    const [fresh] = await makeCodes({});
    const wrong = fresh!.code.slice(0, 3) + (fresh!.code[3] === '2' ? '3' : '2') + fresh!.code.slice(4);
    const answer = await activate({ code: wrong, email: 'x3@test.local', studentNumber: 'X3' });
    expect([answer.status, answer.body.error.code]).toEqual([422, 'activation-code-mistyped']);
    const rows = await server.context.db.system((tx) => tx.execute('select * from activation_codes'));
    expect(JSON.stringify(rows)).not.toContain(fresh!.code.replaceAll('-', ''));
  });

  it('of a teacher becomes that teacher', async () => {
    const teacher = await server.admin.post<{ id: string }>('/teachers', { name: 'Zeynep Ak' });
    const [fresh] = await makeCodes({ role: 'teacher', teacherId: teacher.body.id });
    const made = await activate({ code: fresh!.code, email: 'zeynep@test.local' });
    expect(made.body.user.role).toBe('teacher');
    const read = await server.admin.get<{ userId: string }>(`/teachers/${teacher.body.id}`);
    expect(read.body.userId).toBeTruthy();
  });

  it('of any teacher does not become one who is on the list', async () => {
    const listed = { name: 'Listed', email: 'listed@test.local' };
    const made = await server.admin.post<{ id: string }>('/teachers', listed);
    const [fresh] = await makeCodes({ role: 'teacher', maxUses: 2 });
    const taken = await activate({ code: fresh!.code, email: 'Listed@test.local' });
    expect([taken.status, taken.body.error.code]).toEqual([404, 'activation-code-invalid']);
    expect((await activate({ code: fresh!.code, email: 'unlisted@test.local' })).status).toBe(200);
    const [own] = await makeCodes({ role: 'teacher', teacherId: made.body.id });
    expect((await activate({ code: own!.code, email: 'listed@test.local' })).status).toBe(200);
    const entry = await server.admin.get<{ userId: string | null }>(`/teachers/${made.body.id}`);
    expect(entry.body.userId).toBeTruthy();
  });

  it('lets those who have an account join its course, once each', async () => {
    const { body: course } = await server.admin.post<{ id: string }>('/courses', {
      code: 'KIM1',
      name: 'Kimya',
    });
    const member = async (n: number) => {
      const [fresh] = await makeCodes({});
      const given = { code: fresh!.code, email: `join${n}@test.local`, studentNumber: `J${n}` };
      const { body } = await activate(given);
      return { api: createApi(server.url, body.access_token), studentId: body.user.studentId! };
    };
    const people = await Promise.all([1, 2, 3].map(member));
    const [shared] = await makeCodes({ courseId: course.id, maxUses: 2 });
    type Joined = { courseId: string; joined: boolean } & Failure;
    const join = (api: Api, code: string) => api.post<Joined>('/auth/join', { code });
    const first = await Promise.all([1, 2, 3].map(() => join(people[0]!.api, shared!.code)));
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(first.filter(({ body }) => body.joined)).toHaveLength(1);
    const own = await people[0]!.api.get<{ items: { code: string }[] }>(
      `/students/${people[0]!.studentId}/courses`,
    );
    expect(own.body.items.map(({ code }) => code)).toEqual(['KIM1']);
    // Of two at once for the one use that is left, one gets it.
    const rest = await Promise.all([1, 2].map((n) => join(people[n]!.api, shared!.code)));
    expect(rest.map(({ status }) => status).sort()).toEqual([200, 404]);

    const refused = async (api: Api, given: object) => {
      const [code] = await makeCodes(given);
      return (await join(api, code!.code)).body.error?.code;
    };
    const [one, two] = people as [(typeof people)[0], (typeof people)[0]];
    expect(await refused(one.api, {})).toBe('activation-code-invalid');
    expect(await refused(one.api, { courseId: course.id, role: 'teacher' })).toBe('activation-code-invalid');
    expect(await refused(server.admin, { courseId: course.id })).toBe('activation-code-invalid');
    expect(await refused(one.api, { courseId: course.id, studentIds: [two.studentId] })).toBe(
      'activation-code-invalid',
    );
    expect(await refused(stranger, { courseId: course.id, role: 'teacher' })).toBe('activation-code-invalid');
    expect((await join(server.anonymous, shared!.code)).status).toBe(401);
    await server.admin.post(`/students/${one.studentId}/archive`);
    expect(await refused(one.api, { courseId: course.id })).toBe('student-archived');
  });

  it('lets a teacher join the course that it is for', async () => {
    const { body: course } = await server.admin.post<{ id: string }>('/courses', {
      code: 'BIY1',
      name: 'Biyoloji',
    });
    const [fresh] = await makeCodes({ role: 'teacher', courseId: course.id });
    expect((await server.teacher.get(`/courses/${course.id}`)).status).toBe(404);
    const joined = await server.teacher.post('/auth/join', { code: fresh!.code });
    expect([joined.status, joined.body.joined]).toEqual([200, true]);
    expect((await server.teacher.get(`/courses/${course.id}`)).status).toBe(200);
  });
});
