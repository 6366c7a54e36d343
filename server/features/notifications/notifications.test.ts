import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/index.ts';
import { type LiveTap, tapLive } from '../../../tests/support/live.ts';
import {
  type Api,
  addTenant,
  PASSWORD,
  startTestServer,
  TEACHER_EMAIL,
  type TestServer,
} from '../../../tests/support/server.ts';
import { type ReceivedMail, type SmtpStub, startSmtp } from '../../../tests/support/smtp.ts';
import { createMailer, type Mailer } from '../../mail/mailer.ts';
import { deliverDue } from './deliver.ts';
import { createDownWatch } from './down-watch.ts';
import { DELIVER_JOB } from './notify.ts';
import { requeueOverlooked } from './overlooked.ts';
import { dailyReport, weeklyReports } from './periodic.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let smtp: SmtpStub;
let server: TestServer;
let mailer: Mailer;
let tenantId: string;
/** How far the server's clock is ahead. */
let ahead = 0;
const clock = { now: () => Date.now() + ahead };

beforeAll(async () => {
  smtp = await startSmtp();
  server = await startTestServer({
    students: 0,
    overrides: { clock },
    env: { SMTP_URL: smtp.url, MAIL_FROM: 'Yoklama <bot@yoklama.example>', ACCESS_TOKEN_SECONDS: '86400' },
  });
  tenantId = server.seeded!.tenantId;
  mailer = createMailer(server.config);
});
afterAll(async () => {
  await mailer?.close();
  await server?.close();
  await smtp?.close();
});
afterEach(async () => {
  smtp.mode('accept');
  await settings({
    notifications: { quietHours: null, digest: 'each', late: false },
    warnings: { absences: 3 },
  });
});

const settings = async (patch: object) => {
  const answer = await server.admin.call('PATCH', '/tenant', { settings: patch });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
};

let counter = 0;
interface Person {
  id: string;
  name: string;
  email: string;
  guardian: string;
}

/** A course of its own with students who have addresses and guardians. */
async function makeClass(students: number, over: Record<string, unknown> = {}) {
  counter += 1;
  const course = await made(server.admin.post('/courses', { code: `N${counter}`, name: `Kurs ${counter}` }));
  const people: Person[] = [];
  for (let index = 1; index <= students; index++) {
    const name = `Öğrenci ${counter}-${index}`;
    const email = `s${counter}-${index}@example.org`;
    const guardian = `g${counter}-${index}@example.org`;
    const { id } = await made(
      server.admin.post('/students', {
        number: `N${counter}-${index}`,
        name,
        email,
        guardianEmail: guardian,
        ...over,
      }),
    );
    people.push({ id, name, email, guardian });
  }
  await server.admin.post(`/courses/${course.id}/enrolments`, { studentIds: people.map(({ id }) => id) });
  return { courseId: course.id, name: `Kurs ${counter}`, people };
}

async function made(answer: Promise<{ status: number; body: unknown }>): Promise<{ id: string }> {
  const { status, body } = await answer;
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body as { id: string };
}

async function open(courseId: string): Promise<string> {
  return (await made(server.admin.post('/sessions', { courseId, cameraIds: [] }))).id;
}

async function close(sessionId: string): Promise<void> {
  const answer = await server.admin.post(`/sessions/${sessionId}/close`, {});
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  await server.context.outbox.drain();
}

const hold = async (courseId: string) => {
  const id = await open(courseId);
  await close(id);
  return id;
};

const mark = async (sessionId: string, studentId: string, status: string) => {
  const answer = await server.admin.post('/attendance/manual', { sessionId, studentId, status });
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  await server.context.outbox.drain();
};

const mailsTo = (address: string) => smtp.mails.filter(({ to }) => to.includes(address));
const to = (address: string) => (mail: ReceivedMail) => mail.to.includes(address);
const deliver = () => deliverDue(server.context, mailer, tenantId);
/** Whatever is due has been carried out, by the server or by this. */
const settle = async () => {
  await server.context.outbox.drain();
  await deliver();
  await expect
    .poll(
      async () => {
        await server.context.outbox.drain();
        const stats = await server.context.queue.stats();
        const { waiting = 0, active = 0 } = stats.find(({ name }) => name === DELIVER_JOB) ?? {};
        return waiting + active;
      },
      { timeout: 20_000 },
    )
    .toBe(0);
};
/** A mail that is being sent must not see its lease run out in a moment. */
const later = async (ms: number) => {
  await settle();
  ahead += ms;
  await settle();
};

