import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import ExcelJS from 'exceljs';
import { DateTime } from 'luxon';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demoCache } from '../../scripts/demo/photos.ts';
import { type DemoClassroom, renderDemoClassroom } from '../../scripts/demo/render.ts';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession, Snapshot } from '../../server/features/sessions/schemas.ts';
import { type LiveTap, tapLive } from '../support/live.ts';
import {
  type Api,
  createApi,
  PASSWORD,
  signIn,
  startTestServer,
  type TestServer,
} from '../support/server.ts';
import { type SmtpStub, startSmtp } from '../support/smtp.ts';

/**
 * A term of a school in one afternoon, through the public API only: an institution is made, its rosters imported, a
 * class runs on video, one student scans a code, a mark is corrected, the absent are written to, the week is reported,
 * a student withdraws consent and leaves, and the ledger still says the same.
 */
const NAME = 'Çınar Üniversitesi Şişli';
const COURSE = { code: 'BİL 101', name: 'Programlamaya Giriş' };
/** On the roster and not on the video: one comes and scans the code, one does not come. */
const SCANNING = { id: '20260901', name: 'Gülşah İğdır' };
const AWAY = { id: '20260902', name: 'Айбек Өмүралиев' };

type List<T> = { total: number; items: T[] };
type Known = { id: string; number: string; name: string };

let server: TestServer;
let smtp: SmtpStub;
let classroom: DemoClassroom;
let tap: LiveTap;
let admin: Api;
let teacher: Api;
let scanner: Api;
let leaver: Api;
let courseId: string;
let sessionId: string;
let day: string;
const ids = new Map<string, string>();
/** The clock is at noon there: the class does not run over midnight whenever this test does. */
const zone = (() => {
  const ahead = 12 - new Date().getUTCHours();
  return ahead === 0 ? 'Etc/UTC' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
})();
const address = (number: string) => `${number.toLowerCase()}@ogrenci.example.edu`;

beforeAll(async () => {
  classroom = await renderDemoClassroom({ dir: join(demoCache, 'classroom') });
  smtp = await startSmtp();
  server = await startTestServer({
    pipeline: true,
    students: 0,
    env: { CAMERA_ALLOW_FILES: 'true', SMTP_URL: smtp.url, MAIL_FROM: 'yoklama@okul.example' },
  });
}, 300_000);

// Every chapter needs those before it: what fails first is what is wrong.
let broken: string | null = null;
beforeEach(({ skip }) => skip(broken !== null, `after “${broken}” had failed`));
afterEach(({ task }) => {
  if (task.result?.state === 'fail') broken ??= task.name;
});

afterAll(async () => {
  tap?.close();
  await server?.close();
  await smtp?.close();
});

/** The body of an answer that has to be this one. */
async function ok<T>(answer: Promise<{ status: number; body: T }>, status = 200): Promise<T> {
  const got = await answer;
  expect(got.status, JSON.stringify(got.body)).toBe(status);
  return got.body;
}

async function until<T>(look: () => Promise<T | undefined>, what: string, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(250);
  }
}

const recordsOf = async () =>
  (await ok(teacher.get<{ items: AttendanceRecord[] }>(`/sessions/${sessionId}/attendance`))).items;
const recordOf = async (number: string) =>
  (await recordsOf()).find(({ studentId }) => studentId === ids.get(number))!;

/** An account for a student, by the code that the school has handed out. */
async function activate(student: { id: string; name: string }): Promise<Api> {
  const { codes } = await ok(
    admin.post<{ codes: { code: string }[] }>('/activation-codes', {
      role: 'student',
      studentIds: [ids.get(student.id)],
    }),
    201,
  );
  const activated = await createApi(server.url, null).post('/auth/activate', {
    code: codes[0]!.code,
    email: address(student.id),
    name: student.name,
    password: PASSWORD,
  });
  expect(activated.status, JSON.stringify(activated.body)).toBeLessThan(300);
  return signIn(server.url, address(student.id), PASSWORD);
}

