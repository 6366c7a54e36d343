import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMarks } from '../../../tests/support/marks.ts';
import {
  type Api,
  addTenant,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';
import { refreshTallies } from './tallies.ts';
import { weeklyTeacherReport } from './weekly.ts';

let server: TestServer;
let student: Api;
let physics = '';
let ids: string[] = [];
const NOW = Date.parse('2026-11-20T12:00:00Z');

interface Failure {
  error: { code: string };
}

beforeAll(async () => {
  server = await startTestServer({ students: 6, overrides: { clock: { now: () => NOW } } });
  const { tenantId, courseId, students } = server.seeded!;
  ids = students.map(({ id }) => id);
  const { admin, context } = server;
  physics = (await admin.post<{ id: string }>('/courses', { code: 'FİZ201', name: 'Fizik' })).body.id;
  await context.db.tenant(tenantId, async (tx) => {
    await tx.execute(sql`update tenants set timezone = 'Europe/Istanbul'`);
    await tx.execute(sql`update courses set department = 'Fen' where id = ${physics}`);
    await tx.execute(sql`update students set department = 'Fen' where number in ('S101', 'S102')`);
    await tx.execute(
      sql`insert into enrolments (tenant_id, course_id, student_id) values (${tenantId}, ${physics}, ${ids[0]})`,
    );
  });
  await writeMarks(context, {
    tenantId,
    courseId,
    studentIds: ids,
    meetings: [
      ['2026-11-02', 'pppppp'],
      ['2026-11-09', 'paaapp'],
      ['2026-11-11', 'paepaa'],
      // 00:30 of the 16th in Istanbul
      ['2026-11-15T21:30:00Z', 'paelpp'],
      ['2026-11-18', 'ppappp'],
      ['2026-11-20', 'p?????'],
    ],
  });
  await writeMarks(context, {
    tenantId,
    courseId: physics,
    studentIds: ids,
    meetings: [['2026-11-17', 'a']],
  });
  await admin.post('/users', {
    email: 'student@test.local',
    name: 'Öğrenci 1',
    role: 'student',
    password: PASSWORD,
    studentId: ids[0],
  });
  student = await server.as('student@test.local', PASSWORD);
});
afterAll(() => server?.close());

interface Period {
  range: { from: string; until: string };
  totals: Record<string, number>;
  previous: Record<string, number>;
  trend: number;
  days: { day: string; present: number }[];
  courses: { code: string; rate: number; trend: number | null }[];
  departments: { department: string | null; absent: number }[];
}

describe('attendance of a period', () => {
  it('counts a local week against the week before, in percentage points', async () => {
    const { body } = await server.admin.get<Period>('/reports/attendance/weekly');
    expect(body.range).toEqual({ from: '2026-11-16', until: '2026-11-22' });
    expect(body.totals).toMatchObject({
      present: 9,
      late: 1,
      excused: 1,
      absent: 3,
      pending: 5,
      sessions: 4,
    });
    expect(body.totals.rate).toBeCloseTo(10 / 13);
    expect(body.previous).toMatchObject({ present: 5, late: 0, excused: 1, absent: 6, sessions: 2 });
    expect(body.trend).toBeCloseTo((10 / 13 - 5 / 11) * 100);
    expect(body.days.map(({ day }) => day)).toEqual(['2026-11-16', '2026-11-17', '2026-11-18', '2026-11-20']);
    expect(body.courses.map(({ code, rate }) => [code, rate])).toEqual([
      ['FİZ201', 0],
      ['MAT101', 10 / 12],
    ]);
    expect(body.departments.map(({ department, absent }) => [department, absent])).toEqual([
      [null, 2],
      ['Fen', 1],
    ]);
  });

  it('puts a session after midnight on the institution’s own day', async () => {
    const at = async (day: string) =>
      (await server.admin.get<Period>(`/reports/attendance/daily?day=${day}`)).body.totals.sessions;
    expect([await at('2026-11-15'), await at('2026-11-16')]).toEqual([0, 1]);
  });

  it('knows months, courses and departments, and teachers their own courses only', async () => {
    const month = '/reports/attendance/monthly?day=2026-11-30';
    const all = (await server.admin.get<Period>(month)).body;
    expect(all.totals.sessions).toBe(7);
    expect(all.previous).toMatchObject({ sessions: 0, rate: null });
    expect(all.trend).toBeNull();
    const one = (await server.admin.get<Period>(`${month}&courseId=${physics}`)).body;
    expect(one.totals).toMatchObject({ sessions: 1, absent: 1, present: 0 });
    const fen = (await server.admin.get<Period>(`${month}&department=Fen`)).body;
    expect(fen.courses.map(({ code }) => code)).toEqual(['FİZ201']);
    const taught = (await server.teacher.get<Period>(month)).body;
    expect(taught.courses.map(({ code }) => code)).toEqual(['MAT101']);
    expect(taught.totals.sessions).toBe(6);
    expect((await student.get(month)).status).toBe(403);
  });
});

interface Lines {
  total: number;
  items: {
    id: string;
    code: string;
    name: string | null;
    rate: number | null;
    absent: number;
    sessions: number;
    trend: number | null;
  }[];
}

describe('lists', () => {
  it('are by course, student, teacher and department, sorted and searched in the database', async () => {
    const list = async (query: string, api = server.admin) =>
      (await api.get<Lines>(`/reports/attendance/${query}`)).body;
    const courses = await list('courses?from=2026-11-16&until=2026-11-22&sort=rate');
    expect(courses.items.map(({ code, sessions, absent }) => [code, sessions, absent])).toEqual([
      ['FİZ201', 1, 1],
      ['MAT101', 3, 2],
    ]);
    expect((await list('courses', server.teacher)).items.map(({ code }) => code)).toEqual(['MAT101']);
    const worst = await list('students?from=2026-11-01&until=2026-11-22&sort=-absent&limit=2');
    expect(worst.total).toBe(6);
    expect(worst.items.map(({ name, absent }) => [name, absent])).toEqual([
      ['Öğrenci 2', 3],
      ['Öğrenci 3', 2],
    ]);
    expect((await list('students?search=S104')).items.map(({ code }) => code)).toEqual(['S104']);
    const teachers = await list('teachers?from=2026-11-16');
    expect(teachers.items).toMatchObject([{ name: 'Ayşe Öğretmen', sessions: 3, absent: 2 }]);
    const departments = await list('departments?from=2026-11-01');
    expect(departments.items.map(({ name, absent }) => [name, absent])).toEqual([
      ['Fen', 1],
      [null, 8],
    ]);
  });

  it('refuses ranges that are none', async () => {
    const code = async (query: string) =>
      (await server.admin.get<Failure>(`/reports/attendance/courses?${query}`)).body.error.code;
    expect(await code('from=2026-11-02&until=2026-11-01')).toBe('range-invalid');
    expect(await code('from=2020-01-01&until=2026-11-01')).toBe('range-invalid');
    expect(await code('from=yesterday')).toBe('invalid-request');
  });
});

describe('what is counted by session', () => {
  const daily = async () =>
    (await server.admin.get<Period>('/reports/attendance/daily?day=2026-11-18')).body.totals;
  const counted = () =>
    server.context.db.tenant(server.seeded!.tenantId, (tx) => refreshTallies(tx, server.seeded!.tenantId));

  it('is right before and after it is counted anew, and leaves open sessions to their closing', async () => {
    const { tenantId } = server.seeded!;
    const before = await daily();
    expect(await counted()).toBe(6);
    expect(await counted()).toBe(0);
    expect(await daily()).toEqual(before);
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(
        sql`update attendance_records set status = 'late' where day = '2026-11-18' and status = 'absent'`,
      ),
    );
    await server.context.cache.invalidate(tenantId);
    expect(await daily()).toMatchObject({ present: 5, late: 1, absent: 0 });
    expect(await counted()).toBe(1);
    await server.context.cache.invalidate(tenantId);
    expect(await daily()).toMatchObject({ present: 5, late: 1, absent: 0 });
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(
        sql`update attendance_records set status = 'absent' where day = '2026-11-18' and status = 'late'`,
      ),
    );
    await server.context.cache.invalidate(tenantId);
    expect(await daily()).toEqual(before);
  });

  it('notes what is written while it is counted', async () => {
    const { tenantId } = server.seeded!;
    const { db } = server.context;
    let written: () => void = () => undefined;
    const wrote = new Promise<void>((resolve) => {
      written = resolve;
    });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const writing = db.tenant(tenantId, async (tx) => {
      await tx.execute(
        sql`update attendance_records set status = 'excused' where day = '2026-11-18' and status = 'absent'`,
      );
      written();
      await held;
    });
    await wrote;
    await counted();
    release();
    await writing;
    await server.context.cache.invalidate(tenantId);
    expect(await daily()).toMatchObject({ present: 5, excused: 1, absent: 0 });
    expect(await counted()).toBe(1);
    await db.tenant(tenantId, (tx) =>
      tx.execute(
        sql`update attendance_records set status = 'absent' where day = '2026-11-18' and status = 'excused'`,
      ),
    );
    await server.context.cache.invalidate(tenantId);
  });
});