describe('attendance', () => {
  it('tells student and guardian of an absence when the class has closed, each in their language, and nobody else', async () => {
    const { courseId, people, name } = await makeClass(2, { locale: 'ky' });
    const sessionId = await open(courseId);
    await mark(sessionId, people[0]!.id, 'present');
    await close(sessionId);
    const student = await smtp.until(to(people[1]!.email));
    const guardian = await smtp.until(to(people[1]!.guardian));
    expect(student.mail.subject).toBe(`Сабакка келбөө: ${people[1]!.name}, ${name}`);
    expect(student.mail.text).toContain('келген жок');
    expect(guardian.mail.text).toContain(`${people[1]!.name}: 1 сабакка`);
    expect(student.mail.html).toContain('lang="ky"');
    expect(student.mail.from?.address).toBe('bot@yoklama.example');
    await settle();
    expect(mailsTo(people[0]!.email)).toEqual([]);
    expect(mailsTo(people[1]!.email)).toHaveLength(1);
  });

  it('tells of a correction later, once, and not when it was taken back', async () => {
    const { courseId, people } = await makeClass(2);
    const [first, second] = people as [Person, Person];
    const sessionId = await hold(courseId);
    await smtp.until(to(first.guardian));
    await smtp.until(to(second.guardian));
    await settle();
    await mark(sessionId, first.id, 'late');
    await mark(sessionId, first.id, 'present');
    await mark(sessionId, second.id, 'present');
    await mark(sessionId, second.id, 'absent');
    await settle();
    expect(mailsTo(first.email)).toHaveLength(1);
    await later(11 * MINUTE);
    const corrected = await smtp.until(
      (mail) => mail.to.includes(first.email) && mail.mail.subject!.startsWith('Yoklama düzeltildi'),
    );
    expect(corrected.mail.text).toContain('geldi (önce: gelmedi)');
    expect(mailsTo(first.email)).toHaveLength(2);
    expect(mailsTo(first.guardian)).toHaveLength(2);
    expect(mailsTo(second.email)).toHaveLength(1);
    // Back again: a correction of what was told last.
    await mark(sessionId, first.id, 'absent');
    await later(11 * MINUTE);
    const again = await smtp.until(
      (mail) => to(first.email)(mail) && /gelmedi \(önce: geldi\)/.test(mail.mail.text!),
    );
    expect(again.mail.subject).toContain('düzeltildi');
  });

  it('puts a notice right that has not gone out', async () => {
    const { courseId, people } = await makeClass(2);
    const [first, second] = people as [Person, Person];
    smtp.mode('accept');
    await quiet(2 * HOUR);
    const sessionId = await hold(courseId);
    await mark(sessionId, first.id, 'present');
    await settle();
    await later(3 * HOUR);
    await smtp.until(to(second.email));
    expect(mailsTo(first.email)).toEqual([]);
    expect(mailsTo(second.email)).toHaveLength(1);
  });

  it('holds mails in quiet hours and puts the classes of that time into one', async () => {
    const one = await makeClass(1);
    const [person] = one.people as [Person];
    const other = await makeClass(0);
    await server.admin.post(`/courses/${other.courseId}/enrolments`, { studentIds: [person.id] });
    await quiet(2 * HOUR);
    await hold(one.courseId);
    await hold(other.courseId);
    await settle();
    expect(mailsTo(person.email)).toEqual([]);
    await later(2 * HOUR + MINUTE);
    const { mail } = await smtp.until(to(person.email));
    expect(mail.text).toContain(`${one.name}, `);
    expect(mail.text).toContain(`${other.name}, `);
    expect(mail.text).toContain('2 dersteki');
    expect(mailsTo(person.email)).toHaveLength(1);
    expect(mailsTo(person.guardian)).toHaveLength(1);
  });

  it('collects a day where the institution wants it so', async () => {
    const { courseId, people } = await makeClass(1);
    const [person] = people as [Person];
    await settings({ notifications: { digest: 'daily' } });
    await hold(courseId);
    await hold(courseId);
    await settle();
    expect(mailsTo(person.email)).toEqual([]);
    ahead += 24 * HOUR;
    // The day's token has run out.
    server.admin = await server.as('admin@test.local', PASSWORD);
    server.teacher = await server.as(TEACHER_EMAIL, PASSWORD);
    await settle();
    await smtp.until(to(person.email));
    expect(mailsTo(person.email)).toHaveLength(1);
  });
});

