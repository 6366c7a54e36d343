import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/support/live.ts';
import { type Api, addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { openSql } from '../../db/client.ts';
import type { Verification } from './verify.ts';
import { checkpointHead, purgeAudit } from './verify.ts';

interface Entry {
  seq: number;
  action: string;
  actor: { kind: string; id: string | null; name: string | null };
  subject: { type: string | null; id: string | null };
  address: string | null;
  requestId: string | null;
  data: Record<string, unknown>;
}
interface Entries {
  total: number;
  items: Entry[];
}

let server: TestServer;
let tenantId = '';
beforeAll(async () => {
  server = await startTestServer({ students: 2 });
  tenantId = server.seeded!.tenantId;
});
afterAll(() => server?.close());

const audit = async (query = '', api: Api = server.admin) => (await api.get<Entries>(`/audit${query}`)).body;
const verify = async (api: Api = server.admin) => (await api.get<Verification>('/audit/verify')).body;

/** As the database's owner, past what the application may do: what somebody with the disk could do. */
async function asOwner(work: (run: (text: string) => Promise<unknown>) => Promise<unknown>): Promise<void> {
  const owner = openSql(server.postgres!.owner('yoklama'), { pool: 1, log: server.context.log });
  try {
    await owner.unsafe('alter table audit_log no force row level security');
    await work((text) => owner.unsafe(text));
    await owner.unsafe('alter table audit_log force row level security');
  } finally {
    await owner.end();
  }
}

describe('what is written', () => {
  it('names who, what, whom, which fields and from where, and no value', async () => {
    const student = server.seeded!.students[0]!.id;
    const { headers } = await server.admin.call('PATCH', `/students/${student}`, { name: 'Gizli İsim' });
    const [entry] = (await audit(`?subjectId=${student}&action=patch`)).items;
    expect(entry).toMatchObject({
      action: 'PATCH /students/{id}',
      actor: { kind: 'user', name: 'Yönetici' },
      subject: { type: 'student', id: student },
      address: '127.0.0.1',
      requestId: headers.get('x-request-id'),
      data: { fields: ['name'] },
    });
    expect(JSON.stringify(entry)).not.toContain('Gizli');
  });

  it('has the id of what was made, in the same transaction', async () => {
    const made = await server.admin.post<{ id: string }>('/students', { number: 'A1', name: 'Yeni' });
    const [entry] = (await audit(`?subjectId=${made.body.id}`)).items;
    expect(entry).toMatchObject({ action: 'POST /students', subject: { type: 'student', id: made.body.id } });
    const written = await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`select s.xmin = a.xmin as same from students s, audit_log a
        where s.id = ${made.body.id} and a.subject_id = s.id`),
    );
    expect(written).toEqual([{ same: true }]);
  });

  it('has writes whose address is spelt otherwise', async () => {
    const token = `Bearer ${server.admin.token}`;
    const answer = await fetch(`${server.url}/%61pi/v1/students`, {
      method: 'POST',
      headers: { authorization: token, 'content-type': 'application/json' },
      body: JSON.stringify({ number: 'SPELT', name: 'Spelt' }),
    });
    expect(answer.status).toBe(201);
    const { id } = (await answer.json()) as { id: string };
    expect((await audit(`?subjectId=${id}`)).total).toBe(1);
  });

  it('has nothing of requests that only read, that were refused, or that failed', async () => {
    const before = (await audit()).total;
    await server.admin.get('/students');
    await server.admin.post('/students', { number: '' });
    await server.admin.post('/students', { number: 'S101', name: 'Same number' });
    await server.teacher.call('DELETE', `/students/${server.seeded!.students[0]!.id}`);
    expect((await audit()).total).toBe(before);
  });

  it('has sign-ins, and those that failed', async () => {
    await server.anonymous.post('/auth/login', {
      email: 'teacher@test.local',
      password: 'wrong wrong wrong',
    });
    await server.as('teacher@test.local', 'correct horse battery');
    // Not waited for by the answer, so that its time tells nothing.
    await eventually(async () => (await audit('?action=login-failed')).total === 1);
    const items = [
      (await audit('?action=POST%20/auth/login&limit=1')).items[0]!,
      (await audit('?action=login-failed')).items[0]!,
    ];
    expect(items.map((entry) => entry.action)).toEqual(['POST /auth/login', 'auth.login-failed']);
    expect(items[0]!.actor.id).toBe(items[1]!.subject.id);
  });

  it('has views of faces', async () => {
    const student = server.seeded!.students[1]!.id;
    await server.teacher.get(`/students/${student}/face`);
    const [entry] = (await audit(`?subjectId=${student}`)).items;
    expect(entry).toMatchObject({ action: 'GET /students/{id}/face', data: { view: 'biometric' } });
  });

  it('is for administrators, and of their own institution', async () => {
    expect((await server.teacher.get('/audit')).status).toBe(403);
    const other = await addTenant(server, 'audit-other');
    const theirs = await audit('', other);
    expect(theirs.items.map((entry) => entry.action)).toEqual(['POST /auth/login']);
    expect(theirs.items[0]!.seq).toBe(1);
  });

  it('comes as CSV that no spreadsheet runs', async () => {
    const answer = await server.admin.get<Buffer>('/audit/export.csv?action=login');
    expect(answer.headers.get('content-disposition')).toContain('audit.csv');
    const text = Buffer.from(answer.body).toString('utf8');
    expect(text.split('\n')[0]).toContain('seq,at,actorKind');
    expect(text).toContain('auth.login-failed');
    expect((await audit()).items[0]).toMatchObject({
      action: 'GET /audit/export.csv',
      data: { view: 'export' },
    });
  });
});

