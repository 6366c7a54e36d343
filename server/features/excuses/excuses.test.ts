import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type Api,
  addTenant,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { attendanceEvents, files } from '../../db/schema/index.ts';
import type { AttendanceRecord } from '../attendance/schemas.ts';
import type { ClassSession } from '../sessions/schemas.ts';
import { sniff } from './documents.ts';
import type { Contest, Excuse } from './schemas.ts';

const HOUR = 3_600_000;
const PDF = Buffer.from('%PDF-1.7\nThe doctor says so.');
interface Failure {
  error: { code: string };
}

describe('excuses and objections', () => {
  let server: TestServer;
  let students: Api[];
  let ids: string[];
  let courseId: string;
  let tenantId: string;
  let guest: Api;

  const at = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
  const open = async (): Promise<ClassSession> => {
    const opened = await server.teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [] });
    expect(opened.status).toBe(201);
    return opened.body;
  };
  const close = (session: ClassSession) => server.teacher.post(`/sessions/${session.id}/close`);
  const recordOf = async (session: ClassSession, studentId: string): Promise<AttendanceRecord> => {
    const { body } = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${session.id}/attendance`,
    );
    return body.items.find((record) => record.studentId === studentId)!;
  };
  const handIn = (api: Api, more: object = {}) =>
    api.post<Excuse>('/excuses', { fromAt: at(-1), untilAt: at(24), note: 'Grip', courseId, ...more });
  const upload = (
    api: Api,
    id: string,
    content: Buffer,
    name = 'rapor.txt',
  ): Promise<Answer<Excuse & Failure>> => {
    const form = new FormData();
    form.append('document', new Blob([new Uint8Array(content)]), name);
    return api.call('PUT', `/excuses/${id}/document`, form);
  };

  beforeAll(async () => {
    server = await startTestServer({ students: 3 });
    ({ courseId, tenantId } = server.seeded!);
    ids = server.seeded!.students.map((student) => student.id);
    students = [];
    for (const [i, studentId] of ids.entries()) {
      const email = `student${i}@test.local`;
      const made = await server.admin.post('/users', {
        ...{ email, name: `Student ${i}`, role: 'student', password: PASSWORD, studentId },
      });
      expect(made.status).toBe(201);
      students.push(await server.as(email, PASSWORD));
    }
    await server.admin.post('/users', {
      ...{ email: 'guest@test.local', name: 'Guest', role: 'teacher', password: PASSWORD },
    });
    guest = await server.as('guest@test.local', PASSWORD);
  });
  afterAll(() => server?.close());

  it('excuses absences of the past and of sessions to come, and nobody who was there', async () => {
    const past = await open();
    await server.teacher.post('/attendance/manual', {
      ...{ sessionId: past.id, studentId: ids[1], status: 'late' },
    });
    await close(past);
    expect((await recordOf(past, ids[0]!)).status).toBe('absent');

    const own = await handIn(students[0]!);
    expect(own.body).toMatchObject({ status: 'open', student: { id: ids[0] }, document: null });
    const other = await handIn(server.teacher, { studentId: ids[1] });
    for (const { body } of [own, other]) {
      const decided = await server.teacher.post<Excuse>(`/excuses/${body.id}/decide`, {
        ...{ status: 'accepted', answer: 'Geçmiş olsun' },
      });
      expect(decided.body).toMatchObject({ status: 'accepted', answer: 'Geçmiş olsun' });
    }
    expect(await recordOf(past, ids[0]!)).toMatchObject({ status: 'excused', correctedBy: null });
    expect(await recordOf(past, ids[1]!)).toMatchObject({ status: 'late' });

    const next = await open();
    expect((await recordOf(next, ids[0]!)).status).toBe('excused');
    // Here after all.
    await server.teacher.post('/attendance/manual', {
      ...{ sessionId: next.id, studentId: ids[0], status: 'present' },
    });
    await close(next);
    expect((await recordOf(next, ids[0]!)).status).toBe('present');
    expect((await recordOf(next, ids[1]!)).status).toBe('excused');
    expect((await recordOf(next, ids[2]!)).status).toBe('absent');

    // A change of mind.
    await server.teacher.post(`/excuses/${other.body.id}/decide`, { status: 'refused' });
    expect((await recordOf(next, ids[1]!)).status).toBe('absent');
    expect((await recordOf(past, ids[1]!)).status).toBe('late');
    const rebuilt = await server.admin.post('/events/rebuild', { scope: { all: true } });
    expect(rebuilt.body).toMatchObject({ changed: 0, missing: 0 });
  });

  it('excuses who joins after the opening, when the session closes', async () => {
    const late = await server.admin.post<{ id: string }>('/students', { number: 'L1', name: 'Late' });
    const session = await open();
    const excuse = await handIn(server.admin, { studentId: late.body.id });
    await server.admin.post(`/excuses/${excuse.body.id}/decide`, { status: 'accepted' });
    await server.admin.post(`/courses/${courseId}/enrolments`, { studentIds: [late.body.id] });
    await close(session);
    expect((await recordOf(session, late.body.id)).status).toBe('excused');
  });

  it('lets students see and change their own only, and teachers decide about their courses', async () => {
    const [mine, theirs] = students as [Api, Api];
    const excuse = (await handIn(mine)).body;
    expect((await theirs.get(`/excuses/${excuse.id}`)).status).toBe(404);
    expect((await theirs.call('PATCH', `/excuses/${excuse.id}`, { note: 'x' })).status).toBe(404);
    expect((await theirs.call('DELETE', `/excuses/${excuse.id}`)).status).toBe(404);
    expect((await guest.post(`/excuses/${excuse.id}/decide`, { status: 'accepted' })).status).toBe(404);
    expect((await mine.post(`/excuses/${excuse.id}/decide`, { status: 'accepted' })).status).toBe(403);
    expect((await handIn(mine, { studentId: ids[1] })).status).toBe(404);
    expect((await handIn(guest, { studentId: ids[0], courseId: null })).status).toBe(404);
    expect((await handIn(mine, { fromAt: at(1), untilAt: at(0) })).status).toBe(422);
    const everywhere = (await handIn(mine, { courseId: null })).body;
    expect(
      (await server.teacher.post(`/excuses/${everywhere.id}/decide`, { status: 'accepted' })).status,
    ).toBe(403);
    expect((await server.admin.post(`/excuses/${everywhere.id}/decide`, { status: 'refused' })).status).toBe(
      200,
    );
    expect((await mine.call<Excuse>('PATCH', `/excuses/${excuse.id}`, { note: 'Migren' })).body.note).toBe(
      'Migren',
    );
    const seen = await mine.get<{ items: Excuse[] }>('/excuses?status=refused');
    expect(seen.body.items.map(({ id }) => id)).toEqual([everywhere.id]);
    expect((await mine.call('PATCH', `/excuses/${everywhere.id}`, { note: 'x' })).status).toBe(409);
    expect((await mine.call('DELETE', `/excuses/${everywhere.id}`)).status).toBe(409);
    expect((await mine.call('DELETE', `/excuses/${excuse.id}`)).status).toBe(204);
    const outsider = await addTenant(server, 'other');
    expect((await outsider.get(`/excuses/${everywhere.id}`)).status).toBe(404);
    expect((await handIn(outsider, { studentId: ids[0], courseId: null })).status).toBe(404);
  });

  it('leaves what a student says of all courses to those who may decide about all', async () => {
    const everywhere = (await handIn(students[0]!, { courseId: null })).body;
    expect((await upload(students[0]!, everywhere.id, PDF)).status).toBe(200);
    const path = `/excuses/${everywhere.id}`;
    for (const patch of [{ courseId }, { note: 'Never ill' }, { untilAt: at(1) }]) {
      expect((await server.teacher.call('PATCH', path, patch)).status).toBe(403);
    }
    expect((await upload(server.teacher, everywhere.id, PDF)).status).toBe(403);
    expect((await server.teacher.get(path)).body).toMatchObject({ course: null, note: 'Grip' });
    // What a teacher hands in for a student is theirs to mend, and so is what is about their course.
    const own = (await handIn(server.teacher, { studentId: ids[0], courseId: null })).body;
    const about = (await handIn(students[0]!)).body;
    for (const { id } of [own, about]) {
      expect((await server.teacher.call('PATCH', `/excuses/${id}`, { note: 'Grip!' })).status).toBe(200);
    }
    for (const { id } of [everywhere, own, about]) {
      expect((await server.admin.call('DELETE', `/excuses/${id}`)).status).toBe(204);
    }
  });

  it('keeps a document by its content, encrypted, and erases it with the excuse', async () => {
    const excuse = (await handIn(students[0]!)).body;
    const refused = await upload(students[0]!, excuse.id, Buffer.from('<script>alert(1)</script>'), 'x.pdf');
    expect(refused.body.error.code).toBe('document-type');
    expect((await upload(students[0]!, excuse.id, Buffer.alloc(6 * 1024 * 1024, 1))).status).toBe(413);
    expect((await upload(students[1]!, excuse.id, PDF)).status).toBe(404);
    const kept = await upload(students[0]!, excuse.id, PDF, '..\\..\\raporğ:?.exe');
    expect(kept.body.document).toEqual({ name: 'raporğ.pdf', type: 'application/pdf', bytes: PDF.length });
    for (const api of [students[0]!, server.teacher]) {
      const got = await api.get<Buffer>(`/excuses/${excuse.id}/document`);
      expect(got.body.equals(PDF)).toBe(true);
      expect(got.headers.get('content-disposition')).toContain('attachment');
    }
    for (const api of [students[1]!, guest]) {
      expect((await api.get(`/excuses/${excuse.id}/document`)).status).toBe(404);
    }
    const folder = join(server.config.dataDir, 'files');
    const paths = async () =>
      existsSync(folder)
        ? (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
        : [];
    const stored = await paths();
    expect(stored).toHaveLength(1);
    const bytes = await readFile(join(stored[0]!.parentPath, stored[0]!.name));
    expect(bytes.includes('doctor')).toBe(false);
    expect((await students[0]!.call('DELETE', `/excuses/${excuse.id}`)).status).toBe(204);
    const left = await server.context.db.tenant(tenantId, (tx) =>
      tx.select().from(files).where(eq(files.kind, 'excuse')),
    );
    expect(left).toEqual([]);
    await expect.poll(async () => (await paths()).length, { timeout: 20_000 }).toBe(0);
  });

  it('knows documents by their first bytes', () => {
    expect(sniff(Buffer.from([0xff, 0xd8, 0xff, 0xe0]))?.type).toBe('image/jpeg');
    expect(sniff(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))?.type).toBe('image/png');
    expect(sniff(Buffer.from('PK'))).toBeNull();
    expect(sniff(Buffer.alloc(0))).toBeNull();
  });

  it('lets a student contest a mark and staff correct it in the same step, once', async () => {
    const session = await open();
    await close(session);
    const record = await recordOf(session, ids[2]!);
    const contest = (api: Api) =>
      api.post<Contest & Failure>(`/attendance/${record.id}/contest`, { text: 'Arka sıradaydım.' });
    expect((await contest(students[1]!)).status).toBe(404);
    expect((await contest(server.teacher)).status).toBe(403);
    const both = await Promise.all([contest(students[2]!), contest(students[2]!)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const made = both.find(({ status }) => status === 201)!.body;
    expect(made).toMatchObject({ recordStatus: 'absent', recordVersion: record.version, status: 'open' });

    const decide = (api: Api, body: object) =>
      api.post<Contest & Failure>(`/contests/${made.id}/decide`, body);
    expect((await decide(guest, { status: 'refused' })).status).toBe(404);
    expect((await decide(students[2]!, { status: 'accepted' })).status).toBe(403);
    const stale = { status: 'present', version: record.version - 1 };
    expect((await decide(server.teacher, { status: 'accepted', correction: stale })).body.error.code).toBe(
      'version-conflict',
    );
    const right = { status: 'present', version: record.version };
    const body = { status: 'accepted', answer: 'Haklısın', correction: right };
    const answers = await Promise.all([decide(server.teacher, body), decide(server.teacher, body)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await recordOf(session, ids[2]!)).toMatchObject({ status: 'present', method: 'manual' });
    const own = await students[2]!.get<{ items: { contest: string; status: string }[] }>(
      `/students/${ids[2]}/attendance?limit=1`,
    );
    expect(own.body.items[0]).toMatchObject({ contest: 'accepted', status: 'present' });
    expect((await students[1]!.get(`/students/${ids[2]}/attendance`)).status).toBe(404);
    expect((await students[1]!.get<{ total: number }>('/contests')).body.total).toBe(0);
    expect((await students[2]!.get<{ total: number }>('/contests')).body.total).toBe(1);
    const ledger = await server.context.db.tenant(tenantId, (tx) =>
      tx
        .select({ type: attendanceEvents.type })
        .from(attendanceEvents)
        .where(and(eq(attendanceEvents.sessionId, session.id), eq(attendanceEvents.studentId, ids[2]!)))
        .orderBy(attendanceEvents.seq),
    );
    expect(ledger.map(({ type }) => type)).toEqual(['session-closed', 'contested', 'corrected']);
  });
});