/** Quiet hours that began an hour ago and end in so long. */
async function quiet(forMs: number): Promise<void> {
  const at = (ms: number) =>
    new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Istanbul',
      hour: '2-digit',
      minute: '2-digit',
    }).format(ms);
  const hours = { from: at(clock.now() - HOUR), until: at(clock.now() + forMs) };
  await settings({ notifications: { quietHours: hours } });
}

describe('delivery', () => {
  it('loses nothing and doubles nothing over an outage of the mail server', async () => {
    const { courseId, people } = await makeClass(6);
    smtp.mode('refuse-connections');
    await hold(courseId);
    for (let minute = 0; minute < 10; minute++) {
      await later(MINUTE);
    }
    expect(people.flatMap(({ email, guardian }) => [...mailsTo(email), ...mailsTo(guardian)])).toEqual([]);
    smtp.mode('accept');
    for (let minute = 0; minute < 40; minute += 5) {
      await later(5 * MINUTE);
    }
    for (const { email, guardian } of people) {
      await smtp.until(to(email));
      await smtp.until(to(guardian));
      expect(mailsTo(email)).toHaveLength(1);
      expect(mailsTo(guardian)).toHaveLength(1);
    }
  });

  it('finds what has lost its job, with the data of the queue for instance', async () => {
    const { courseId, people } = await makeClass(1);
    const [person] = people as [Person];
    await quiet(HOUR);
    await hold(courseId);
    await settings({ notifications: { quietHours: null } });
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`delete from outbox where type = ${`job:${DELIVER_JOB}`}`),
    );
    ahead += HOUR + MINUTE;
    expect(await requeueOverlooked(server.context)).toBe(0);
    ahead += 10 * MINUTE;
    expect(await requeueOverlooked(server.context)).toBe(1);
    await server.context.outbox.drain();
    await smtp.until(to(person.email));
    await smtp.until(to(person.guardian));
    await settle();
    expect(await requeueOverlooked(server.context)).toBe(0);
    expect(mailsTo(person.email)).toHaveLength(1);
  });

  it('sends each once, with ten relays at the same time', async () => {
    const { courseId, people } = await makeClass(12);
    await quiet(HOUR);
    await hold(courseId);
    await settings({ notifications: { quietHours: null } });
    ahead += HOUR + MINUTE;
    await Promise.all(Array.from({ length: 10 }, deliver));
    for (const { email, guardian } of people) {
      await smtp.until(to(email));
      await smtp.until(to(guardian));
      expect(mailsTo(email)).toHaveLength(1);
      expect(mailsTo(guardian)).toHaveLength(1);
    }
    const ids = smtp.mails.map(({ mail }) => mail.messageId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('takes a mail over that a killed server had claimed, under the same Message-ID', async () => {
    const { courseId, people } = await makeClass(1);
    const [person] = people as [Person];
    const killed = {
      configured: true,
      send: () => new Promise<never>(() => undefined),
      close: async () => undefined,
    };
    await quiet(HOUR);
    await hold(courseId);
    ahead += HOUR + MINUTE;
    void deliverDue(server.context, killed, tenantId);
    let id = '';
    for (let tries = 0; tries < 50 && id === ''; tries++) {
      const rows = await outgoing(server.admin, '?kind=attendance&limit=500');
      const row = rows.find((entry) => entry.to === person.email && entry.attempts === 1);
      id = row?.id ?? '';
    }
    // Either this one or the server's own relay was first.
    if (mailsTo(person.email).length === 0) {
      await later(6 * MINUTE);
    }
    const got = await smtp.until(to(person.email));
    expect(mailsTo(person.email)).toHaveLength(1);
    expect(got.mail.messageId).toMatch(/^<[0-9a-f-]{36}@yoklama\.example>$/);
  });

  it('gives up on an address that does not exist, says why, and tries again when asked', async () => {
    const { courseId, people } = await makeClass(2);
    const [gone, there] = people as [Person, Person];
    smtp.mode('never', (address) => address === gone.email);
    await hold(courseId);
    await settle();
    await smtp.until(to(there.email));
    await smtp.until(to(gone.guardian));
    const find = async () =>
      (await outgoing(server.admin, `?studentId=${gone.id}`)).find(({ to }) => to === gone.email)!;
    await expect.poll(async () => (await find()).status).toBe('failed');
    const failed = await find();
    expect(failed.attempts).toBe(1);
    expect(failed.error).toMatch(/550/);
    smtp.mode('accept');
    const retried = await server.admin.post(`/notifications/${failed.id}/retry`);
    expect(retried.status).toBe(202);
    await settle();
    await smtp.until(to(gone.email));
    await expect.poll(async () => (await find()).status).toBe('sent');
    expect((await server.admin.post(`/notifications/${failed.id}/retry`)).status).toBe(409);
  });

  it('postpones a mail that is refused for now, and only that', async () => {
    const { courseId, people } = await makeClass(2);
    const [grey, there] = people as [Person, Person];
    smtp.mode('later', (address) => address === grey.email);
    await hold(courseId);
    await settle();
    await smtp.until(to(there.email));
    expect(mailsTo(grey.email)).toEqual([]);
    smtp.mode('accept');
    await later(2 * MINUTE);
    await smtp.until(to(grey.email));
  });

  it('drops mails where no mail server is set, says so and tells the administrators once', async () => {
    const { courseId, people } = await makeClass(1);
    await quiet(HOUR);
    await hold(courseId);
    ahead += HOUR + MINUTE;
    const none = createMailer(loadConfig({ NODE_ENV: 'test' }));
    const done = await deliverDue(server.context, none, tenantId);
    // The server's own relay may have been first, with a mail server.
    if (done.dropped > 0) {
      const rows = await outgoing(server.admin, `?studentId=${people[0]!.id}`);
      expect(rows.some(({ status, error }) => status === 'dropped' && error === 'mail-not-set-up')).toBe(
        true,
      );
      const { body } = await server.admin.get<{ items: { kind: string; title: string }[] }>(
        '/notifications?kind=mail-not-set-up',
      );
      expect(body.items).toHaveLength(1);
      expect(body.items[0]!.title).toBe('E-posta ayarlanmamış');
    }
  });
});

interface OutgoingRow {
  id: string;
  to: string;
  status: string;
  error: string | null;
  attempts: number;
  kind: string;
}
const outgoing = async (api: Api, query: string) =>
  (await api.get<{ items: OutgoingRow[] }>(`/notifications/outgoing${query}`)).body.items;

describe('in the application', () => {
  let tap: LiveTap | undefined;
  afterEach(() => tap?.close());

  it('reaches the user over the socket and in the list, and can be read', async () => {
    const { courseId, people } = await makeClass(1);
    const [person] = people as [Person];
    const email = `account${counter}@example.org`;
    await made(
      server.admin.post('/users', {
        email,
        name: person.name,
        role: 'student',
        studentId: person.id,
        password: PASSWORD,
        locale: 'en',
      }),
    );
    const student = await server.as(email, PASSWORD);
    tap = tapLive(server.url, student.token);
    await new Promise((resolve) => tap!.socket.once('connect', () => resolve(null)));
    await hold(courseId);
    const pushed = await tap.until<{ id: string; kind: string }>('notification');
    expect(pushed).toMatchObject({ kind: 'attendance', studentId: person.id, readAt: null });
    const list = await student.get<{ unread: number; total: number; items: { id: string; title: string }[] }>(
      '/notifications',
    );
    expect(list.body).toMatchObject({ unread: 1, total: 1 });
    expect(list.body.items[0]).toMatchObject({
      id: pushed.id,
      title: `Absence: ${person.name}, Kurs ${counter}`,
    });
    // Nobody else's to read.
    expect((await server.teacher.post(`/notifications/${pushed.id}/read`)).status).toBe(404);
    const read = await student.post<{ readAt: string }>(`/notifications/${pushed.id}/read`);
    expect(read.body.readAt).not.toBeNull();
    expect((await student.post('/notifications/read-all')).body).toEqual({ read: 0 });
    // The account's address is the one that is used.
    await smtp.until(to(email));
    expect(mailsTo(person.email)).toEqual([]);
    expect((await student.get('/notifications/outgoing')).status).toBe(403);
  });
});

describe('preferences', () => {
  it('are kept, hold for what comes, and are the student’s own', async () => {
    const { courseId, people } = await makeClass(1);
    const [person] = people as [Person];
    const email = `account${counter}@example.org`;
    await made(
      server.admin.post('/users', {
        email,
        name: person.name,
        role: 'student',
        studentId: person.id,
        password: PASSWORD,
      }),
    );
    const student = await server.as(email, PASSWORD);
    const before = await student.get<{ topics: { topic: string; email: boolean }[] }>(
      '/notifications/preferences',
    );
    expect(before.body.topics.map(({ topic }) => topic)).not.toContain('daily-report');
    const put = await student.call('PUT', '/notifications/preferences', {
      locale: 'ru',
      quietHours: { from: '22:00', until: '07:00' },
      topics: [{ topic: 'attendance', email: false }],
    });
    expect(put.body).toMatchObject({
      locale: 'ru',
      quietHoursOwn: true,
      quietHours: { from: '22:00', until: '07:00' },
    });
    await hold(courseId);
    await smtp.until(to(person.guardian));
    await settle();
    expect(mailsTo(email)).toEqual([]);
    const list = await student.get<{ items: { title: string }[] }>('/notifications');
    expect(list.body.items[0]!.title).toMatch(/^Пропуск занятия/);
    const back = await student.call('PUT', '/notifications/preferences', { quietHours: 'institution' });
    expect(back.body).toMatchObject({ quietHours: null, quietHoursOwn: false });
    expect(
      (await student.call('PUT', '/notifications/preferences', { topics: [{ topic: 'x' }] })).status,
    ).toBe(400);
  });

  it('can be changed by the link under a mail, with one click, for one person and topic', async () => {
    const { courseId, people } = await makeClass(1);
    const [person] = people as [Person];
    await hold(courseId);
    const { raw } = await smtp.until(to(person.guardian));
    const unfolded = raw.replace(/\r\n[ \t]+/g, ' ');
    const link = /^List-Unsubscribe:\s*<([^>]+)>/m.exec(unfolded)![1]!;
    const path = link.slice(link.indexOf('/api/'));
    const shown = await fetch(`${server.url}${path}`);
    expect(shown.status).toBe(200);
    expect(await shown.text()).toContain('<form method="post"');
    const forged = await fetch(`${server.url}${path.slice(0, -2)}xx`, { method: 'POST' });
    expect(forged.status).toBe(400);
    const clicked = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(clicked.status).toBe(200);
    await hold(courseId);
    await smtp.until((mail) => to(person.email)(mail) && mailsTo(person.email).length === 2);
    await settle();
    expect(mailsTo(person.guardian)).toHaveLength(1);
  });
});

describe('warnings and reports', () => {
  it('warn at the threshold, once for each number of absences', async () => {
    const { courseId, people } = await makeClass(1);
    const [person] = people as [Person];
    await settings({ warnings: { absences: 2 } });
    const warnings = () =>
      mailsTo(person.guardian).filter(({ mail }) => mail.subject!.startsWith('Devamsızlık uyarısı'));
    await hold(courseId);
    const second = await hold(courseId);
    await smtp.until(
      (mail) => to(person.guardian)(mail) && mail.mail.subject!.startsWith('Devamsızlık uyarısı'),
    );
    await mark(second, person.id, 'present');
    await mark(second, person.id, 'absent');
    await settle();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]!.mail.text).toContain('2 kez');
    await hold(courseId);
    await expect.poll(() => warnings().length).toBe(2);
  });

  it('report the week to teachers and the day to administrators, once however often they run', async () => {
    const { courseId, people } = await makeClass(3);
    await settings({ warnings: { absences: 1 } });
    const { body: teachers } = await server.admin.get<{ items: { id: string; email: string }[] }>(
      '/teachers',
    );
    const teacher = teachers.items.find((entry) => entry.email === TEACHER_EMAIL) ?? teachers.items[0]!;
    const assigned = await server.admin.call('PUT', `/courses/${courseId}/teachers`, {
      teacherIds: [teacher.id],
    });
    expect(assigned.status).toBe(200);
    const sessionId = await open(courseId);
    await mark(sessionId, people[0]!.id, 'present');
    await close(sessionId);
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Istanbul' }).format(clock.now());
    const sunday = new Date(Date.parse(day) + ((7 - new Date(day).getUTCDay()) % 7) * 24 * HOUR)
      .toISOString()
      .slice(0, 10);
    expect(await weeklyReports(server.context, tenantId, sunday)).toBeGreaterThan(0);
    expect(await weeklyReports(server.context, tenantId, sunday)).toBe(0);
    await settle();
    const weekly = await smtp.until(
      (mail) => to(TEACHER_EMAIL)(mail) && mail.mail.subject!.startsWith('Haftalık yoklama raporu'),
    );
    expect(weekly.mail.text).toMatch(/Katılım: %33/);
    expect(weekly.mail.text).toContain(people[1]!.name);
    expect(weekly.mail.html).toContain('<caption');
    await dailyReport(server.context, tenantId, day);
    expect(await dailyReport(server.context, tenantId, day)).toBe(0);
    await settle();
    await smtp.until((mail) => to('admin@test.local')(mail) && / yoklaması: /.test(mail.mail.subject!));
  });
});