describe('one course, student, teacher, department', () => {
  it('shows a course with its sessions and students', async () => {
    const { courseId } = server.seeded!;
    const { body } = await server.teacher.get<{
      totals: Record<string, number>;
      sessions: { day: string }[];
      students: { number: string; rate: number }[];
    }>(`/reports/attendance/courses/${courseId}`);
    expect(body.totals).toMatchObject({ sessions: 6, absent: 8, excused: 2 });
    expect(body.sessions.map(({ day }) => day)).toContain('2026-11-16');
    expect(body.students.find(({ number }) => number === 'S102')?.rate).toBeCloseTo(2 / 5);
    expect((await server.teacher.get(`/reports/attendance/courses/${physics}`)).status).toBe(404);
  });

  it('shows students themselves only, and teachers what belongs to their courses', async () => {
    type Report = { courses: { code: string }[]; recent: { day: string }[]; absences: object[] };
    const own = (await student.get<Report>(`/reports/attendance/students/${ids[0]}`)).body;
    expect(own.courses.map(({ code }) => code)).toEqual(['FİZ201', 'MAT101']);
    expect(own.recent[0]?.day).toBe('2026-11-20');
    expect(own.absences).toMatchObject([{ courseCode: 'FİZ201', currentStreak: 1 }]);
    expect((await student.get(`/reports/attendance/students/${ids[1]}`)).status).toBe(404);
    const taught = (await server.teacher.get<Report>(`/reports/attendance/students/${ids[0]}`)).body;
    expect(taught.courses.map(({ code }) => code)).toEqual(['MAT101']);
    expect(taught.absences).toEqual([]);
  });

  it('shows teachers themselves, and departments by name', async () => {
    const { items } = (await server.admin.get<Lines>('/reports/attendance/teachers')).body;
    const path = `/reports/attendance/teachers/${items[0]!.id}`;
    expect((await server.teacher.get<{ totals: object }>(path)).body.totals).toMatchObject({ sessions: 6 });
    const missing = await server.admin.get<Failure>(`/reports/attendance/teachers/${newId()}`);
    expect(missing.body.error.code).toBe('teacher-not-found');
    const fen = await server.admin.get<{ courses: { code: string }[] }>(
      '/reports/attendance/departments/Fen',
    );
    expect(fen.body.courses.map(({ code }) => code)).toEqual(['FİZ201']);
  });

  it('is as unknown as no course at all to another institution', async () => {
    const other = await addTenant(server, 'reports-other');
    for (const path of [`courses/${physics}`, `students/${ids[0]}`])
      expect((await other.get(`/reports/attendance/${path}`)).status).toBe(404);
    expect((await other.get<Period>('/reports/attendance/weekly')).body.totals.sessions).toBe(0);
  });
});