describe('an institution', () => {
  it('is made, and its administrator comes by the invitation in the mail', async () => {
    await ok(
      server.admin.post('/tenants', {
        name: NAME,
        locale: 'tr',
        timezone: zone,
        policy: 'tr',
        admin: { email: 'mudur@okul.example.edu', name: 'Şükrü Ağaoğlu' },
      }),
      201,
    );
    const invited = await smtp.until(({ to }) => to.includes('mudur@okul.example.edu'));
    expect(invited.mail.subject).toContain(NAME);
    const token = /\/invitation#([\w.~-]+)/.exec(invited.mail.text!)![1];
    const accepted = await createApi(server.url, null).post('/auth/invitations/accept', {
      token,
      password: PASSWORD,
    });
    expect(accepted.status, JSON.stringify(accepted.body)).toBe(200);
    admin = await signIn(server.url, 'mudur@okul.example.edu', PASSWORD);
    const own = await ok(admin.get<{ name: string; timezone: string }>('/tenant'));
    expect(own).toMatchObject({ name: NAME, timezone: zone });
  });

  it('imports its rosters, looking first', async () => {
    const people = [...classroom.roster, SCANNING, AWAY];
    const tables = {
      teachers: 'Ad Soyad;E-posta;Bölüm\nLeyla Aksoy;leyla@okul.example.edu;Bilgisayar\n',
      courses: `Ders Kodu;Ders Adı;Dönem;Öğretmen\n${COURSE.code};${COURSE.name};2026 Güz;leyla@okul.example.edu\n`,
      students: [
        'Öğrenci No;Ad Soyad;E-posta;Veli;Veli E-posta;Dil',
        ...people.map(({ id, name }) =>
          id === AWAY.id
            ? `${id};${name};${address(id)};Эне Өмүралиева;veli@ev.example.edu;Kırgızca`
            : `${id};${name};${address(id)};;;Türkçe`,
        ),
      ].join('\n'),
      enrolments: [
        'Öğrenci No;Ders Kodu;Dönem',
        ...people.map(({ id }) => `${id};${COURSE.code};2026 Güz`),
      ].join('\n'),
    };
    for (const [entity, text] of Object.entries(tables)) {
      const form = new FormData();
      form.append('entity', entity);
      form.append('file', new Blob([text]), `${entity}.csv`);
      const checked = await ok(
        admin.post<{ id: string; counts: Record<string, number> }>('/imports', form),
        201,
      );
      // A course and who teaches it are two.
      const rows = entity === 'courses' ? 2 : text.trim().split('\n').length - 1;
      expect(checked.counts, entity).toMatchObject({ error: 0, create: rows });
      const before = entity === 'enrolments' ? null : await ok(admin.get<List<unknown>>(`/${entity}`));
      if (before) expect(before.total, `${entity} before`).toBe(0);
      const applied = await ok(admin.post<{ status: string }>(`/imports/${checked.id}/apply`, {}));
      expect(applied.status).toBe('applied');
    }
    const { items } = await ok(admin.get<List<Known>>('/students?limit=100'));
    for (const { number, id } of items) ids.set(number, id);
    expect(ids.size).toBe(people.length);
    const courses = await ok(
      admin.get<List<{ id: string; students: number; teachers: { name: string }[] }>>('/courses'),
    );
    expect(courses.items[0]).toMatchObject({ students: people.length, teachers: [{ name: 'Leyla Aksoy' }] });
    courseId = courses.items[0]!.id;
  });

  it('enrols faces under consent, and not without', async () => {
    const [first, ...rest] = classroom.roster;
    const photosOf = async ({ photos }: { photos: string[] }) => {
      const form = new FormData();
      for (const path of photos)
        form.append('photo', new Blob([await readFile(path)], { type: 'image/jpeg' }), 'p.jpg');
      return form;
    };
    const refused = await admin.post(`/students/${ids.get(first!.id)}/face`, await photosOf(first!));
    expect(refused.status).toBe(403);
    for (const student of [first!, ...rest]) {
      const id = ids.get(student.id);
      await ok(admin.call('PUT', `/students/${id}/consents`, { purpose: 'face', granted: true }));
      await ok(admin.post(`/students/${id}/face`, await photosOf(student)), 201);
    }
  }, 180_000);

  it('invites its teacher and hands codes to students', async () => {
    await ok(
      admin.post('/invitations', { email: 'leyla@okul.example.edu', name: 'Leyla Aksoy', role: 'teacher' }),
      201,
    );
    const { mail } = await smtp.until(({ to }) => to.includes('leyla@okul.example.edu'));
    const token = /\/invitation#([\w.~-]+)/.exec(mail.text!)![1];
    await ok(createApi(server.url, null).post('/auth/invitations/accept', { token, password: PASSWORD }));
    teacher = await signIn(server.url, 'leyla@okul.example.edu', PASSWORD);
    expect((await ok(teacher.get<List<unknown>>('/courses'))).total).toBe(1);
    scanner = await activate(SCANNING);
    leaver = await activate(classroom.roster.find(({ id }) => id === classroom.truth.present[0])!);
    const seen = await ok(
      scanner.get<{ student: { number: string } }>(`/students/${ids.get(SCANNING.id)}/attendance`),
    );
    expect(seen.student.number).toBe(SCANNING.id);
    const other = await scanner.get(`/students/${ids.get(AWAY.id)}/attendance`);
    expect(other.status).toBe(404);
  });
});

