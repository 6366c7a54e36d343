import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attendanceRecords, faceTemplates, reviewItems } from '../../server/db/schema/index.ts';
import { lockRecords, reproject } from '../../server/features/attendance/ledger.ts';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession, Review, Snapshot } from '../../server/features/sessions/schemas.ts';
import type { Alert } from '../../server/realtime/topics.ts';
import { decide } from '../support/decide.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { type Api, addTenant, startTestServer, type TestServer } from '../support/server.ts';
import { makeVideo } from '../support/video.ts';

type Marked = { record: AttendanceRecord };
type Asked = { review: Review };

/** What becomes of decisions: questions, rights, rules, the ledger. The faces that lead to them do not matter here. */
describe('decisions', () => {
  let folder: string;
  let server: TestServer;
  let tap: LiveTap;
  let sessionId: string;
  let streamId: string;
  const ids: string[] = [];
  const taps: LiveTap[] = [];

  const listen = (api: Api | null): LiveTap => {
    const made = tapLive(server.url, api?.token ?? null);
    taps.push(made);
    return made;
  };
  const recordOf = async (studentId: string): Promise<AttendanceRecord> => {
    const { body } = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${sessionId}/attendance`,
    );
    return body.items.find((record) => record.studentId === studentId)!;
  };
  const embedding = (): Float32Array => {
    const vector = new Float32Array(server.context.supervisor.info()!.embeddingLength);
    vector[0] = 1;
    return vector;
  };
  const ask = async (
    studentId: string,
    trackId: number,
    face = new Uint8Array([0xff, 0xd8, 0xff]),
  ): Promise<Review> => {
    decide(server, {
      streamId,
      trackId,
      studentId,
      verdict: 'review',
      confidence: 0.6,
      embedding: embedding(),
      face,
    });
    const { review } = await tap.until<Asked>(
      'review:asked',
      (asked) => asked.review.studentId === studentId && asked.review.trackId === trackId,
    );
    return review;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-decisions-'));
    await makeVideo(join(folder, 'camera.mp4'), { seconds: 2 });
    server = await startTestServer({ pipeline: true, students: 8, env: { CAMERA_ALLOW_FILES: 'true' } });
    ids.push(...server.seeded!.students.map((student) => student.id));
    const camera = await server.admin.post<{ id: string }>('/cameras', {
      name: 'Kamera',
      url: pathToFileURL(join(folder, 'camera.mp4')).href,
      sampling: { mode: 'fps', fps: 1 },
    });
    const { courseId } = server.seeded!;
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      courseId,
      cameraIds: [camera.body.id],
      startsAt: new Date(Date.now() - 20 * 60_000).toISOString(),
    });
    sessionId = opened.body.id;
    streamId = opened.body.cameras[0]!.streamId;
    tap = listen(server.teacher);
    await tap.joined(sessionId);
  });
  afterAll(async () => {
    for (const made of taps) made.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('marks late by when the face was first on camera', async () => {
    const [early, late] = ids as [string, string];
    decide(server, { streamId, trackId: 1, studentId: early, firstSeenAtMs: Date.now() - 19 * 60_000 });
    decide(server, { streamId, trackId: 2, studentId: late });
    const first = await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === early);
    const second = await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === late);
    expect([first.record.status, second.record.status]).toEqual(['present', 'late']);
  });

  it('asks a person, shows the face from memory, and a confirmed face is a mark', async () => {
    const review = await ask(ids[2]!, 3);
    expect(review).toMatchObject({ status: 'open', hasFace: true });
    const face = await server.teacher.get<Buffer>(`/reviews/${review.id}/face`);
    expect([face.status, face.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    const confirmed = await server.teacher.post<Review>(`/reviews/${review.id}/confirm`, {});
    expect(confirmed.body).toMatchObject({ id: review.id, status: 'confirmed', hasFace: false });
    await tap.until<Asked>('review:settled', (settled) => settled.review.id === review.id);
    expect(await recordOf(ids[2]!)).toMatchObject({ status: 'late', method: 'face' });
    expect((await recordOf(ids[2]!)).correctedBy).not.toBeNull();
    expect((await server.teacher.get(`/reviews/${review.id}/face`)).status).toBe(404);
    const again = await server.teacher.post(`/reviews/${review.id}/reject`);
    expect([again.status, again.body.error]).toMatchObject([409, { code: 'review-settled' }]);
  });

  it('remembers a face that is not the student, and takes the mark of that track back', async () => {
    const studentId = ids[3]!;
    const review = await ask(studentId, 4);
    await server.teacher.post(`/reviews/${review.id}/reject`);
    decide(server, { streamId, trackId: 4, studentId });
    await server.context.live.journal.drained(5000);
    expect(await recordOf(studentId)).toMatchObject({ status: 'pending', firstSeenAt: null });
    const { tenantId } = server.seeded!;
    const kept = await server.context.db.tenant(tenantId, (tx) =>
      tx.select().from(faceTemplates).where(eq(faceTemplates.studentId, studentId)),
    );
    expect(kept.map((row) => row.kind)).toEqual(['negative']);
    const [item] = await server.context.db.tenant(tenantId, (tx) =>
      tx.select().from(reviewItems).where(eq(reviewItems.id, review.id)),
    );
    expect(item).toMatchObject({ status: 'rejected', embedding: null });
  });

  it('takes “it is somebody else” as both: not the one, but the other', async () => {
    const review = await ask(ids[3]!, 5);
    const answer = await server.teacher.post<Review>(`/reviews/${review.id}/confirm`, { studentId: ids[4] });
    expect(answer.status).toBe(200);
    expect((await recordOf(ids[3]!)).status).toBe('pending');
    expect((await recordOf(ids[4]!)).status).toBe('late');
  });

  it('takes a question back when the student is marked anyway', async () => {
    const review = await ask(ids[5]!, 6);
    decide(server, { streamId, trackId: 7, studentId: ids[5]! });
    const { review: settled } = await tap.until<Asked>('review:settled', (s) => s.review.id === review.id);
    expect(settled.status).toBe('obsolete');
  });

  it('never names nor asks about a student who has withdrawn consent', async () => {
    const studentId = ids[6]!;
    const review = await ask(studentId, 8);
    const put = await server.admin.call('PUT', `/students/${studentId}/consents`, {
      purpose: 'face',
      granted: false,
    });
    expect(put.status).toBeLessThan(300);
    await tap.until<Asked>('review:settled', (settled) => settled.review.id === review.id);
    expect(server.context.live.reviews.face(review.id)).toBeNull();
    decide(server, { streamId, trackId: 9, studentId });
    await server.context.live.journal.drained(5000);
    expect((await recordOf(studentId)).status).toBe('pending');
  });

  it('takes marks by hand, in an open session and for enrolled students only', async () => {
    const marked = await server.teacher.post<AttendanceRecord>('/attendance/manual', {
      sessionId,
      studentId: ids[7],
      status: 'excused',
      note: 'rapor',
    });
    expect(marked.body).toMatchObject({ status: 'excused', method: 'manual', note: 'rapor' });
    const guest = await server.admin.post<{ id: string }>('/students', { number: 'X1', name: 'Misafir' });
    const refused = await server.teacher.post('/attendance/manual', {
      sessionId,
      studentId: guest.body.id,
      status: 'present',
    });
    expect([refused.status, refused.body.error]).toMatchObject([422, { code: 'student-not-enrolled' }]);
  });

  it('lets one of two teachers win when both correct at once', async () => {
    const record = await recordOf(ids[0]!);
    const put = (status: string) =>
      server.teacher.call('PUT', `/attendance/${record.id}`, { status, version: record.version });
    const answers = await Promise.all([put('excused'), put('absent'), put('late')]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
  });

  it('rebuilds the very same records from the ledger', async () => {
    await server.context.live.journal.drained(5000);
    await server.context.db.tenant(server.seeded!.tenantId, async (tx) => {
      const kept = await lockRecords(tx, sessionId);
      await tx
        .update(attendanceRecords)
        .set({
          status: 'absent',
          method: null,
          confidence: null,
          firstSeenAt: null,
          note: null,
          correctedBy: null,
          version: 1,
        })
        .where(eq(attendanceRecords.sessionId, sessionId));
      await reproject(tx, await lockRecords(tx, sessionId));
      const strip = ({ updatedAt: _u, ...row }: (typeof kept)[number]) => row;
      expect((await lockRecords(tx, sessionId)).map(strip)).toEqual(kept.map(strip));
    });
  });

  it('lets nobody in without a token, with another institution’s, or as a student', async () => {
    const refused = listen(null);
    const error = await new Promise<Error & { data?: { code: string } }>((resolve) =>
      refused.socket.once('connect_error', resolve as (error: Error) => void),
    );
    expect(error.data?.code).toBe('unauthenticated');

    const other = listen(await addTenant(server, 'baska'));
    expect(await other.join(sessionId)).toMatchObject({ ok: false, error: { code: 'session-not-found' } });
    expect(await other.join('nonsense')).toMatchObject({ ok: false, error: { code: 'invalid-request' } });

    const account = {
      email: 'ogrenci@test.local',
      name: 'Ö',
      role: 'student',
      password: 'correct horse battery',
    };
    const made = await server.admin.post('/users', { ...account, studentId: ids[0] });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const student = await server.as(account.email, account.password);
    expect(await listen(student).join(sessionId)).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect((await student.get(`/sessions/${sessionId}`)).status).toBe(403);
    const own = await recordOf(ids[0]!);
    expect((await student.get(`/attendance/${own.id}`)).status).toBe(200);
    expect((await student.get(`/attendance/${(await recordOf(ids[1]!)).id}`)).status).toBe(404);
  });

  it('closes a socket when its token expires', async () => {
    // A token of a server whose clock is 28 s behind ends 2 s from now.
    const clock = { now: () => Date.now() - 28_000 };
    const short = await startTestServer({
      students: 1,
      env: { ACCESS_TOKEN_SECONDS: '30' },
      overrides: { clock },
    });
    try {
      const made = tapLive(short.url, short.teacher.token);
      taps.push(made);
      const ended = new Promise((resolve) => made.socket.once('disconnect', resolve));
      await made.until<Alert>('alert', (alert) => alert.code === 'token-expired', 10_000);
      expect(await ended).toBe('io server disconnect');
    } finally {
      await short.close();
    }
  }, 60_000);

  it('closes by itself at its end', async () => {
    const course = await server.admin.post<{ id: string }>('/courses', {
      code: 'KIM',
      name: 'Kimya',
      teacherIds: [server.seeded!.teacherId],
    });
    await server.admin.post(`/courses/${course.body.id}/enrolments`, { studentIds: [ids[0]] });
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      courseId: course.body.id,
      cameraIds: [],
      endsAt: new Date(Date.now() + 1500).toISOString(),
    });
    expect(opened.status).toBe(201);
    await eventually(async () => {
      const { body } = await server.teacher.get<ClassSession>(`/sessions/${opened.body.id}`);
      return body.status === 'closed' && body.counts.absent === 1;
    }, 10_000);
  });

  it('takes questions back when the session closes', async () => {
    const review = await ask(ids[3]!, 20);
    const closed = await server.teacher.post<ClassSession>(`/sessions/${sessionId}/close`);
    expect(closed.body.counts).toMatchObject({ pending: 0, review: 0 });
    const { body } = await server.teacher.get<{ items: Review[] }>(`/sessions/${sessionId}/reviews`);
    expect(body.items.find((item) => item.id === review.id)?.status).toBe('obsolete');
    const stored = await server.teacher.get<Snapshot>(`/sessions/${sessionId}/live`);
    expect(stored.body.roster.every((entry) => entry.record?.status !== 'pending')).toBe(true);
    const late = await server.teacher.post<AttendanceRecord>('/attendance/manual', {
      sessionId,
      studentId: ids[3],
      status: 'present',
    });
    expect(late.body.status).toBe('present');
  });
});