describe('a teacher whose account is switched off', () => {
  it('is told of no student any more, by whatever address', async () => {
    const { courseId, people } = await makeClass(1);
    const listed = await made(
      server.admin.post('/teachers', { name: 'Listed', email: 'listed@example.org' }),
    );
    const account = { email: 'left@example.org', name: 'Left', role: 'teacher', password: PASSWORD };
    const left = await made(server.admin.post('/users', account));
    const { body } = await server.admin.get<{ items: { id: string }[] }>(`/teachers?userId=${left.id}`);
    const teacherIds = [listed.id, body.items[0]!.id];
    await server.admin.call('PUT', `/courses/${courseId}/teachers`, { teacherIds });
    await server.admin.call('PATCH', `/users/${left.id}`, { active: false });
    await settings({ warnings: { absences: 1 } });
    await hold(courseId);
    await smtp.until(to(people[0]!.guardian));
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Istanbul' }).format(clock.now());
    const sunday = new Date(Date.parse(day) + ((7 - new Date(day).getUTCDay()) % 7) * 24 * HOUR);
    await weeklyReports(server.context, tenantId, sunday.toISOString().slice(0, 10));
    await settle();
    await smtp.until(to('listed@example.org'));
    const rows = await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(
        sql`select kind from notifications where user_id = ${left.id} or address = 'left@example.org'`,
      ),
    );
    expect(rows).toEqual([]);
  });
});