interface Absences {
  total: number;
  warnings: number;
  items: {
    studentNumber: string;
    courseCode: string;
    absences: number;
    currentStreak: number;
    longestStreak: number;
    longestFrom: string;
    longestUntil: string;
    warning: boolean;
    threshold: number | null;
  }[];
}

describe('absences', () => {
  it('finds streaks: being excused neither lengthens nor ends one', async () => {
    const { body } = await server.admin.get<Absences>(
      `/reports/absences?courseId=${server.seeded!.courseId}&sort=name`,
    );
    const found = body.items.map((item) => [
      item.studentNumber,
      item.absences,
      item.currentStreak,
      item.longestStreak,
      item.longestFrom,
      item.longestUntil,
    ]);
    expect(found).toEqual([
      ['S102', 3, 0, 3, '2026-11-09', '2026-11-16'],
      ['S103', 2, 2, 2, '2026-11-09', '2026-11-18'],
      ['S104', 1, 0, 1, '2026-11-09', '2026-11-09'],
      ['S105', 1, 0, 1, '2026-11-11', '2026-11-11'],
      ['S106', 1, 0, 1, '2026-11-11', '2026-11-11'],
    ]);
    const running = await server.admin.get<Absences>('/reports/absences?minStreak=2');
    expect(running.body.items.map(({ studentNumber }) => studentNumber)).toEqual(['S103']);
  });

  it.each(['absences', 'streak', 'longest', 'name'])(
    'pages through the list by %s as it is in one',
    async (sort) => {
      for (const range of ['', '&from=2026-11-01&until=2026-11-30']) {
        const list = (skip: number, limit: number) =>
          server.admin.get<Absences & { total: number; warnings: number }>(
            `/reports/absences?sort=${sort}${range}&skip=${skip}&limit=${limit}`,
          );
        const { body: whole } = await list(0, 100);
        expect(whole.items.length).toBeGreaterThan(5);
        const order = whole.items.map(
          (item) =>
            ({
              absences: [item.absences],
              streak: [item.currentStreak, item.absences],
              longest: [item.longestStreak, item.absences],
              name: [],
            })[sort]!,
        );
        const sorted = order.toSorted(
          (a, b) => b.map((n, i) => n - a[i]!).find((difference) => difference !== 0) ?? 0,
        );
        expect(order).toEqual(sorted);
        for (const size of [1, 2, 3]) {
          const paged: Absences['items'] = [];
          for (let skip = 0; skip < whole.total + size; skip += size) {
            const { body } = await list(skip, size);
            expect(body).toMatchObject({ total: whole.items.length, warnings: whole.warnings });
            paged.push(...body.items);
          }
          expect(paged).toEqual(whole.items);
        }
      }
    },
  );

  it('leaves out who has left, and nobody else', async () => {
    const { tenantId } = server.seeded!;
    const listed = async (query: string) =>
      (await server.admin.get<Absences>(`/reports/absences?sort=name${query}`)).body.items.map(
        ({ studentNumber }) => studentNumber,
      );
    const archive = (at: string | null) =>
      server.context.db.tenant(tenantId, (tx) =>
        tx.execute(sql`update students set archived_at = ${at}::timestamptz where number = 'S102'`),
      );
    const before = await listed('');
    expect(before).toContain('S102');
    await archive('2026-11-20');
    // What is written past the API is told to the cache by the database, a moment later.
    await expect.poll(() => listed('')).toEqual(before.filter((number) => number !== 'S102'));
    expect(await listed('&from=2026-11-01&until=2026-11-30')).not.toContain('S102');
    await archive(null);
    await expect.poll(() => listed('')).toEqual(before);
  });

  it('warns from the course’s threshold on, else from the institution’s', async () => {
    const warned = async (query = '') =>
      (await server.admin.get<Absences>(`/reports/absences?warningsOnly=true${query}`)).body.items.map(
        ({ studentNumber, courseCode }) => `${studentNumber} ${courseCode}`,
      );
    expect(await warned()).toEqual(['S102 MAT101']);
    expect(await warned('&threshold=2')).toEqual(['S102 MAT101', 'S103 MAT101']);
    const { tenantId } = server.seeded!;
    const set = (value: number | null) =>
      server.context.db.tenant(tenantId, (tx) =>
        tx.execute(sql`update courses set warn_after_absences = ${value} where id = ${physics}`),
      );
    await set(1);
    // What is written past the API is told to the cache by the database, a moment later.
    await expect.poll(() => warned()).toEqual(['S102 MAT101', 'S101 FİZ201']);
    await set(null);
  });
});

describe('a teacher’s week', () => {
  it('has the courses against the week before, and who is to be warned', async () => {
    const { tenantId } = server.seeded!;
    const week = { from: '2026-11-16', until: '2026-11-22' };
    const report = await server.context.db.read(tenantId, async (tx) => {
      const [teacher] = await tx.execute<{ id: string }>(sql`select id from teachers`);
      return weeklyTeacherReport(tx, { teacherId: teacher!.id, week, threshold: 3 });
    });
    expect(report.totals).toMatchObject({ sessions: 3, present: 9, late: 1, absent: 2 });
    expect(report.courses).toMatchObject([{ code: 'MAT101', sessions: 3, engagement: null }]);
    expect(report.trend).toBeCloseTo((10 / 12 - 5 / 11) * 100);
    expect(report.warnings).toMatchObject([{ studentNumber: 'S102', absences: 3 }]);
  });
});
