import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMOTION_LABELS } from '../../../pipeline/messages.ts';
import { writeMarks } from '../../../tests/support/marks.ts';
import { type Api, PASSWORD, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';

let server: TestServer;
let student: Api;
let ids: string[] = [];
let sessions: string[] = [];
let chemistry = '';
let unseenSession = '';
const NOW = Date.parse('2026-11-20T12:00:00Z');
const STREAM = newId();

const run = (query: ReturnType<typeof sql>) =>
  server.context.db.tenant(server.seeded!.tenantId, (tx) => tx.execute(query));
const fresh = () => server.context.cache.invalidate(server.seeded!.tenantId);

beforeAll(async () => {
  server = await startTestServer({ students: 6, overrides: { clock: { now: () => NOW } } });
  const { tenantId, courseId, students } = server.seeded!;
  ids = students.map(({ id }) => id);
  const { admin, context } = server;
  chemistry = (await admin.post<{ id: string }>('/courses', { code: 'KİM101', name: 'Kimya' })).body.id;
  const given = { tenantId, studentIds: ids, emotion: 'individual' as const };
  sessions = await writeMarks(context, {
    ...given,
    courseId,
    meetings: [
      ['2026-11-16', 'pppppp'],
      ['2026-11-18', 'pplaap'],
    ],
  });
  [unseenSession = ''] = await writeMarks(context, {
    ...given,
    courseId: chemistry,
    meetings: [['2026-11-17', 'pp']],
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

interface Failure {
  error: { code: string };
}

describe('accuracy of the machine', () => {
  interface Accuracy {
    [name: string]: number | null;
  }
  const accuracy = async (query = '', api = server.admin) =>
    (await api.get<Accuracy>(`/reports/accuracy${query}`)).body;

  it('keeps what nobody has contradicted', async () => {
    const all = await accuracy();
    expect(all).toMatchObject({ kept: 12, correctedAway: 0, rejected: 0, precision: 1, recall: 1 });
    expect(all.reviewPrecision).toBeNull();
    expect(await accuracy('', server.teacher)).toMatchObject({ kept: 10 });
    expect(await accuracy(`?courseId=${chemistry}`)).toMatchObject({ kept: 2 });
    expect(await accuracy('?from=2026-10-01&until=2026-10-31')).toMatchObject({ kept: 0, precision: null });
    expect((await student.get('/reports/accuracy')).status).toBe(403);
  });

  it('counts people’s corrections, refusals, answers and what no camera saw', async () => {
    const { tenantId, courseId } = server.seeded!;
    const admin = newId();
    const correct = (at: number, set: ReturnType<typeof sql>) =>
      run(sql`update attendance_records set method = 'manual', corrected_by = ${admin}, ${set}
        where session_id = ${sessions[0]} and student_id = ${ids[at]}`);
    await correct(0, sql`first_seen_at = '2026-11-16T09:00:00Z', status = 'late'`);
    await correct(1, sql`first_seen_at = '2026-11-16T09:00:00Z', status = 'absent'`);
    // Whom no camera recognised although they are enrolled by face and a camera took part.
    await correct(2, sql`first_seen_at = null`);
    const camera = newId();
    await run(sql`insert into cameras (id, tenant_id, name, url, sampling)
      values (${camera}, ${tenantId}, 'K', '\\x00', '{"mode":"fps","fps":2}')`);
    await run(sql`insert into streams (id, tenant_id, session_id, camera_id)
      values (${STREAM}, ${tenantId}, ${sessions[0]}, ${camera})`);
    await run(sql`insert into face_templates (id, tenant_id, student_id, kind, embedding, embedding_model, quality)
      values (${newId()}, ${tenantId}, ${ids[2]}, 'enrolment', '\\x00', 'm', 1)`);
    // A face that the machine was sure of, and one that it was not: only the first is a mistake of its.
    for (const [trackId, type] of [
      [7, 'marked'],
      [7, 'rejected'],
      [9, 'rejected'],
    ] as const)
      await run(sql`insert into attendance_events (id, tenant_id, session_id, student_id, type, at, stream_id, track_id)
        values (${newId()}, ${tenantId}, ${sessions[0]}, ${ids[3]}, ${type}, '2026-11-16T09:00:00Z', ${STREAM}, ${trackId})`);
    for (const [trackId, status] of ['confirmed', 'confirmed', 'confirmed', 'rejected', 'open'].entries())
      await run(sql`insert into review_items (id, tenant_id, session_id, stream_id, track_id, student_id, confidence,
          score, margin, first_seen_at, asked_at, status)
        values (${newId()}, ${tenantId}, ${sessions[0]}, ${STREAM}, ${trackId}, ${ids[4]}, 0.5, 0.4, 0.1,
          '2026-11-16T09:00:00Z', '2026-11-16T09:00:00Z', ${status})`);
    await fresh();
    const figures = await accuracy(`?courseId=${courseId}`);
    expect(figures).toMatchObject({
      kept: 7,
      timeCorrected: 1,
      correctedAway: 1,
      rejected: 1,
      reviewsConfirmed: 3,
      reviewsRejected: 1,
      reviewsOpen: 1,
      missed: 1,
    });
    expect(figures.precision).toBeCloseTo(8 / 10);
    expect(figures.recall).toBeCloseTo(8 / 12);
    expect(figures.reviewPrecision).toBeCloseTo(3 / 4);
  });
});

interface Engagement {
  total: { attention: number | null; coverage: number; band: string | null; students: number } | null;
  days: { day: string; attention: number | null }[];
  parts: { id: string; attention: number | null; coverage: number }[];
}

describe('engagement', () => {
  beforeAll(async () => {
    const { tenantId } = server.seeded!;
    const sample = (session: string, studentId: string, judged: number, attentive: number, minute: number) =>
      run(sql`insert into engagement_samples (tenant_id, session_id, student_id, stream_id, start_at, length_ms,
          frames_sampled, frames_seen, frames_judged, frames_attentive, eyes_judged, eyes_closed)
        values (${tenantId}, ${session}, ${studentId}, ${STREAM},
          '2026-11-16T09:00:00Z'::timestamptz + ${minute} * interval '1 minute', 10000, 20, 18, ${judged}, ${attentive}, 0, 0)`);
    await sample(sessions[0]!, ids[0]!, 16, 12, 0);
    await sample(sessions[0]!, ids[0]!, 16, 8, 1);
    await sample(sessions[1]!, ids[0]!, 20, 20, 2);
    await sample(sessions[0]!, ids[1]!, 1, 1, 0);
    await sample(unseenSession, ids[0]!, 20, 5, 3);
    await fresh();
  });

  it('of a course is weighted by coverage, by day and student', async () => {
    const { body } = await server.teacher.get<Engagement>(
      `/reports/engagement/course/${server.seeded!.courseId}`,
    );
    // (20/32 · 0.8 + 1 · 1) / 1.8; who could hardly be judged has a coverage and no attention.
    expect(body.total?.attention).toBeCloseTo((0.625 * 0.8 + 1) / 1.8);
    expect(body.total?.students).toBe(2);
    expect(body.days.map(({ day }) => day)).toEqual(['2026-11-16', '2026-11-18']);
    const second = body.parts.find(({ id }) => id === ids[1]);
    expect(second).toMatchObject({ attention: null });
    expect(second?.coverage).toBeCloseTo(1 / 20);
  });

  it('of a student is theirs to see, and teachers see their own courses’ part', async () => {
    const path = `/reports/engagement/student/${ids[0]}`;
    const own = (await student.get<Engagement>(path)).body;
    expect(own.parts.map(({ id }) => id).sort()).toEqual([server.seeded!.courseId, chemistry].sort());
    const taught = (await server.teacher.get<Engagement>(path)).body;
    expect(taught.parts.map(({ id }) => id)).toEqual([server.seeded!.courseId]);
    expect((await student.get(`/reports/engagement/student/${ids[1]}`)).status).toBe(404);
    expect((await server.teacher.get(`/reports/engagement/course/${chemistry}`)).status).toBe(404);
  });
});

interface Emotions {
  samples: number;
  scores: Record<string, number> | null;
  days: { day: string; samples: number }[];
}

describe('emotions', () => {
  const mode = async (to: string) => {
    await run(sql`update tenants set emotion_mode = ${to}`);
    await fresh();
  };
  const scores = (first: number) =>
    sql.raw(
      `array[${EMOTION_LABELS.map((_, at) => (at === 0 ? first : (1 - first) / (EMOTION_LABELS.length - 1)))}]`,
    );

  beforeAll(async () => {
    const { tenantId } = server.seeded!;
    const row = (
      session: string,
      who: string | null,
      people: number,
      samples: number,
      first: number,
      minute = 0,
    ) =>
      run(sql`insert into emotion_history (id, tenant_id, session_id, student_id, start_at, length_ms, people, samples, scores)
        values (${newId()}, ${tenantId}, ${session}, ${who}, '2026-11-16T09:00:00Z'::timestamptz + ${minute} * interval '1 minute',
          60000, ${people}, ${samples}, ${scores(first)})`);
    await row(sessions[0]!, null, 6, 30, 0.8);
    await row(sessions[1]!, null, 6, 10, 0.4);
    // Of fewer than five people nothing can be written, whatever would write it.
    await expect(row(sessions[0]!, null, 4, 100, 0.1, 1)).rejects.toMatchObject({ cause: { code: '23514' } });
    await row(sessions[0]!, ids[0]!, 1, 5, 0.6);
    await row(unseenSession, ids[0]!, 1, 5, 0.2);
  });

  it('of a course are shares of at least five people, weighted by readings', async () => {
    await mode('class');
    const { body } = await server.teacher.get<Emotions>(
      `/reports/emotions/course/${server.seeded!.courseId}`,
    );
    expect(body.samples).toBe(40);
    expect(body.scores![EMOTION_LABELS[0]!]).toBeCloseTo((0.8 * 30 + 0.4 * 10) / 40);
    expect(Object.values(body.scores!).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    expect(body.days.map(({ day, samples }) => [day, samples])).toEqual([
      ['2026-11-16', 30],
      ['2026-11-18', 10],
    ]);
  });

  it('of a student need the mode, their consent, and the right to see them', async () => {
    const ask = async (api: Api, path: string) => {
      const { status, body } = await api.get<Emotions & Partial<Failure>>(path);
      return body.error?.code ?? [status, body.samples];
    };
    const path = `/reports/emotions/student/${ids[0]}`;
    expect(await ask(server.admin, path)).toBe('emotion-off');
    await mode('individual');
    expect(await ask(server.admin, path)).toBe('emotion-consent-missing');
    const consent = (granted: boolean) =>
      run(sql`insert into consents (id, tenant_id, student_id, purpose, granted, at)
        values (${newId()}, ${server.seeded!.tenantId}, ${ids[0]}, 'emotion', ${granted}, now())`);
    await consent(true);
    expect(await ask(server.admin, path)).toEqual([200, 10]);
    expect(await ask(server.teacher, path)).toEqual([200, 5]);
    expect(await ask(server.admin, `${path}?courseId=${chemistry}`)).toEqual([200, 5]);
    expect(await ask(student, `/students/${ids[0]}/emotions`)).toEqual([200, 10]);
    expect(await ask(student, `/students/${ids[1]}/emotions`)).toBe('student-not-found');
    await consent(false);
    expect(await ask(server.admin, path)).toBe('emotion-consent-missing');
  });

  it('are there under no mode where the law prohibits them', async () => {
    const prohibit = (then: string) => run(sql`update tenants set policy = 'eu', emotion_mode = ${then}`);
    await expect(prohibit('individual')).rejects.toMatchObject({ cause: { code: '23514' } });
    await prohibit('off');
    await fresh();
    for (const path of [
      `/reports/emotions/course/${server.seeded!.courseId}`,
      `/reports/emotions/student/${ids[0]}`,
      `/students/${ids[0]}/emotions`,
    ]) {
      const { status, body } = await server.admin.get<Failure>(path);
      expect([status, body.error.code]).toEqual([403, 'emotion-prohibited']);
    }
    await run(sql`update tenants set policy = 'default'`);
  });
});
