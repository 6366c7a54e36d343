import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../server/db/ids.ts';
import { faceTemplates } from '../../server/db/schema/index.ts';
import { dailyReport, weeklyReports } from '../../server/features/notifications/periodic.ts';
import { REPORT_NAMES } from '../../server/features/reports/exports/words.ts';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import { tenantCrypto } from '../../server/features/tenants/service.ts';
import { createSupervisor } from '../../server/streaming/supervisor.ts';
import { readContents } from '../support/contents.ts';
import { eachTable } from '../support/database-search.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { type Api, addTenant, PASSWORD, startTestServer, type TestServer } from '../support/server.ts';
import { type SmtpStub, startSmtp } from '../support/smtp.ts';
import { findEmotions, inText } from './emotions.ts';
import { type Entities, makeEntities, tableOf } from './entities.ts';
import { operationsOf, readDocument } from './operations.ts';

/**
 * Under the policy `eu` there is nothing of emotions anywhere: in no answer, event, row, file, message or mail, also
 * when the video worker reads them of everybody and says so in every message. The same search finds them in all of
 * these places where the policy allows it, so it would find them here.
 */
const STUDENTS = 6;
const entry = fileURLToPath(new URL('../../server/streaming/fixtures/reading-worker.ts', import.meta.url));

let server: TestServer;
let smtp: SmtpStub;
let receiver: Server;
let hooks: string[] = [];
/** What workers were told, by stream. */
const told = new Map<string, string>();
const taps: LiveTap[] = [];

beforeAll(async () => {
  smtp = await startSmtp();
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      hooks.push(Buffer.concat(parts).toString('utf8'));
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', () => resolve()));
  const supervisor = createSupervisor({ entry, workers: 1, log: pino({ level: 'silent' }) });
  supervisor.events.on('status', ({ streamId, detail }) => told.set(streamId, detail));
  server = await startTestServer({
    students: 0,
    overrides: { supervisor },
    env: {
      POLICY: 'eu',
      SMTP_URL: smtp.url,
      MAIL_FROM: 'Yoklama <bot@yoklama.example>',
      CAMERA_ALLOW_FILES: 'true',
    },
  });
});
afterAll(async () => {
  for (const tap of taps) tap.close();
  await server?.close();
  await smtp?.close();
  receiver?.closeAllConnections();
  await new Promise((resolve) => receiver?.close(resolve));
});

interface Run {
  admin: Api;
  entities: Entities;
  courseId: string;
  sessionId: string;
  streamId: string;
  studentIds: string[];
  tap: LiveTap;
}

/** A class from opening to closing: six students on camera, one absent, everything of a session. */
async function holdClass(admin: Api, mark: string, emotion: boolean): Promise<Run> {
  const { body: me } = await admin.get<{ tenantId: string }>('/auth/me');
  const { tenantId } = me;
  const made = async <T>(path: string, body: object): Promise<T> => {
    const answer = await admin.post<T>(path, body);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };
  await admin.call('PATCH', '/tenant', {
    ...{ settings: { notifications: { quietHours: null, digest: 'each' } } },
    ...(emotion ? { emotion: { mode: 'individual' } } : {}),
  });
  const { port } = receiver.address() as AddressInfo;
  await made('/webhooks', { url: `http://127.0.0.1:${port}/${mark}`, events: ['*'] });
  const studentIds: string[] = [];
  for (let n = 0; n <= STUDENTS; n++) {
    const { id } = await made<{ id: string }>('/students', {
      ...{ number: `${mark}${n}`, name: `Öğrenci ${mark} ${n}`, email: `s${n}@${mark}.example` },
      ...{ guardianEmail: `g${n}@${mark}.example`, consents: { face: true, emotion } },
    });
    studentIds.push(id);
  }
  const { id: courseId } = await made<{ id: string }>('/courses', { code: mark, name: `Ders ${mark}` });
  await made(`/courses/${courseId}/enrolments`, { studentIds });
  await enrolFaces(tenantId, studentIds.slice(0, STUDENTS));
  const { id: cameraId } = await made<{ id: string }>('/cameras', {
    ...{ name: 'Kamera', url: 'file:///dev/null', sampling: { mode: 'fps', fps: 2 } },
  });
  const session = await made<ClassSession>('/sessions', {
    courseId,
    cameraIds: [cameraId],
    startsAt: new Date(Date.now() - 60_000).toISOString(),
  });
  const tap = tapLive(server.url, admin.token);
  taps.push(tap);
  await tap.joined(session.id);
  type Metrics = { students: unknown[] };
  await tap.until<Metrics>('session:metrics', ({ students }) => students.length === STUDENTS);
  await tap.until<{ faces: unknown[] }>('session:faces', ({ faces }) => faces.length === STUDENTS);
  await eventually(async () => {
    const { body } = await admin.get<{ items: { status: string }[] }>(`/sessions/${session.id}/attendance`);
    return body.items.filter(({ status }) => status === 'present').length === STUDENTS;
  });
  // With a snapshot of it, as somebody gets who comes later.
  const late = tapLive(server.url, admin.token);
  taps.push(late);
  tap.events.push({ name: 'snapshot', payload: await late.joined(session.id) });
  tap.events.push({ name: 'rest', payload: (await admin.get(`/sessions/${session.id}/live`)).body });
  await made(`/sessions/${session.id}/close`, {});
  const day = new Date().toISOString().slice(0, 10);
  await dailyReport(server.context, tenantId, day);
  await weeklyReports(server.context, tenantId, day);
  await server.context.outbox.drain();
  await smtp.until(({ to }) => to.some((address) => address.endsWith(`@${mark}.example`)));
  await eventually(() => hooks.some((body) => body.includes(session.id)));
  const entities = await makeEntities(server, tenantId, `X${mark}`, { emotion });
  const streamId = session.cameras[0]!.streamId;
  return { admin, entities, courseId, sessionId: session.id, streamId, studentIds, tap };
}