describe('a class', () => {
  it('is opened by its timetable, on the camera of its room', async () => {
    const room = await ok(admin.post<{ id: string }>('/rooms', { name: 'D-204', capacity: 40 }), 201);
    await ok(
      admin.post('/cameras', {
        name: 'Ön kamera',
        roomId: room.id,
        url: pathToFileURL(classroom.video).href,
        sampling: { mode: 'fps', fps: 3 },
      }),
      201,
    );
    await ok(
      admin.call('PATCH', `/courses/${courseId}`, {
        opens: 'schedule',
        rules: { lateAfterMinutes: 15, minPresenceShare: 0, graceMinutes: 5 },
      }),
    );
    const start = DateTime.now().setZone(zone).minus({ minutes: 2 });
    day = start.toISODate()!;
    const meeting = {
      weekday: start.weekday,
      startsAt: start.toFormat('HH:mm'),
      endsAt: start.plus({ minutes: 50 }).toFormat('HH:mm'),
      roomId: room.id,
    };
    await ok(admin.call('PUT', `/courses/${courseId}/meetings`, { meetings: [meeting] }));
    const session = await until(
      async () =>
        (await ok(teacher.get<List<ClassSession>>(`/sessions?courseId=${courseId}&status=open`))).items[0],
      'the session of the timetable',
    );
    sessionId = session.id;
    expect(session.cameras).toHaveLength(1);
    const schedule = await ok(
      teacher.get<List<{ state: string; sessionId: string }>>(`/schedule?from=${day}&to=${day}`),
    );
    expect(schedule.items).toMatchObject([{ state: 'open', sessionId }]);
  }, 90_000);

  it('marks those whom the camera sees', async () => {
    tap = tapLive(server.url, teacher.token);
    const snapshot: Snapshot = await tap.joined(sessionId);
    expect(snapshot.roster).toHaveLength(ids.size);
    const { present, leaving, late } = classroom.truth;
    for (const number of [...present, ...leaving, ...late]) {
      await tap.until<{ record: AttendanceRecord }>(
        'attendance:marked',
        ({ record }) => record.studentId === ids.get(number) && record.status === 'present',
        90_000,
      );
    }
    for (const number of [...classroom.truth.absent, SCANNING.id, AWAY.id]) {
      expect((await recordOf(number)).status).toBe('pending');
    }
  }, 150_000);

  it('takes the code that a student scans from the screen', async () => {
    const window = await ok(teacher.post<{ id: string }>('/qr/sessions', { sessionId, minutes: 5 }), 201);
    const { code } = await ok(teacher.get<{ code: string }>(`/qr/sessions/${window.id}/code`));
    const record = await ok(
      scanner.post<AttendanceRecord>('/qr/scan', { code, deviceId: 'telefon-of-gulsah' }),
    );
    expect(record).toMatchObject({ status: 'present', method: 'qr' });
    await tap.until<{ record: AttendanceRecord }>(
      'attendance:marked',
      ({ record: told }) => told.studentId === ids.get(SCANNING.id) && told.method === 'qr',
    );
    await ok(teacher.call('DELETE', `/qr/sessions/${window.id}`), 204);
  });

  it('lets the teacher correct a mark and close it; who did not come is absent', async () => {
    const before = await recordOf(classroom.truth.present[1]!);
    const corrected = await ok(
      teacher.call<AttendanceRecord>('PUT', `/attendance/${before.id}`, {
        status: 'late',
        note: '9:20’de geldi',
        version: before.version,
      }),
    );
    expect(corrected).toMatchObject({ status: 'late', note: '9:20’de geldi' });
    await ok(teacher.post(`/sessions/${sessionId}/close`, {}));
    for (const number of [...classroom.truth.absent, AWAY.id]) {
      expect((await recordOf(number)).status).toBe('absent');
    }
    expect((await recordOf(SCANNING.id)).status).toBe('present');
    expect((await recordOf(classroom.truth.present[1]!)).status).toBe('late');
  });

  it('writes to the absent and their guardians, each in their language, and to nobody else', async () => {
    for (const number of [...classroom.truth.absent, AWAY.id]) {
      const { mail } = await smtp.until(({ to }) => to.includes(address(number)), 30_000);
      expect(`${mail.subject} ${mail.text}`).toContain(COURSE.name);
      expect(mail.html).toContain('<html');
    }
    const guardian = await smtp.until(({ to }) => to.includes('veli@ev.example.edu'), 30_000);
    expect(guardian.mail.subject).toContain(AWAY.name);
    expect(guardian.mail.text).toMatch(/[өүң]/i);
    const outgoing = await ok(admin.get<List<{ status: string }>>('/notifications/outgoing?limit=100'));
    expect(outgoing.items.filter(({ status }) => status === 'failed')).toEqual([]);
    const told = new Set(smtp.mails.flatMap(({ to }) => to).filter((to) => to.includes('@ogrenci.')));
    expect(told).toEqual(new Set([...classroom.truth.absent, AWAY.id].map(address)));
  });
});