describe('cameras', () => {
  it('are announced after a minute without picture, once, and when they are back', async () => {
    const { courseId, people: _ } = await makeClass(0);
    const camera = await made(
      server.admin.post('/cameras', { name: `Kamera ${counter}`, url: 'rtsp://127.0.0.1:1/x' }),
    );
    const sessionId = await open(courseId);
    const streamId = await server.context.db.tenant(tenantId, async (tx) => {
      const { streams } = await import('../../db/schema/index.ts');
      const { newId } = await import('../../db/ids.ts');
      const id = newId();
      await tx.insert(streams).values({ id, tenantId, sessionId, cameraId: camera.id });
      return id;
    });
    const announced = async (kind: string) => {
      await server.context.outbox.drain();
      const { body } = await server.admin.get<{ items: { data: { camera: string } }[] }>(
        `/notifications?kind=${kind}&limit=100`,
      );
      return body.items.filter(({ data }) => data.camera === `Kamera ${counter}`).length;
    };
    const watch = createDownWatch(server.context);
    watch.status(tenantId, sessionId, { streamId, state: 'reconnecting', reason: 'unreachable' });
    watch.tick(clock.now() + 59_000);
    expect(await announced('camera-down')).toBe(0);
    watch.tick(clock.now() + 61_000);
    await expect.poll(() => announced('camera-down')).toBe(1);
    // Another server, or this one after a restart.
    const other = createDownWatch(server.context);
    other.status(tenantId, sessionId, { streamId, state: 'failed', reason: 'unreachable' });
    other.tick(clock.now() + 61_000);
    other.status(tenantId, sessionId, { streamId, state: 'live', reason: 'ok' });
    await expect
      .poll(async () => {
        other.tick(clock.now());
        return announced('camera-up');
      })
      .toBe(1);
    expect(await announced('camera-down')).toBe(1);
    await close(sessionId);
  });
});

describe('the test mail', () => {
  it('goes to oneself', async () => {
    const answer = await server.admin.post('/notifications/test');
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ to: 'admin@test.local', kind: 'mail-test' });
    await smtp.until((mail) => to('admin@test.local')(mail) && mail.mail.subject!.includes('deneme'));
    expect((await server.teacher.post('/notifications/test')).status).toBe(403);
  });

  it('and no other institution sees any of it', async () => {
    const stranger = await addTenant(server, 'stranger');
    expect(await outgoing(stranger, '')).toEqual([]);
    const [row] = await outgoing(server.admin, '?limit=1');
    expect((await stranger.post(`/notifications/${row!.id}/retry`)).status).toBe(404);
    expect((await stranger.post(`/notifications/${row!.id}/read`)).status).toBe(404);
  });
});
