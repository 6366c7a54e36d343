import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN_EMAIL,
  type Api,
  PASSWORD,
  startTestServer,
  TEACHER_EMAIL,
  type TestServer,
} from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';
import { attendanceRecords, reviewItems } from '../../db/schema/index.ts';
import type { QrCode, QrSession } from '../qr/schemas.ts';
import type { ClassSession } from '../sessions/schemas.ts';
import { appendEvents, lockRecords } from './ledger.ts';
import type { LedgerEvent, RebuildResult, Transfer } from './ledger-schemas.ts';
import type { AttendanceRecord } from './schemas.ts';

const MINUTE = 60_000;

/** Through the API alone, with a clock that is changed, set back, and of a server that was down. */
describe('attendance on bad days', () => {
  let server: TestServer;
  let now = Date.parse('2026-10-24T21:30:00Z');
  let courseId: string;
  let ids: string[];
  let admin: Api;
  let teacher: Api;
  let pupils: Api[];

  /** Access tokens are too short-lived to be carried through the year. */
  const goTo = async (time: string) => {
    now = Date.parse(time);
    [admin, teacher, ...pupils] = (await Promise.all([
      server.as(ADMIN_EMAIL, PASSWORD),
      server.as(TEACHER_EMAIL, PASSWORD),
      ...ids.map((_, i) => server.as(`pupil${i}@test.local`, PASSWORD)),
    ])) as [Api, Api, ...Api[]];
  };
  const tick = () => server.context.live.scheduler.tick();
  const meet = (...meetings: object[]) => admin.call('PUT', `/courses/${courseId}/meetings`, { meetings });
  const course = async (lateAfterMinutes: number, opens: 'schedule' | 'manual' = 'manual') => {
    const given = { opens, rules: { lateAfterMinutes } };
    expect((await admin.call('PATCH', `/courses/${courseId}`, given)).status).toBe(200);
  };
  const openOne = async (): Promise<ClassSession> =>
    (await teacher.get<{ items: ClassSession[] }>('/sessions?status=open')).body.items[0]!;
  const open = async (): Promise<ClassSession> => {
    const opened = await teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [] });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    return opened.body;
  };
  const close = (id: string) => teacher.post<ClassSession>(`/sessions/${id}/close`);
  const codes = async (sessionId: string) => {
    const opened = await teacher.post<QrSession>('/qr/sessions', { sessionId, minutes: 240 });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    return async (i: number) => {
      const { body } = await teacher.get<QrCode>(`/qr/sessions/${opened.body.id}/code`);
      const answer = await pupils[i]!.post<AttendanceRecord>('/qr/scan', {
        code: body.code,
        deviceId: `device-of-pupil-${i}`,
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    };
  };
  const records = async (sessionId: string): Promise<Map<string, AttendanceRecord>> => {
    const { body } = await teacher.get<{ items: AttendanceRecord[] }>(`/sessions/${sessionId}/attendance`);
    return new Map(body.items.map((record) => [record.studentId, record]));
  };
  /** What the ledger says is what stands in the records. */
  const expectRebuilt = async (sessionId: string) => {
    const answer = await admin.post<RebuildResult>('/events/rebuild', { scope: { sessionId } });
    expect(answer.body).toMatchObject({ dryRun: true, missing: 0, changed: 0 });
  };

  /** How many transactions wait for a lock. */
  const waiting = async (): Promise<number> => {
    const [row] = await server.context.db.system((tx) =>
      tx.execute<{ n: number }>(sql`select count(distinct pid)::int as n from pg_locks where not granted`),
    );
    return row!.n;
  };

  beforeAll(async () => {
    server = await startTestServer({
      students: 4,
      overrides: { clock: { now: () => now } },
      env: { TIMEZONE: 'Europe/Berlin', ACCESS_TOKEN_SECONDS: '86400' },
    });
    courseId = server.seeded!.courseId;
    ids = server.seeded!.students.map(({ id }) => id);
    for (const [i, studentId] of ids.entries()) {
      const account = { email: `pupil${i}@test.local`, name: `Pupil ${i}`, role: 'student', studentId };
      const made = await server.admin.post('/users', { ...account, password: PASSWORD });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
    }
    await goTo('2026-10-24T21:30:00Z');
  }, 120_000);
  afterAll(() => server?.close());

  it('goes by the time that passed when the clocks change in mid-class', async () => {
    await course(60, 'schedule');
    expect((await meet({ weekday: 7, startsAt: '01:30', endsAt: '03:30' })).status).toBe(200);
    // A day of 25 hours: 02:00 to 03:00 comes twice, the class is three hours long.
    now = Date.parse('2026-10-24T23:30:05Z');
    await tick();
    const long = await openOne();
    expect(long).toMatchObject({ day: '2026-10-25', endsAt: '2026-10-25T02:30:00.000Z' });
    const scan = await codes(long.id);
    now = Date.parse('2026-10-25T00:29:00Z');
    expect(await scan(0)).toMatchObject({ status: 'present' });
    // Five past two, thirty-five minutes after the start by the wall clock, ninety-five by the time that passed.
    now = Date.parse('2026-10-25T01:05:00Z');
    expect(await scan(1)).toMatchObject({ status: 'late' });
    now = Date.parse('2026-10-25T02:30:01Z');
    await expect.poll(async () => (await openOne()) === undefined, { timeout: 10_000 }).toBe(true);
    expect([...(await records(long.id)).values()].map(({ status }) => status).sort()).toEqual([
      'absent',
      'absent',
      'late',
      'present',
    ]);
    await expectRebuilt(long.id);

    // A day of 23 hours: 02:00 to 03:00 never comes, the class is one hour long.
    await goTo('2027-03-28T00:29:00Z');
    now = Date.parse('2027-03-28T00:30:05Z');
    await tick();
    const short = await openOne();
    expect(short).toMatchObject({ day: '2027-03-28', endsAt: '2027-03-28T01:30:00.000Z' });
    const again = await codes(short.id);
    // Twenty past three by the wall clock.
    now = Date.parse('2027-03-28T01:20:00Z');
    expect(await again(0)).toMatchObject({ status: 'present' });
    now = Date.parse('2027-03-28T01:30:01Z');
    await expect.poll(async () => (await openOne()) === undefined, { timeout: 10_000 }).toBe(true);
    await expectRebuilt(short.id);
  });

  it('calls nobody late because the server was down when the class began', async () => {
    await course(10, 'schedule');
    await goTo('2027-04-04T00:00:00Z');
    now = Date.parse('2027-04-03T23:55:00Z');
    await tick();
    const session = await openOne();
    expect(session).toMatchObject({ startsAt: '2027-04-03T23:30:00.000Z', openedHow: 'schedule' });
    const scan = await codes(session.id);
    now += MINUTE;
    expect(await scan(0)).toMatchObject({ status: 'present' });
    now += 10 * MINUTE;
    expect(await scan(1)).toMatchObject({ status: 'late' });
    await close(session.id);
    await expectRebuilt(session.id);
  });

  it('keeps its order and every decision when the clock is set back', async () => {
    await course(10);
    await goTo('2027-04-05T08:00:00Z');
    const session = await open();
    const scan = await codes(session.id);
    now += 5 * MINUTE;
    const first = await scan(0);
    now -= 120 * MINUTE;
    expect(await scan(1)).toMatchObject({ status: 'present' });
    const word = { status: 'absent', note: 'not in the room', version: first.version };
    expect((await teacher.call('PUT', `/attendance/${first.id}`, word)).status).toBe(200);
    const closed = await close(session.id);
    expect(closed.body).toMatchObject({ status: 'closed', counts: { present: 1, absent: 3, pending: 0 } });
    const { body } = await teacher.get<{ items: LedgerEvent[] }>(`/attendance/${first.id}/events`);
    expect(body.items.map(({ type }) => type)).toEqual(['qr-scanned', 'corrected', 'session-closed']);
    await expectRebuilt(session.id);
    // Closed is closed, by whatever clock.
    now = Date.parse('2027-04-05T08:00:00Z');
    expect((await close(session.id)).body.closedAt).toBe(closed.body.closedAt);
    const again = await open();
    expect((await close(again.id)).status).toBe(200);
  });

  it('holds to the rules that were the course’s at the opening', async () => {
    await goTo('2027-04-06T08:00:00Z');
    await course(10);
    const session = await open();
    await course(60);
    const scan = await codes(session.id);
    now += 15 * MINUTE;
    expect(await scan(0)).toMatchObject({ status: 'late' });
    await close(session.id);
    await expectRebuilt(session.id);
  });

  it('has no mark for somebody who left the course before being seen', async () => {
    await goTo('2027-04-07T08:00:00Z');
    const session = await open();
    const scan = await codes(session.id);
    await scan(0);
    const [seen, unseen] = [ids[0]!, ids[1]!];
    for (const studentId of [seen, unseen]) {
      const left = await admin.call('DELETE', `/courses/${courseId}/enrolments/${studentId}`);
      expect(left.status, JSON.stringify(left.body)).toBeLessThan(300);
    }
    const closed = await close(session.id);
    expect(closed.body.counts).toMatchObject({ present: 1, absent: 2, pending: 0 });
    const kept = await records(session.id);
    expect(kept.get(seen)).toMatchObject({ status: 'present', method: 'qr' });
    expect(kept.has(unseen)).toBe(false);
    await expectRebuilt(session.id);
    const back = await admin.post(`/courses/${courseId}/enrolments`, { studentIds: [seen, unseen] });
    expect(back.status).toBe(200);
  });

  it('takes no code and no mark of a student who has been archived', async () => {
    await goTo('2027-04-08T08:00:00Z');
    const [, , gone] = ids as [string, string, string];
    const archive = (how: string) => admin.post(`/students/${gone}/${how}`);
    expect((await archive('archive')).status).toBe(200);
    const session = await open();
    const window = await teacher.post<QrSession>('/qr/sessions', { sessionId: session.id, minutes: 60 });
    const { body } = await teacher.get<QrCode>(`/qr/sessions/${window.body.id}/code`);
    const scan = { code: body.code, deviceId: 'device-of-pupil-2' };
    const refused = await pupils[2]!.post<{ error: { code: string } }>('/qr/scan', scan);
    expect([refused.status, refused.body.error?.code]).toEqual([403, 'qr-not-enrolled']);
    const mark = { sessionId: session.id, studentId: gone, status: 'present' };
    expect((await teacher.post('/attendance/manual', mark)).status).toBe(422);
    expect((await archive('unarchive')).status).toBe(200);
    expect((await pupils[2]!.post('/qr/scan', scan)).status).toBe(200);
    await close(session.id);
    expect((await records(session.id)).size).toBe(4);
    await expectRebuilt(session.id);
  });

  it('lets a mark and the closing that meets it both through', async () => {
    await goTo('2027-04-09T08:00:00Z');
    const session = await open();
    const { tenantId } = server.seeded!;
    const { context } = server;
    let closed: ReturnType<typeof close> | undefined;
    const changes = await context.db.tenant(tenantId, async (tx) => {
      // The mark has its record; the closing has the session and waits for the record.
      await lockRecords(tx, session.id);
      closed = close(session.id);
      await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(0);
      const mark = { id: newId(), sessionId: session.id, studentId: ids[0]! };
      const at = new Date(now);
      return appendEvents(tx, tenantId, [{ ...mark, type: 'qr-scanned', method: 'qr', at, data: {} }]);
    });
    expect(changes).toHaveLength(1);
    expect((await closed!).body).toMatchObject({ status: 'closed', counts: { present: 1, absent: 3 } });
    await expectRebuilt(session.id);
  });

  it('lets a person’s answer and the closing that meets it both through', async () => {
    await goTo('2027-04-09T12:00:00Z');
    const session = await open();
    const { tenantId } = server.seeded!;
    const { context } = server;
    const reviewId = newId();
    let closed: ReturnType<typeof close> | undefined;
    let confirmed: ReturnType<typeof teacher.post> | undefined;
    await context.db.tenant(tenantId, (tx) =>
      tx.insert(reviewItems).values({
        ...{ id: reviewId, tenantId, sessionId: session.id, studentId: ids[0]!, streamId: newId() },
        ...{ trackId: 1, confidence: 0.6, score: 0.5, margin: 0.1, status: 'open' },
        ...{ firstSeenAt: new Date(now), askedAt: new Date(now) },
      }),
    );
    await context.db.tenant(tenantId, async (tx) => {
      await lockRecords(tx, session.id);
      closed = close(session.id);
      await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(0);
      confirmed = teacher.post(`/reviews/${reviewId}/confirm`);
      await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(1);
    });
    expect((await closed!).body).toMatchObject({ status: 'closed', counts: { absent: 4 } });
    expect(await confirmed!).toMatchObject({ status: 409, body: { error: { code: 'review-settled' } } });
    await expectRebuilt(session.id);
  });

  it('erases a student while their mark is being written', async () => {
    await goTo('2027-04-09T14:00:00Z');
    const made = await admin.post<{ id: string }>('/students', { number: 'GONE', name: 'Gone Girl' });
    const gone = made.body.id;
    await admin.post(`/courses/${courseId}/enrolments`, { studentIds: [gone] });
    const session = await open();
    const { tenantId } = server.seeded!;
    const { context } = server;
    let erased: ReturnType<typeof admin.call> | undefined;
    await context.db.tenant(tenantId, async (tx) => {
      // The mark has its record and will need the student; the erasure has the student and needs the record.
      await lockRecords(tx, session.id);
      erased = admin.call('DELETE', `/students/${gone}`);
      await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(0);
      const mark = { id: newId(), sessionId: session.id, studentId: gone };
      const at = new Date(now);
      await appendEvents(tx, tenantId, [{ ...mark, type: 'qr-scanned', method: 'qr', at, data: {} }]);
    });
    expect((await erased!).status).toBe(204);
    const left = await context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`select 1 from attendance_events where student_id = ${gone}`),
    );
    expect(left).toHaveLength(0);
    await close(session.id);
    await expectRebuilt(session.id);
  });

  it('undoes a merge into a student who has been erased since, and names none to another student', async () => {
    await goTo('2027-04-10T08:00:00Z');
    const made = await admin.post<{ id: string }>('/students', { number: 'TWIN', name: 'Twin' });
    const twin = made.body.id;
    await admin.post(`/courses/${courseId}/enrolments`, { studentIds: [twin] });
    const session = await open();
    const { tenantId } = server.seeded!;
    await server.context.db.tenant(tenantId, (tx) =>
      appendEvents(tx, tenantId, [
        {
          ...{
            id: newId(),
            sessionId: session.id,
            studentId: ids[0]!,
            type: 'marked',
            method: 'face' as const,
          },
          ...{ confidence: 0.9, at: new Date(now), streamId: newId(), trackId: 1, data: {} },
        },
      ]),
    );
    const merge = { sessionId: session.id, fromStudentId: ids[0], intoStudentId: twin };
    const merged = await teacher.post<Transfer>('/attendance/merge', merge);
    expect(merged.body).toMatchObject({ from: { status: 'pending' }, to: { status: 'present' } });
    const path = `/attendance/${merged.body.from.id}/events`;
    expect(JSON.stringify((await teacher.get(path)).body)).toContain(twin);
    const own = await pupils[0]!.get<{ items: LedgerEvent[] }>(path);
    expect(own.body.items.map(({ type }) => type)).toEqual(['marked', 'split']);
    expect(JSON.stringify(own.body)).not.toContain(twin);

    expect((await admin.call('DELETE', `/students/${twin}`)).status).toBe(204);
    const undone = await teacher.post<Transfer>(`/attendance/transfers/${merged.body.transferId}/undo`);
    expect(undone.status, JSON.stringify(undone.body)).toBe(200);
    expect(undone.body).toMatchObject({ from: { status: 'present', method: 'face' }, to: null });
    await close(session.id);
    await expectRebuilt(session.id);
  });

  it('rebuilds what somebody changed outside of the ledger to what it was', async () => {
    await goTo('2027-04-08T08:00:00Z');
    const session = await open();
    const scan = await codes(session.id);
    await scan(0);
    await teacher.post('/attendance/manual', { sessionId: session.id, studentId: ids[1], status: 'excused' });
    await close(session.id);
    const { tenantId } = server.seeded!;
    const rows = () =>
      server.context.db.tenant(tenantId, (tx) =>
        tx
          .select()
          .from(attendanceRecords)
          .where(eq(attendanceRecords.sessionId, session.id))
          .orderBy(attendanceRecords.studentId),
      );
    const strip = (list: Awaited<ReturnType<typeof rows>>) =>
      list.map(({ id: _i, createdAt: _c, updatedAt: _u, ...row }) => row);
    const before = strip(await rows());
    await server.context.db.tenant(tenantId, async (tx) => {
      await tx
        .update(attendanceRecords)
        .set({ status: 'absent', method: null, version: 9, secondsSeen: 77 })
        .where(eq(attendanceRecords.sessionId, session.id));
      await tx
        .delete(attendanceRecords)
        .where(and(eq(attendanceRecords.sessionId, session.id), eq(attendanceRecords.studentId, ids[0]!)));
    });
    const request = { scope: { sessionId: session.id }, dryRun: false };
    const rebuilt = await admin.post<RebuildResult>('/events/rebuild', request);
    expect(rebuilt.body).toMatchObject({ missing: 1, changed: 4 });
    expect(strip(await rows())).toEqual(before);
    await expectRebuilt(session.id);
  });
});