describe('the chain', () => {
  it('holds when a hundred write at once, without a gap, and quickly', async () => {
    const before = (await audit()).total;
    const started = performance.now();
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        server.admin.post('/students', { number: `P${index}`, name: `Parallel ${index}` }),
      ),
    );
    expect(made.every((answer) => answer.status === 201)).toBe(true);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect((await audit()).total).toBe(before + 100);
    const verified = await verify();
    expect(verified).toMatchObject({ ok: true, broken: null, firstSeq: 1 });
    expect(verified.lastSeq).toBe(verified.entries);
  });

  it('cannot be changed by the application', async () => {
    for (const statement of [
      `update audit_log set action = 'x'`,
      'delete from audit_log',
      'delete from audit_checkpoints',
      `update audit_checkpoints set seq = 1`,
    ]) {
      await expect(
        server.context.db.tenant(tenantId, (tx) => tx.execute(sql.raw(statement))),
        statement,
      ).rejects.toMatchObject({ cause: { code: '42501' } });
    }
    const purge = server.context.db.tenant(tenantId, (tx) => tx.execute(sql`select audit_purge(3)`));
    await expect(purge).rejects.toMatchObject({ cause: { code: '23514' } });
  });

  it.each([
    ['a changed row', `update audit_log set action = 'GET /nothing' where seq = 5 and T`, 5, 'changed'],
    ['changed details', `update audit_log set data = '{"fields":[]}' where seq = 6 and T`, 6, 'changed'],
    [
      'a changed time',
      `update audit_log set at = at + interval '1 microsecond' where seq = 4 and T`,
      4,
      'changed',
    ],
    ['another actor', `update audit_log set actor_id = null where seq = 7 and T`, 7, 'changed'],
    ['another address', `update audit_log set address = '9.9.9.9' where seq = 3 and T`, 3, 'origin-changed'],
    ['a removed row', 'delete from audit_log where seq = 8 and T', 8, 'missing'],
    [
      'rows in another order',
      `update audit_log set seq = 1000000 where seq = 3 and T; update audit_log set seq = 3 where seq = 4 and T;
       update audit_log set seq = 4 where seq = 1000000 and T`,
      3,
      'unlinked',
    ],
  ])('shows %s', async (_name, statement, seq, fault) => {
    await asOwner(async (run) => {
      await run('create table kept as select * from audit_log');
      try {
        await run(statement.replaceAll(' T', ` tenant_id = '${tenantId}'`));
        expect(await verify()).toMatchObject({ ok: false, broken: { seq, fault } });
      } finally {
        await run('delete from audit_log; insert into audit_log select * from kept; drop table kept');
      }
    });
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('shows an end that was cut off after a checkpoint, and a checkpoint that was forged', async () => {
    await server.context.db.tenant(tenantId, (tx) => checkpointHead(server.context, tx, tenantId));
    const { lastSeq } = await verify();
    await asOwner(async (run) => {
      await run('create table kept as select * from audit_log');
      try {
        await run(`delete from audit_log where seq > ${lastSeq! - 3} and tenant_id = '${tenantId}'`);
        expect(await verify()).toMatchObject({ ok: false, broken: { seq: lastSeq! - 2, fault: 'cut-off' } });
        await run('alter table audit_checkpoints no force row level security');
        await run(`update audit_checkpoints set seq = ${lastSeq! - 3}`);
        expect(await verify()).toMatchObject({ ok: false, broken: { fault: 'checkpoint-forged' } });
        await run(`update audit_checkpoints set seq = ${lastSeq}`);
      } finally {
        await run('alter table audit_checkpoints force row level security');
        await run('delete from audit_log; insert into audit_log select * from kept; drop table kept');
      }
    });
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('goes on after old entries were purged', async () => {
    const { total, items } = await audit('?limit=500');
    const middle = items.find((entry) => entry.seq === 20)! as Entry & { at: string };
    const removed = await server.context.db.tenant(tenantId, (tx) =>
      purgeAudit(server.context, tx, tenantId, new Date(middle.at)),
    );
    expect(removed).toBeGreaterThan(0);
    expect(
      await server.context.db.tenant(tenantId, (tx) =>
        purgeAudit(server.context, tx, tenantId, new Date(middle.at)),
      ),
    ).toBe(0);
    await server.admin.post('/students', { number: 'AFTER', name: 'After' });
    expect((await audit()).total).toBe(total - removed + 1);
    expect(await verify()).toMatchObject({ ok: true, firstSeq: removed + 1 });
  });
});