async function enrolFaces(tenantId: string, studentIds: string[]): Promise<void> {
  await server.context.db.tenant(tenantId, async (tx) => {
    const crypto = await tenantCrypto(server.context, tx, tenantId);
    for (const [index, studentId] of studentIds.entries()) {
      const vector = new Float32Array([index, 1, 0, 0]);
      await tx.insert(faceTemplates).values({
        ...{ id: newId(), tenantId, studentId, kind: 'enrolment', embeddingModel: 'reading' },
        embedding: crypto.sealVector(`face-template:${studentId}`, vector),
      });
    }
  });
}

/** Every GET of the document, for the class and for one entity of each kind, as the one who asks. */
async function readAll(
  api: Api,
  run: Run,
): Promise<{ found: string[]; answered: number; refused: string[] }> {
  const found: string[] = [];
  const refused: string[] = [];
  let answered = 0;
  const ofRun: Record<string, string> = {
    ...{ class_sessions: run.sessionId, courses: run.courseId, students: run.studentIds[0]! },
  };
  const reads = operationsOf(await readDocument(server)).filter(({ method }) => method === 'GET');
  for (const { name, path, url, pathParameters } of reads) {
    const answers: number[] = [];
    for (const ids of [{ ...run.entities.ids, ...ofRun }, run.entities.ids]) {
      const address = pathParameters.reduce(
        (text, one) => text.replace(`{${one}}`, ids[tableOf(path, one) ?? ''] ?? FILL[one] ?? newId()),
        url,
      );
      const { status, body } = await api.get<unknown>(address);
      answers.push(status);
      for (const place of await search(body)) found.push(`${name} ${place}`);
    }
    if (answers.some((status) => status < 300)) answered++;
    else refused.push(`${name} ${answers.join('/')}`);
  }
  return { found: [...new Set(found)], answered, refused };
}
const FILL: Record<string, string> = { name: 'Physics', entity: 'students' };

async function search(body: unknown): Promise<string[]> {
  if (!Buffer.isBuffer(body)) return findEmotions(body);
  const parts = await readContents(body);
  return parts.filter(([name, text]) => inText(text) || inText(name)).map(([name]) => `(${name})`);
}

/** Every report in every format: places with an emotion in it, and reports that were refused. */
async function exportAll(run: Run) {
  const found: string[] = [];
  const refused = new Set<string>();
  let made = 0;
  const { body: teachers } = await run.admin.get<{ items: { id: string }[] }>('/teachers');
  const params = {
    ...{ courseId: run.courseId, studentId: run.studentIds[0]!, teacherId: teachers.items[0]!.id },
    department: 'Fizik',
  };
  for (const report of REPORT_NAMES) {
    for (const format of ['csv', 'excel', 'pdf']) {
      const answer = await run.admin.post<unknown>('/reports/exports', {
        report,
        format,
        locale: 'en',
        params,
      });
      if (answer.status === 200) made++;
      else refused.add(`${report} ${answer.status}`);
      for (const place of await search(answer.body)) found.push(`${report}.${format} ${place}`);
    }
  }
  return { found, refused: [...refused], made };
}

/** Every column of every table. */
async function searchTables(): Promise<string[]> {
  const found = new Set<string>();
  await eachTable(server, async (owner, name) => {
    const rows = await owner.unsafe<{ row: Record<string, unknown> }[]>(
      `select to_jsonb(t) as row from ${name} t limit 20000`,
    );
    for (const { row } of rows) {
      for (const place of findEmotions(row)) found.add(`${name}.${place.split('.')[0]}`);
    }
  });
  return [...found].sort();
}

const searchSocket = ({ tap }: Run) => [
  ...new Set(tap.events.flatMap(({ name, payload }) => findEmotions(payload, name))),
];
const searchMails = () =>
  smtp.mails.filter(({ mail }) => inText(`${mail.subject} ${mail.text} ${mail.html}`));