describe('the week', () => {
  let counts: { present: number; late: number; absent: number };

  it('adds up', async () => {
    const all = await recordsOf();
    const number = (status: string) => all.filter((record) => record.status === status).length;
    counts = { present: number('present'), late: number('late'), absent: number('absent') };
    expect(counts.absent).toBe(classroom.truth.absent.length + 1);
    expect(counts.present + counts.late + counts.absent).toBe(ids.size);
  });

  const exported = async (format: string) => {
    const answer = await admin.post<Buffer>('/reports/exports', {
      report: 'attendance-weekly',
      format,
      params: { day },
      locale: 'tr',
    });
    expect(answer.status, String(answer.body)).toBe(200);
    return answer.body;
  };

  it('comes as an Excel file with real numbers', async () => {
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load((await exported('excel')) as unknown as ExcelJS.Buffer);
    const courses = workbook.getWorksheet('Dersler')!;
    let found: unknown[] | null = null;
    courses.eachRow((row) => {
      const values = row.values as unknown[];
      if (values.includes(COURSE.code)) found = values;
    });
    const [present, late, , absent] = (found ?? ([] as unknown[]))
      .filter((value) => typeof value === 'number')
      .slice(-5);
    expect({ present, late, absent }).toEqual(counts);
    expect(courses.views[0]).toMatchObject({ state: 'frozen' });
  });

  it('comes as a PDF whose Turkish letters are right', async () => {
    const pdf = await getDocument({ data: Uint8Array.from(await exported('pdf')), useSystemFonts: false })
      .promise;
    let text = '';
    for (let at = 1; at <= pdf.numPages; at++) {
      const { items } = await (await pdf.getPage(at)).getTextContent();
      text += items.map((item) => ('str' in item ? item.str : '')).join(' ');
    }
    expect(text).toContain(NAME);
    expect(text).toContain(COURSE.name);
    expect(text).toContain('Katılım oranı');
    expect(text.replace(/\s+/g, ' ')).toContain(`${counts.present} ${counts.late} 0 ${counts.absent}`);
  });
});

