import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';
import { attendanceRecords, outbox } from '../../db/schema/index.ts';
import { refreshTallies } from '../reports/tallies.ts';
import type { ClassSession } from '../sessions/schemas.ts';
import type { ImportedMarks } from './import-schemas.ts';
import { appendEvents, type EventDraft } from './ledger.ts';
import type { LedgerEvent, RebuildResult, Transfer } from './ledger-schemas.ts';
import { markByQr } from './qr-marks.ts';
import type { AttendanceStats, CourseAttendance, StudentAttendance } from './read-schemas.ts';
import type { AttendanceRecord } from './schemas.ts';

const MINUTE = 60_000;
const STREAM = newId();
type Person = { id: string; number: string };
type Failure = { error: { code: string; details?: object } };

describe('attendance', () => {
  let server: TestServer;
  let courseId: string;
  let tenantId: string;
  let ids: string[];
  let session: ClassSession;
  let start: number;
  let outsider: Api;

  const write = (...drafts: EventDraft[]) =>
    server.context.db.tenant(tenantId, (tx) => appendEvents(tx, tenantId, drafts));
  const seen = (studentId: string, trackId: number, minute: number): EventDraft => ({
    id: newId(),
    sessionId: session.id,
    studentId,
    type: 'marked',
    method: 'face',
    confidence: 0.93,
    at: new Date(start + minute * MINUTE),
    streamId: STREAM,
    trackId,
  });
  const records = async (): Promise<AttendanceRecord[]> =>
    (await server.teacher.get<{ items: AttendanceRecord[] }>(`/sessions/${session.id}/attendance`)).body
      .items;
  const recordOf = async (studentId: string): Promise<AttendanceRecord> =>
    (await records()).find((record) => record.studentId === studentId)!;
  const rows = () =>
    server.context.db.tenant(tenantId, (tx) =>
      tx.select().from(attendanceRecords).orderBy(attendanceRecords.id),
    );
  const open = async (): Promise<ClassSession> => {
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      courseId,
      cameraIds: [],
      startsAt: new Date(start).toISOString(),
    });
    expect(opened.status).toBe(201);
    return opened.body;
  };

  beforeAll(async () => {
    server = await startTestServer({ students: 6 });
    ({ courseId, tenantId } = server.seeded!);
    ids = server.seeded!.students.map((student) => student.id);
    start = Date.now() - 20 * MINUTE;
    outsider = await addTenant(server, 'other');
    session = await open();
  });
  afterAll(() => server?.close());

  it('takes the same scan sent ten times at once for one mark by arrival', async () => {
    const [early, late] = ids as [string, string];
    const scan = (studentId: string, qrScanId: string, minute: number) =>
      server.context.db.tenant(tenantId, (tx) =>
        markByQr(tx, server.context, {
          tenantId,
          sessionId: session.id,
          studentId,
          at: new Date(start + minute * MINUTE),
          qrScanId,
        }),
      );
    const same = newId();
    const answers = await Promise.all(Array.from({ length: 10 }, () => scan(early, same, 2)));
    expect(answers.filter(({ changes }) => changes.length > 0)).toHaveLength(1);
    await scan(late, newId(), 19);
    expect(await recordOf(early)).toMatchObject({
      status: 'present',
      method: 'qr',
      version: 2,
      confidence: null,
    });
    expect(await recordOf(late)).toMatchObject({ status: 'late', method: 'qr' });
    await expect(scan(newId(), newId(), 3)).rejects.toMatchObject({ code: 'student-not-enrolled' });
  });

  it('announces decisions in their own transaction, and nothing where nothing was decided', async () => {
    // Within the transaction, before the relay can carry it out.
    const told = (...drafts: EventDraft[]) =>
      server.context.db.tenant(tenantId, async (tx) => {
        await appendEvents(tx, tenantId, drafts);
        const rows = await tx.select().from(outbox).where(eq(outbox.type, 'attendance.changed'));
        return rows.map(({ payload }) => payload).filter(({ studentId }) => studentId === ids[2]);
      });
    const first = await told(seen(ids[2]!, 1, 1), seen(ids[2]!, 2, 3));
    expect(first).toMatchObject([
      { status: 'present', previousStatus: 'pending', method: 'face', corrected: false, courseId },
    ]);
    await expect.poll(() => told()).toEqual([]);
    expect(await told(seen(ids[2]!, 3, 4))).toEqual([]);
    const refused = server.context.db.tenant(tenantId, async (tx) => {
      await appendEvents(tx, tenantId, [seen(ids[3]!, 9, 1)]);
      throw new Error('rolled back');
    });
    await expect(refused).rejects.toThrow('rolled back');
    expect((await recordOf(ids[3]!)).status).toBe('pending');
  });

  it('lets one of two teachers who correct one mark win, and shows the other what stands', async () => {
    const record = await recordOf(ids[3]!);
    const correct = (status: string) =>
      server.teacher.call<
        AttendanceRecord & { error: { code: string; details: { record: AttendanceRecord } } }
      >('PUT', `/attendance/${record.id}`, { status }, { 'if-match': `"${record.version}"` });
    const answers = await Promise.all([correct('present'), correct('late')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const won = answers.find(({ status }) => status === 200)!.body;
    const lost = answers.find(({ status }) => status === 409)!.body;
    expect(lost.error.code).toBe('version-conflict');
    expect(lost.error.details.record).toMatchObject({ status: won.status, version: won.version });
    expect((await server.teacher.call('PUT', `/attendance/${record.id}`, { status: 'late' })).status).toBe(
      428,
    );
  });

  it('has a tag that is another one when more was seen, and that a correction can be made against', async () => {
    const record = await recordOf(ids[3]!);
    const read = (tag?: string) =>
      server.teacher.call('GET', `/attendance/${record.id}`, undefined, tag ? { 'if-none-match': tag } : {});
    const before = (await read()).headers.get('etag')!;
    expect((await read(before)).status).toBe(304);
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`update attendance_records set seconds_seen = seconds_seen + 7 where id = ${record.id}`),
    );
    const seenMore = await read(before);
    expect(seenMore.status).toBe(200);
    expect(seenMore.body).toMatchObject({ version: record.version, secondsSeen: record.secondsSeen + 7 });
    const correct = (tag: string) =>
      server.teacher.call(
        'PUT',
        `/attendance/${record.id}`,
        { status: 'late', note: 'Tag' },
        { 'if-match': tag },
      );
    const [first, second] = [await correct(`W/${before}`), await correct(before)];
    expect([first.status, second.status]).toEqual([200, 409]);
    expect((await read(first.headers.get('etag')!)).status).toBe(304);
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`update attendance_records set seconds_seen = seconds_seen - 7 where id = ${record.id}`),
    );
  });

  it('takes a first mark by hand back to pending', async () => {
    const marked = await server.teacher.post<AttendanceRecord>('/attendance/manual', {
      sessionId: session.id,
      studentId: ids[4],
      status: 'present',
    });
    expect(marked.body).toMatchObject({ status: 'present', method: 'manual' });
    const { id, version } = marked.body;
    const undone = await server.teacher.call<AttendanceRecord>('PUT', `/attendance/${id}`, {
      status: 'pending',
      version,
    });
    expect(undone.body).toMatchObject({
      status: 'pending',
      method: null,
      correctedBy: null,
      version: version + 1,
    });
  });

  it('moves the faces of a record to another student and back', async () => {
    const [from, into] = [ids[2]!, ids[5]!];
    const merged = await server.teacher.post<Transfer>('/attendance/merge', {
      sessionId: session.id,
      fromStudentId: from,
      intoStudentId: into,
    });
    expect(merged.status).toBe(200);
    expect(merged.body).toMatchObject({
      tracks: 3,
      from: { studentId: from, status: 'pending' },
      to: { studentId: into, status: 'present', method: 'face', correctedBy: expect.any(String) },
    });
    // What the machine still says of such a track counts for nobody.
    await write(seen(from, 1, 5));
    expect((await recordOf(from)).status).toBe('pending');
    const undone = await server.teacher.post<Transfer>(
      `/attendance/transfers/${merged.body.transferId}/undo`,
    );
    expect(undone.body).toMatchObject({ from: { status: 'present' }, to: { status: 'pending' } });
    expect(
      (await server.teacher.post(`/attendance/transfers/${merged.body.transferId}/undo`)).body,
    ).toMatchObject({ error: { code: 'transfer-undone' } });

    const record = await recordOf(from);
    const split = (tracks: object[], toStudentId: string | null) =>
      server.teacher.post<Transfer>('/attendance/split', { recordId: record.id, tracks, toStudentId });
    expect((await split([{ streamId: STREAM, trackId: 77 }], null)).status).toBe(404);
    const parted = await split([{ streamId: STREAM, trackId: 1 }], null);
    expect(parted.body).toMatchObject({ tracks: 1, from: { status: 'present' }, to: null });
    expect(new Date(parted.body.from.firstSeenAt!).getTime()).toBe(start + 3 * MINUTE);
    expect((await split([{ streamId: STREAM, trackId: 2 }], from)).body).toMatchObject({
      error: { code: 'same-student' },
    });
  });

  it('says why a record is what it is', async () => {
    const record = await recordOf(ids[2]!);
    const { body } = await server.teacher.get<{ items: LedgerEvent[] }>(`/attendance/${record.id}/events`);
    expect(body.items.map((event) => event.type)).toEqual([
      ...['marked', 'marked', 'marked', 'split', 'marked', 'transfer-undone', 'split'],
    ]);
    expect(body.items[3]).toMatchObject({ actorName: 'Ayşe Öğretmen', data: { to: ids[5] } });
    const first = await server.teacher.get<{ items: LedgerEvent[]; next: number }>(
      `/events?sessionId=${session.id}&limit=3`,
    );
    expect(first.body.items[0]!.type).toBe('session-opened');
    const rest = await server.teacher.get<{ items: LedgerEvent[] }>(
      `/events?sessionId=${session.id}&limit=1000&after=${first.body.next}`,
    );
    expect(rest.body.items[0]!.seq).toBeGreaterThan(first.body.items[2]!.seq);
    const scans = await server.teacher.get<{ items: LedgerEvent[] }>('/events?type=qr-scanned');
    expect(scans.body.items).toHaveLength(2);
  });

  it('pages and filters the records of a session in their order', async () => {
    const page = await server.teacher.get<{ total: number; items: AttendanceRecord[] }>(
      `/sessions/${session.id}/attendance?sort=-number&skip=1&limit=2`,
    );
    expect(page.body.total).toBe(6);
    expect(page.body.items.map((record) => record.studentNumber)).toEqual(['S105', 'S104']);
    const late = await server.teacher.get<{ total: number }>(
      `/sessions/${session.id}/attendance?status=late`,
    );
    expect(late.body.total).toBe((await records()).filter(({ status }) => status === 'late').length);
    const found = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${session.id}/attendance?search=ogrenci%203`,
    );
    expect(found.body.items.map((record) => record.studentId)).toEqual([ids[2]]);
  });

  it('closes, keeps what comes late, and rebuilds to the same rows', async () => {
    const closed = await server.teacher.post<ClassSession>(`/sessions/${session.id}/close`);
    expect(closed.body.counts).toMatchObject({ pending: 0 });
    expect((await recordOf(ids[4]!)).status).toBe('absent');
    // A decision that was on its way when the session closed.
    await write(seen(ids[4]!, 40, 2));
    expect((await recordOf(ids[4]!)).status).toBe('present');

    const before = await rows();
    const rebuild = (body: object) => server.admin.post<RebuildResult>('/events/rebuild', body);
    const dry = await rebuild({ scope: { sessionId: session.id } });
    expect(dry.body).toMatchObject({ dryRun: true, sessions: 1, records: 6, changed: 0, differences: [] });

    await server.context.db.tenant(tenantId, async (tx) => {
      await tx.execute(sql`
        update attendance_records set status = 'absent', version = 1, note = 'forged', confidence = 0.1,
          first_seen_at = null, seconds_seen = 12, corrected_by = null, corrected_at = null
        where session_id = ${session.id}`);
      await tx.execute(sql`
        delete from attendance_records where session_id = ${session.id} and student_id = ${ids[5]}`);
    });
    const said = await rebuild({ scope: { courseId }, dryRun: true });
    expect(said.body).toMatchObject({ changed: 5, missing: 1 });
    expect((await rows()).every(({ note }) => note === 'forged')).toBe(true);
    const done = await rebuild({ scope: { all: true }, dryRun: false, sessions: 1 });
    expect(done.body).toMatchObject({ dryRun: false, changed: 6, missing: 1 });
    const comparable = (list: Awaited<ReturnType<typeof rows>>) =>
      list
        .map(({ id: _id, updatedAt: _updatedAt, createdAt: _createdAt, ...row }) => row)
        .sort((a, b) => (a.studentId < b.studentId ? -1 : 1));
    expect(comparable(await rows())).toEqual(comparable(before));
    expect((await server.teacher.post('/events/rebuild', { scope: { all: true } })).status).toBe(403);
  });

  it('shows the register, a student’s marks and the numbers', async () => {
    const register = await server.teacher.get<CourseAttendance>(
      `/attendance/course/${courseId}?limit=2&skip=1`,
    );
    expect(register.body).toMatchObject({ total: 6, sessionsTotal: 1 });
    expect(register.body.items.map(({ student }) => student.number)).toEqual(['S102', 'S103']);
    const marks = [{ sessionId: session.id, recordId: expect.any(String), status: 'late', method: 'qr' }];
    expect(register.body.items[0]).toEqual({
      student: { id: ids[1], name: expect.any(String), number: 'S102' },
      ...{ enrolled: true, rate: 1, marks },
      counts: { present: 0, late: 1, excused: 0, absent: 0, pending: 0 },
    });
    const own = await server.teacher.get<StudentAttendance>(`/attendance/student/${ids[1]}`);
    expect(own.body).toMatchObject({
      total: 1,
      courses: [{ course: { id: courseId }, counts: { late: 1 }, rate: 1 }],
      items: [{ status: 'late', method: 'qr', contest: null }],
    });
    const { day } = session;
    const stats = await server.teacher.get<AttendanceStats>(`/attendance/stats?from=${day}&to=${day}`);
    const list = await records();
    expect(stats.body.period).toMatchObject({
      sessions: 1,
      records: 6,
      statuses: { absent: list.filter(({ status }) => status === 'absent').length, pending: 0 },
      methods: { qr: 2 },
    });
    expect(stats.body).toMatchObject({ before: { records: 0, rate: null }, change: null });
    expect((await server.teacher.get('/attendance/stats?from=2026-01-01&to=2025-01-01')).status).toBe(422);
  });

  it('shows the counts of a session right at every moment: before it is counted anew and afterwards', async () => {
    const shown = async () => {
      const { body } = await server.teacher.get<CourseAttendance>(`/attendance/course/${courseId}`);
      return body.sessions.map(({ counts }) => counts);
    };
    const expected = async () => {
      const list = await rows();
      const n = (status: string) => list.filter((row) => row.status === status).length;
      return [
        Object.fromEntries(
          ['present', 'late', 'excused', 'absent', 'pending'].map((status) => [status, n(status)]),
        ),
      ];
    };
    const count = () => server.context.db.tenant(tenantId, (tx) => refreshTallies(tx, tenantId));
    const change = (status: string) =>
      server.context.db.tenant(tenantId, (tx) =>
        tx.execute(sql`
          update attendance_records set status = ${status}
          where session_id = ${session.id} and student_id = ${ids[4]}`),
      );
    const [before] = (await rows()).filter(({ studentId }) => studentId === ids[4]);
    for (const status of ['excused', 'late', before!.status]) {
      await change(status);
      await server.context.cache.invalidate('*');
      expect(await shown()).toEqual(await expected());
      await count();
      await server.context.cache.invalidate('*');
      expect(await shown()).toEqual(await expected());
    }
  });

  it('is closed to other institutions and to teachers of other courses, everywhere', async () => {
    const record = (await records())[0]!;
    await server.admin.post('/users', {
      email: 'guest@test.local',
      name: 'Guest',
      role: 'teacher',
      password: 'correct horse battery',
    });
    const guest = await server.as('guest@test.local', 'correct horse battery');
    const later = await open();
    const attempts: [string, string, unknown?][] = [
      ['GET', `/sessions/${session.id}`],
      ['GET', `/sessions/${session.id}/attendance`],
      ['GET', `/sessions/${session.id}/live`],
      ['GET', `/sessions/${session.id}/reviews`],
      ['PATCH', `/sessions/${later.id}`, { endsAt: null }],
      ['POST', `/sessions/${later.id}/close`],
      ['GET', `/attendance/${record.id}`],
      ['GET', `/attendance/${record.id}/events`],
      ['PUT', `/attendance/${record.id}`, { status: 'absent', version: record.version }],
      ['POST', '/attendance/manual', { sessionId: session.id, studentId: ids[0], status: 'present' }],
      ['POST', '/attendance/merge', { sessionId: session.id, fromStudentId: ids[2], intoStudentId: ids[5] }],
      [
        'POST',
        '/attendance/split',
        { recordId: record.id, tracks: [{ streamId: STREAM, trackId: 2 }], toStudentId: null },
      ],
      ['GET', `/attendance/course/${courseId}`],
      ['GET', `/attendance/student/${ids[0]}`],
      ['GET', `/students/${ids[0]}/attendance`],
    ];
    for (const caller of [outsider, guest]) {
      for (const [method, path, body] of attempts) {
        expect([method, path, (await caller.call(method, path, body)).status]).toEqual([method, path, 404]);
      }
      for (const path of ['/sessions', '/attendance/review']) {
        expect((await caller.get<{ total: number }>(path)).body.total).toBe(0);
      }
      expect((await caller.get<{ items: unknown[] }>('/events')).body.items).toEqual([]);
    }
    // Ids of one institution in the bodies of another's own things.
    const theirs = await outsider.post<{ id: string }>('/courses', { code: 'X', name: 'X' });
    const opened = await outsider.post<ClassSession>('/sessions', {
      courseId: theirs.body.id,
      cameraIds: [],
    });
    const foreign = { sessionId: opened.body.id, studentId: ids[0], status: 'present' };
    expect((await outsider.post('/attendance/manual', foreign)).status).toBe(422);
    expect((await outsider.post('/sessions', { courseId, cameraIds: [] })).status).toBe(404);
    expect((await outsider.post('/events/rebuild', { scope: { sessionId: session.id } })).status).toBe(404);
    await server.teacher.post(`/sessions/${later.id}/close`);
  });

  it('moves the start while nobody is marked and the end while it is open', async () => {
    const moved = await open();
    const patch = (body: object) => server.teacher.call<ClassSession>('PATCH', `/sessions/${moved.id}`, body);
    const startsAt = new Date(Date.now() + 30 * MINUTE).toISOString();
    const endsAt = new Date(Date.now() + 60 * MINUTE).toISOString();
    expect((await patch({ startsAt, endsAt })).body).toMatchObject({ startsAt, endsAt });
    expect((await patch({ endsAt: new Date(0).toISOString() })).status).toBe(422);
    await server.teacher.post('/attendance/manual', {
      sessionId: moved.id,
      studentId: ids[0],
      status: 'present',
    });
    expect((await patch({ startsAt: new Date(start).toISOString() })).body).toMatchObject({
      error: { code: 'session-decided' },
    });
    expect((await patch({ endsAt: null })).body).toMatchObject({ endsAt: null });
    await server.teacher.post(`/sessions/${moved.id}/close`);
    expect((await patch({ endsAt })).status).toBe(409);
  });

  it('takes over what another system says: more than a camera, less than a person', async () => {
    const other = await server.admin.post<{ id: string }>('/courses', {
      ...{ code: 'IMPORT', name: 'Import', teacherIds: [server.seeded!.teacherId] },
    });
    const people = server.seeded!.students.slice(0, 4);
    const studentIds = people.map(({ id }) => id);
    await server.admin.post(`/courses/${other.body.id}/enrolments`, { studentIds });
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      ...{ courseId: other.body.id, cameraIds: [] },
    });
    const sessionId = opened.body.id;
    const [seenOne, corrected, third, fourth] = people as unknown as [Person, Person, Person, Person];
    const at = new Date();
    const face = { ...seen(seenOne.id, 1, 0), sessionId, at };
    await write(face);
    const word = { sessionId, studentId: corrected.id, status: 'late' };
    await server.teacher.post('/attendance/manual', word);
    const send = (marks: object[], more: object = {}, api: Api = server.teacher) =>
      api.post<ImportedMarks & Failure>('/attendance/import', { sessionId, source: 'gate', marks, ...more });
    const marks = [
      { number: seenOne.number, status: 'absent', note: 'Left at once' },
      { studentId: corrected.id, status: 'absent' },
      { number: ` ${third.number} `, status: 'present' },
    ];

    const tried = await send([...marks, { number: 'NOBODY', status: 'present' }], { dryRun: true });
    expect(tried.body).toMatchObject({ dryRun: true, written: 3, unchanged: 0 });
    expect(tried.body.problems).toEqual([{ mark: 3, code: 'student-unknown' }]);
    for (const [wrong, code] of [
      [{ number: 'NOBODY', status: 'present' }, 'student-unknown'],
      [{ studentId: ids[5], status: 'present' }, 'student-unknown'],
      [{ studentId: third.id, status: 'late' }, 'student-twice'],
      [{ status: 'present' }, 'student-unnamed'],
      [{ studentId: fourth.id, number: fourth.number, status: 'present' }, 'student-unnamed'],
    ] as const) {
      const refused = await send([...marks, wrong]);
      expect([refused.status, refused.body.error]).toMatchObject([
        422,
        { code: 'marks-invalid', details: { problems: [{ mark: 3, code }] } },
      ]);
    }
    // Nothing of it was written.
    const ledger = () =>
      server.teacher.get<{ items: LedgerEvent[] }>(`/events?sessionId=${sessionId}&type=imported`);
    expect((await ledger()).body.items).toEqual([]);

    const answers = await Promise.all([send(marks), send(marks), send(marks)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ body }) => body.written).sort()).toEqual([0, 0, 3]);
    const stands = new Map((await send(marks)).body.records.map((record) => [record.studentId, record]));
    expect(stands.get(seenOne.id)).toMatchObject({
      status: 'absent',
      method: 'import',
      note: 'Left at once',
    });
    expect(stands.get(corrected.id)).toMatchObject({ status: 'late', method: 'manual' });
    expect(stands.get(third.id)).toMatchObject({ status: 'present', method: 'import', correctedBy: null });
    expect((await ledger()).body.items.map(({ data }) => data.source)).toEqual(['gate', 'gate', 'gate']);

    // Taken back, the camera counts again. Also once the session is closed.
    await server.teacher.post(`/sessions/${sessionId}/close`);
    const back = await send([
      { studentId: seenOne.id, status: 'pending' },
      { studentId: fourth.id, status: 'present' },
    ]);
    expect(back.body.records.map(({ status, method }) => [status, method])).toEqual([
      ['present', 'face'],
      ['present', 'import'],
    ]);
    const rebuilt = await server.admin.post<RebuildResult>('/events/rebuild', { scope: { sessionId } });
    expect(rebuilt.body).toMatchObject({ changed: 0, missing: 0 });
    expect((await send(marks, {}, outsider)).status).toBe(404);
  });
});