describe('under the policy eu', () => {
  let run: Run;
  beforeAll(async () => {
    run = await holdClass(server.admin, 'eu', false);
  });

  it('the worker is told to read none', () => {
    expect(told.get(run.streamId)).toBe('emotion off');
  });

  it('no answer has a place for one, whoever asks', async () => {
    const read = await readAll(run.admin, run);
    expect(read.found).toEqual([]);
    expect(read.answered, read.refused.join('\n')).toBeGreaterThanOrEqual(60);
    for (const path of [
      `/reports/emotions/course/${run.courseId}`,
      `/students/${run.studentIds[0]}/emotions`,
    ]) {
      expect(await run.admin.get(path)).toMatchObject({
        status: 403,
        body: { error: { code: 'emotion-prohibited' } },
      });
    }
    const student = await server.as(run.entities.whole.email, PASSWORD);
    expect((await readAll(student, run)).found).toEqual([]);
  });

  it('no event of the sockets, nor what GraphQL knows', async () => {
    expect(run.tap.events.length).toBeGreaterThan(10);
    expect(searchSocket(run)).toEqual([]);
    const ask = async (query: string) => {
      const { status, body } = await run.admin.call('POST', '/graphql', { query });
      expect([status, body.errors ?? []]).toEqual([200, []]);
      return body;
    };
    const schema = await ask(
      '{ __schema { types { name fields { name } inputFields { name } enumValues { name } } } }',
    );
    expect(JSON.stringify(schema)).toContain('StudentEngagement');
    expect(JSON.stringify(schema)).not.toMatch(/emotion|affect/i);
    const held = await ask(
      `{ session(id: "${run.sessionId}") { engagement { attention band students { studentId attention band } } } }`,
    );
    expect(JSON.stringify(held)).toContain('0.75');
    expect(findEmotions(held)).toEqual([]);
  });

  it('no export, file, message or mail', async () => {
    const { found, refused, made } = await exportAll(run);
    expect(found).toEqual([]);
    expect(refused).toEqual(['emotions-course 403', 'emotions-student 403']);
    expect(made).toBe((REPORT_NAMES.length - 2) * 3);
    expect(smtp.mails.length).toBeGreaterThan(0);
    expect(searchMails()).toEqual([]);
    expect(hooks.length).toBeGreaterThan(0);
    expect(hooks.filter(inText)).toEqual([]);
  });

  it('no column of any table', async () => {
    expect(await searchTables()).toEqual([]);
  });

  it('nobody can change that', async () => {
    const refused = { status: 403, body: { error: { code: 'emotion-prohibited' } } };
    for (const mode of ['class', 'individual']) {
      expect(await run.admin.call('PATCH', '/tenant', { emotion: { mode } })).toMatchObject(refused);
    }
    await run.admin.call('PATCH', '/tenant', { policy: 'default' });
    expect((await run.admin.get('/privacy/policy')).body).toMatchObject({
      ...{ policy: 'eu', emotion: { prohibited: true, mode: 'off' } },
    });
    const consents = `/students/${run.studentIds[0]}/consents`;
    expect(await run.admin.call('PUT', consents, { purpose: 'emotion', granted: true })).toMatchObject(
      refused,
    );
    expect(
      await run.admin.post('/students', { number: 'E', name: 'E', consents: { emotion: true } }),
    ).toMatchObject(refused);
    const { tenantId } = run.entities;
    const past = (text: string) =>
      server.context.db
        .tenant(tenantId, (tx) => tx.execute(text))
        .then(
          () => 'done',
          (error: { cause?: { code?: string } }) => error.cause?.code,
        );
    expect(await past(`update tenants set emotion_mode = 'class'`)).toBe('23514');
    expect(
      await past(`insert into emotion_history
        (id, tenant_id, session_id, student_id, start_at, length_ms, people, samples, scores)
        values (gen_random_uuid(), '${tenantId}', '${run.sessionId}', '${run.studentIds[0]}', now(), 10000, 1, 1,
          '{1,0,0,0,0,0,0}')`),
    ).toBe('23514');
  });
});

describe('under a policy that allows it, the same search finds emotions', () => {
  let run: Run;
  beforeAll(async () => {
    hooks = [];
    run = await holdClass(await addTenant(server, 'open'), 'open', true);
    // With the class over: what was held of its buckets is kept by now, or within ten seconds.
    await eventually(async () => (await searchTables()).includes('public.emotion_history.scores'));
  });

  it('in answers, and in the copy of a student’s data', async () => {
    expect(told.get(run.streamId)).toBe('emotion individual');
    const { found } = await readAll(run.admin, run);
    const routes = [...new Set(found.map((place) => place.split(' ').slice(0, 2).join(' ')))];
    expect(routes).toEqual(
      expect.arrayContaining([
        'GET /reports/emotions/course/{id}',
        'GET /reports/emotions/student/{id}',
        'GET /students/{id}/emotions',
        'GET /students/{id}/data',
      ]),
    );
  });

  it('in events of the sockets', () => {
    expect(searchSocket(run)).toEqual(
      expect.arrayContaining(['session:metrics.class.emotion', 'session:faces.faces.0.emotion']),
    );
  });

  it('in exports of every format', async () => {
    const { found, refused } = await exportAll(run);
    expect(refused).toEqual([]);
    for (const format of ['csv', 'excel', 'pdf']) {
      for (const report of ['emotions-course', 'emotions-student']) {
        expect(
          found.some((place) => place.startsWith(`${report}.${format} `)),
          `${report} ${format}`,
        ).toBe(true);
      }
    }
  });
});