describe('afterwards', () => {
  it('the ledger rebuilds to the same records', async () => {
    const before = await recordsOf();
    const looked = await ok(
      admin.post<{ records: number; changed: number; missing: number }>('/events/rebuild', {
        scope: { sessionId },
        dryRun: true,
      }),
    );
    expect(looked).toMatchObject({ records: before.length, changed: 0, missing: 0 });
    await ok(admin.post('/events/rebuild', { scope: { all: true }, dryRun: false }));
    expect(await recordsOf()).toEqual(before);
  });

  it('a student withdraws consent and nothing that tells their face is left', async () => {
    const student = classroom.roster.find(({ id }) => id === classroom.truth.present[0])!;
    const id = ids.get(student.id)!;
    const templates = () => leaver.get<{ templates: { id: string }[] }>(`/students/${id}/face`);
    const had = (await ok(templates())).templates;
    expect(had.length).toBeGreaterThan(0);
    await ok(leaver.get(`/students/${id}/face/${had[0]!.id}/thumbnail`));
    const withdrawn = await ok(
      leaver.call<{ consents: { face: boolean }; erased: Record<string, number> }>(
        'PUT',
        `/students/${id}/consents`,
        { purpose: 'face', granted: false },
      ),
    );
    expect(withdrawn).toMatchObject({ consents: { face: false }, erased: { faceTemplates: had.length } });
    expect((await ok(templates())).templates).toEqual([]);
    expect((await leaver.get(`/students/${id}/face/${had[0]!.id}/thumbnail`)).status).toBe(404);
    const receipts = await ok(admin.get<List<{ studentId: string; reason: string }>>('/privacy/receipts'));
    expect(receipts.items).toContainEqual(
      expect.objectContaining({ studentId: id, reason: 'consent-withdrawn' }),
    );
    // Attendance itself is no biometric: it stays until they leave.
    expect((await recordOf(student.id)).status).toBe('present');
  });

  it('they leave, and no answer of the API knows them any more', async () => {
    const student = classroom.roster.find(({ id }) => id === classroom.truth.present[0])!;
    const id = ids.get(student.id)!;
    await ok(leaver.get(`/students/${id}/data`));
    await ok(admin.call('DELETE', `/students/${id}`), 204);
    expect((await leaver.get('/auth/me')).status).toBe(401);
    const paths = [
      ...['/students?limit=500', '/users?limit=500', `/courses/${courseId}/enrolments?limit=500`],
      ...[`/sessions/${sessionId}/attendance`, `/sessions/${sessionId}/engagement`, '/events?limit=1000'],
      ...[
        `/attendance/course/${courseId}`,
        `/attendance/stats?from=${day}&to=${day}`,
        `/sessions/${sessionId}/reviews`,
      ],
      ...['/reports/attendance/students?limit=500', '/reports/absences', '/notifications/outgoing?limit=500'],
      ...['/activation-codes', '/invitations', '/excuses', '/contests', '/imports', '/jobs/dead'],
    ];
    const imports = await ok(admin.get<List<{ id: string }>>('/imports'));
    paths.push(...imports.items.map((one) => `/imports/${one.id}/lines?limit=500`));
    const found: unknown[] = [];
    for (const path of paths) {
      const { status, body } = await admin.get(path);
      const text = JSON.stringify(body);
      if (status !== 200) found.push([path, status, text]);
      for (const trace of [id, student.name, address(student.id), `"${student.id}"`]) {
        if (text.includes(trace)) found.push([path, trace]);
      }
    }
    expect(found).toEqual([]);
    for (const path of [`/students/${id}`, `/students/${id}/attendance`, `/students/${id}/data`]) {
      expect((await admin.get(path)).status).toBe(404);
    }
    const again = await ok(
      admin.post<{ changed: number; missing: number }>('/events/rebuild', { scope: { all: true } }),
    );
    expect(again).toMatchObject({ changed: 0, missing: 0 });
    expect(await ok(admin.get('/audit/verify'))).toMatchObject({ ok: true });
  });
});
