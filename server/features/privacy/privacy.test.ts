import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unzip } from '../../../tests/support/contents.ts';
import { eachTable } from '../../../tests/support/database-search.ts';
import { eventually } from '../../../tests/support/live.ts';
import {
  type Api,
  addTenant,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { makeWholeStudent, type WholeStudent } from '../../../tests/support/whole-student.ts';
import { newId } from '../../db/ids.ts';
import { NOT_STUDENTS, PERSONAL } from './personal.ts';
import { NOT_SEALED, SEALED } from './sealed.ts';

let server: TestServer;
let tenantId = '';
let courseId = '';
beforeAll(async () => {
  server = await startTestServer({ students: 1 });
  ({ tenantId, courseId } = server.seeded!);
});
afterAll(() => server?.close());

const inTenant = <T extends Record<string, unknown>>(text: string) =>
  server.context.db.tenant(tenantId, (tx) => tx.execute<T>(sql.raw(text)));

/** Everything in the database that contains one of the texts, as `table.column`: as the owner, past row-level security. */
async function find(...texts: string[]): Promise<string[]> {
  const found = new Set<string>();
  await eachTable(server, async (owner, name, columns) => {
    for (const { column, type } of columns) {
      const as = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
      const where = texts.map((_, index) => `strpos(lower(${as}), lower($${index + 1})) > 0`).join(' or ');
      const [row] = await owner.unsafe(`select 1 from ${name} where ${where} limit 1`, texts);
      if (row) found.add(`${name.split('.')[1]}.${column}`);
    }
  });
  return [...found].sort();
}

async function filesOnDisk(): Promise<string[]> {
  const root = join(server.config.dataDir, 'files');
  const names = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('what is known to be personal or encrypted', () => {
  it('names every column of a person in the database', async () => {
    const columns = await inTenant<{ table: string; column: string }>(
      `select table_name as table, column_name as column from information_schema.columns
       where table_schema = 'public' and (column_name ~ '(student|user)_id$' or column_name ~ 'e?mail'
         or column_name in ('address', 'actor_id', 'caller_id', 'payload', 'user_agent'))`,
    );
    const known = new Set([...PERSONAL.map(({ table }) => table), ...Object.keys(NOT_STUDENTS)]);
    const forgotten = columns.filter(({ table }) => !known.has(table)).map((c) => `${c.table}.${c.column}`);
    expect(forgotten).toEqual([]);
    const students = columns.filter(({ column }) => column.endsWith('student_id'));
    for (const { table, column } of students) {
      const entry = PERSONAL.find((personal) => personal.table === table);
      expect([...(entry?.student ?? []), ...(entry?.mentions ?? [])], `${table}.${column}`).toContain(column);
    }
  });

  it('names every column of bytes, as encrypted or why not', async () => {
    const columns = await inTenant<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and data_type = 'bytea'`,
    );
    const known = [...SEALED.map((c) => `${c.table}.${c.column}`), ...Object.keys(NOT_SEALED)];
    expect(columns.map(({ name }) => name).sort()).toEqual(known.sort());
  });
});

describe('a copy of everything', () => {
  let whole: WholeStudent;
  let student: Api;
  beforeAll(async () => {
    whole = await makeWholeStudent(server.context, tenantId, courseId, { mark: 'Qopyx', emotion: true });
    student = await server.as(whole.email, PASSWORD);
  });

  it('has a row of each kind, pictures, documents, and no secret', async () => {
    const answer = await student.get<Buffer>(`/students/${whole.id}/data`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    const files = await unzip(Buffer.from(answer.body));
    for (const { table, notExported } of PERSONAL) {
      const file = files.get(`${table.replaceAll('_', '-')}.json`);
      if (notExported) expect(file, table).toBeUndefined();
      else if (table !== 'erasure_receipts') {
        expect(JSON.parse(file!.toString('utf8')).length, table).toBeGreaterThan(0);
      }
    }
    const templates = JSON.parse(files.get('face-templates.json')!.toString()) as Record<string, unknown>[];
    expect(templates[0]!.embedding).toEqual(Array(8).fill(0.25));
    expect(files.get(String(templates[0]!.thumbnail))!.toString()).toBe('jpeg of Qopyx');
    const documents = [...files.keys()].filter((name) => name.startsWith('documents/'));
    expect(documents).toHaveLength(2);
    for (const name of documents) expect(files.get(name)!.toString()).toBe(whole.fileText);
    const all = [...files.values()].map((file) => file.toString('utf8')).join('\n');
    expect(all).toContain(whole.guardianEmail);
    expect(all).not.toMatch(/argon2|password_hash|totp_secret|token_hash|code_hash|secret of the second/);
    expect(files.get('README.txt')!.toString()).toContain('attendance-records.json (1): Attendance');
  });

  it('does not say whose faces were taken for theirs', async () => {
    const someone = server.seeded!.students[0]!.id;
    await inTenant(`insert into attendance_events (id, tenant_id, session_id, student_id, type, at, data) values
      ('${newId()}', '${tenantId}', '${whole.sessionId}', '${whole.id}', 'split', now(),
        '{"transferId": "${newId()}", "to": "${someone}", "evidence": []}')`);
    await inTenant(
      `update review_items set decided_student_id = '${someone}' where student_id = '${whole.id}'`,
    );
    const { body } = await student.get<Buffer>(`/students/${whole.id}/data`);
    const files = await unzip(Buffer.from(body));
    const events = files.get('attendance-events.json')!.toString();
    expect(events).toContain('transferId');
    for (const [name, file] of files) expect(file.includes(someone), name).toBe(false);
    await inTenant(`update review_items set decided_student_id = null where student_id = '${whole.id}'`);
  });

  it('is for the student and for administrators, and each is noted', async () => {
    expect((await server.admin.get(`/students/${whole.id}/data`)).status).toBe(200);
    expect((await server.teacher.get(`/students/${whole.id}/data`)).status).toBe(403);
    const someone = server.seeded!.students[0]!.id;
    expect([403, 404]).toContain((await student.get(`/students/${someone}/data`)).status);
    const other = await addTenant(server, 'copy-other');
    expect((await other.get(`/students/${whole.id}/data`)).status).toBe(404);
    const { body } = await server.admin.get<{ items: { action: string }[] }>(
      `/audit?subjectId=${whole.id}&action=data`,
    );
    expect(body.items.map(({ action }) => action)).toEqual(Array(3).fill('GET /students/{id}/data'));
  });

  it('shows who recorded which consent, when and with which words', async () => {
    await student.call('PUT', `/students/${whole.id}/consents`, {
      ...{ purpose: 'face', granted: true, wording: 'face-tr-2' },
    });
    const { body } = await student.get<{ total: number; items: Record<string, unknown>[] }>(
      `/students/${whole.id}/consents`,
    );
    expect(body.total).toBe(3);
    expect(body.items[0]).toMatchObject({
      ...{ purpose: 'face', granted: true, wording: 'face-tr-2', recordedBy: { name: whole.name } },
    });
  });
});

describe('withdrawing consent', () => {
  it('erases what was made of the face, and keeps attendance', async () => {
    const whole = await makeWholeStudent(server.context, tenantId, courseId, {
      mark: 'Withx',
      emotion: true,
    });
    const answer = await server.admin.call('PUT', `/students/${whole.id}/consents`, {
      ...{ purpose: 'face', granted: false },
    });
    expect(answer.body.erased).toEqual({
      ...{
        faceTemplates: 1,
        faceProposals: 1,
        reviewItems: 1,
        engagementSamples: 1,
        emotionHistory: 1,
        files: 1,
      },
    });
    const left = (await find(whole.id)).map((column) => column.split('.')[0]);
    for (const table of ['face_templates', 'face_proposals', 'review_items', 'engagement_samples']) {
      expect(left).not.toContain(table);
    }
    expect(left).not.toContain('emotion_history');
    const kinds = await inTenant(`select kind from files where student_id = '${whole.id}'`);
    expect(kinds).toEqual([{ kind: 'excuse' }]);
    await eventually(async () => {
      const [kept] = await inTenant<{ n: number }>('select count(*)::int as n from files');
      return (await filesOnDisk()).length === kept!.n;
    });
    const records = await inTenant(`select 1 from attendance_records where student_id = '${whole.id}'`);
    expect(records).toHaveLength(1);
    const told = await inTenant<{ payload: unknown }>(
      `select payload from outbox where type = 'consent.changed' and payload->>'studentId' = '${whole.id}'`,
    );
    // Carried out already, or about to be.
    if (told[0]) expect(told[0].payload).toMatchObject({ purpose: 'face', granted: false });
    const { body } = await server.admin.get<{ items: { id: string; studentId: string }[] }>(
      '/privacy/receipts',
    );
    const { id } = body.items.find(({ studentId }) => studentId === whole.id)!;
    const checked = () => server.admin.get(`/privacy/receipts/${id}/check`);
    expect((await checked()).body).toEqual({ ok: true, left: {}, logged: true });
    // A row that comes back, out of a backup say, is found.
    const proposal = (to: string) =>
      inTenant(`update face_proposals set suggested_student_id = ${to} where id =
        (select id from face_proposals order by id limit 1)`);
    await proposal(`'${whole.id}'`);
    expect((await checked()).body).toEqual({ ok: false, left: { faceProposals: 1 }, logged: true });
    await proposal('null');
    await server.admin.call('PUT', `/students/${whole.id}/consents`, { purpose: 'face', granted: true });
    expect((await checked()).body).toEqual({ ok: true, left: {}, logged: null });
    await server.admin.call('DELETE', `/students/${whole.id}`);
  });

  it('to emotion erases its history and the stored reports on it', async () => {
    const whole = await makeWholeStudent(server.context, tenantId, courseId, {
      mark: 'Emotx',
      emotion: true,
    });
    const answer = await server.admin.call<{ erased: Record<string, number> }>(
      'PUT',
      `/students/${whole.id}/consents`,
      { purpose: 'emotion', granted: false },
    );
    expect(answer.body.erased.emotionHistory).toBe(1);
    expect(answer.body.erased.files).toBeGreaterThanOrEqual(1);
    expect(await inTenant(`select 1 from emotion_history where student_id = '${whole.id}'`)).toHaveLength(0);
    await server.admin.call('DELETE', `/students/${whole.id}`);
  });
});

describe('erasing a student', () => {
  it('leaves no row and no file, but a receipt and ids in the audit log', async () => {
    const whole = await makeWholeStudent(server.context, tenantId, courseId, {
      mark: 'Erazx',
      emotion: true,
    });
    const sibling = await makeWholeStudent(server.context, tenantId, courseId, { mark: 'Siblx' });
    const texts = [whole.name, whole.number, whole.email, whole.guardianEmail, 'Erazx'];
    // Who registered and has not come back has no account yet that the link could go with.
    const asked = JSON.stringify({ email: whole.email, name: whole.name, studentNumber: whole.number });
    await inTenant(`insert into one_time_tokens (id, tenant_id, purpose, token_hash, data, expires_at) values
      ('${newId()}', '${tenantId}', 'invitation', 'x', '${asked}', now() + interval '1 day')`);
    // Else the test would prove nothing.
    const before = await find(...texts, whole.id, whole.userId);
    for (const { table } of PERSONAL.filter(({ table }) => table !== 'erasure_receipts')) {
      expect(
        before.some((column) => column.startsWith(`${table}.`)),
        table,
      ).toBe(true);
    }
    const disk = await filesOnDisk();
    expect(disk.length).toBeGreaterThanOrEqual(8);
    for (const path of disk) expect((await readFile(path)).includes('file of')).toBe(false);

    expect((await server.admin.call('DELETE', `/students/${whole.id}`)).status).toBe(204);
    await server.context.outbox.drain();

    expect(await find(...texts)).toEqual([]);
    const ids = await find(whole.id, whole.userId);
    // pgboss and the outbox hold no more than the id, until the event has been told to everybody.
    const lasting = ids.filter(
      (column) => !/^(outbox\.|job\.|archive\.|j[0-9a-f]{20,}\.|webhook_deliveries\.)/.test(column),
    );
    expect(lasting).toEqual(['audit_log.actor_id', 'audit_log.subject_id', 'erasure_receipts.student_id']);
    const told = await inTenant<{ payload: Record<string, unknown> }>(
      `select payload from webhook_deliveries where payload::text like '%${whole.id}%'`,
    );
    for (const { payload } of told) expect(JSON.stringify(payload)).not.toMatch(/Erazx/i);

    const origins = await inTenant<{ address: string | null }>(
      `select address from audit_log where actor_id = '${whole.userId}'`,
    );
    expect(origins.every(({ address }) => address === null)).toBe(true);
    expect((await server.admin.get('/audit/verify')).body).toMatchObject({ ok: true });

    const { body } = await server.admin.get<{
      items: { id: string; studentId: string; removed: Record<string, number> }[];
    }>('/privacy/receipts');
    const receipt = body.items.find(({ studentId }) => studentId === whole.id)!;
    expect(receipt.removed).toMatchObject({ students: 1, users: 1, attendanceRecords: 1, consents: 2 });
    expect(receipt.removed.files).toBeGreaterThanOrEqual(4);
    const checked = () => server.admin.get(`/privacy/receipts/${receipt.id}/check`);
    expect((await checked()).body).toEqual({ ok: true, left: {}, logged: true });

    // Of the others only what was of everybody went: reports, exports and imported files.
    expect((await server.admin.get(`/students/${sibling.id}`)).status).toBe(200);
    await eventually(async () => {
      const rows = await inTenant<{ id: string }>('select id::text from files');
      return (await filesOnDisk()).length === rows.length;
    });
    const kinds = await inTenant<{ kind: string }>(
      `select kind from files where student_id = '${sibling.id}'`,
    );
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(['excuse', 'recording']);
    expect((await server.as(sibling.email, PASSWORD)).token).toBeTruthy();
  });
});
