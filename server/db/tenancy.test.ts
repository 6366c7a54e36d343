import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addTenant, startTestServer, type TestServer } from '../../tests/support/server.ts';
import { newId } from './ids.ts';
import { emotionHistory, students, tenants } from './schema/index.ts';
import type { Tx } from './tenancy.ts';

let server: TestServer;
let other: Api;
let otherTenant = '';
beforeAll(async () => {
  server = await startTestServer({ students: 2 });
  other = await addTenant(server, 'other', 'eu');
  otherTenant = (await other.get<{ tenantId: string }>('/auth/me')).body.tenantId;
});
afterAll(() => server?.close());

const asOther = <T>(work: (tx: Tx) => Promise<T>) => server.context.db.tenant(otherTenant, work);
const rows = (tx: Tx, text: string) => tx.execute<Record<string, unknown>>(sql.raw(text));

describe('row-level security', () => {
  it('holds every table that has a tenant, and its owner too', async () => {
    const tables = await server.context.db.system((tx) =>
      rows(
        tx,
        `select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and c.relkind in ('r', 'p')`,
      ),
    );
    expect(tables.length).toBeGreaterThanOrEqual(17);
    for (const table of tables)
      expect(table, String(table.name)).toMatchObject({ enabled: true, forced: true });
  });

  it('works as a role that cannot pass it', async () => {
    const [role] = await asOther((tx) =>
      rows(
        tx,
        'select current_user as name, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user',
      ),
    );
    expect(role).toEqual({ name: 'yoklama_app', rolsuper: false, rolbypassrls: false, rolcreaterole: false });
  });

  it('shows no row of another institution, whatever the query asks for', async () => {
    const { tenantId } = server.seeded!;
    const mine = await server.context.db.tenant(tenantId, (tx) => tx.select().from(students));
    expect(mine).toHaveLength(2);
    expect(await asOther((tx) => tx.select().from(students))).toHaveLength(0);
    for (const table of ['students', 'users', 'courses', 'enrolments', 'consents', 'tenants']) {
      const column = table === 'tenants' ? 'id' : 'tenant_id';
      const found = await asOther((tx) => rows(tx, `select * from ${table} where ${column} = '${tenantId}'`));
      expect(found, table).toHaveLength(0);
    }
  });

  it('changes and removes no row of another institution, and adds none to it', async () => {
    const { tenantId, students: seeded } = server.seeded!;
    const changed = await asOther((tx) =>
      rows(tx, `update students set name = 'x' where id = '${seeded[0]!.id}' returning 1`),
    );
    const removed = await asOther((tx) => rows(tx, `delete from students returning 1`));
    expect([changed.length, removed.length]).toEqual([0, 0]);
    const smuggled = asOther((tx) =>
      tx.insert(students).values({ id: newId(), tenantId, number: 'X', name: 'X', searchText: 'x' }),
    );
    await expect(smuggled).rejects.toMatchObject({ cause: { code: '42501' } });
    const moved = asOther(async (tx) => {
      await tx
        .insert(students)
        .values({ id: newId(), tenantId: otherTenant, number: 'Y', name: 'Y', searchText: 'y' });
      await tx.update(students).set({ tenantId });
    });
    await expect(moved).rejects.toMatchObject({ cause: { code: '42501' } });
  });

  it('does not let a row point at another institution’s', async () => {
    const student = server.seeded!.students[0]!.id;
    const course = (await other.post<{ id: string }>('/courses', { code: 'OWN', name: 'Own' })).body.id;
    const linked = asOther((tx) =>
      rows(
        tx,
        `insert into enrolments (tenant_id, course_id, student_id) values ('${otherTenant}', '${course}', '${student}')`,
      ),
    );
    await expect(linked).rejects.toMatchObject({ cause: { code: '23503' } });
  });

  it('shows nothing without an institution, and forgets it with the transaction', async () => {
    await asOther(async (tx) => rows(tx, 'select 1'));
    for (let connection = 0; connection < 15; connection++) {
      const found = await server.context.db.system((tx) => tx.select().from(students));
      expect(found).toHaveLength(0);
    }
  });

  it('opens for the system what signing in needs, and no more', async () => {
    const counts = await server.context.db.system(async (tx) => ({
      tenants: (await tx.select().from(tenants)).length,
      courses: (await rows(tx, 'select 1 from courses')).length,
      consents: (await rows(tx, 'select 1 from consents')).length,
    }));
    expect(counts).toEqual({ tenants: 2, courses: 0, consents: 0 });
  });

  it('refuses a tenant id that is not one', async () => {
    await expect(server.context.db.tenant("x' or true --", async () => 1)).rejects.toThrow(TypeError);
  });
});

describe('what the application’s role may not do', () => {
  it.each([
    "update attendance_events set type = 'x'",
    'update consents set granted = true',
    'delete from erasure_receipts',
    'drop table students',
    'alter table students disable row level security',
    'create table mine (id int)',
    'select * from drizzle.__drizzle_migrations',
    'set role yoklama_owner',
  ])('%s', async (statement) => {
    await expect(asOther((tx) => rows(tx, statement))).rejects.toMatchObject({ cause: { code: '42501' } });
  });
});

describe('the emotion lock in the database', () => {
  it('lets no institution under a policy that prohibits it choose a mode', async () => {
    const chosen = asOther((tx) => tx.update(tenants).set({ emotionMode: 'class' }));
    await expect(chosen).rejects.toMatchObject({
      cause: { code: '23514', constraint_name: 'tenants_emotion_check' },
    });
  });

  it('keeps no emotion in a session whose policy says off, and no aggregate of few', async () => {
    const { tenantId, courseId, students: seeded } = server.seeded!;
    const keep = async (emotion: 'off' | 'class' | 'individual', people: number, studentId: string | null) =>
      server.context.db.tenant(tenantId, async (tx) => {
        const sessionId = newId();
        const policy = JSON.stringify({ id: 'default', emotion, minClassSize: 5 });
        await rows(
          tx,
          `insert into class_sessions (id, tenant_id, course_id, status, starts_at, opened_at, policy, rules)
           values ('${sessionId}', '${tenantId}', '${courseId}', 'closed', now(), now(), '${policy}', '{}')`,
        );
        const row = { id: newId(), tenantId, sessionId, studentId, people, lengthMs: 10_000, samples: 9 };
        await tx
          .insert(emotionHistory)
          .values({ ...row, startAt: new Date(), scores: [1, 0, 0, 0, 0, 0, 0] });
        await tx.execute(sql`select 1`);
      });
    const student = seeded[0]!.id;
    await expect(keep('off', 20, null)).rejects.toMatchObject({ cause: { code: '23514' } });
    await expect(keep('class', 4, null)).rejects.toMatchObject({ cause: { code: '23514' } });
    await expect(keep('class', 1, student)).rejects.toMatchObject({ cause: { code: '23514' } });
    await keep('class', 5, null);
    await keep('individual', 1, student);
  });
});

describe('another institution’s ids in the API', () => {
  it('are as unknown as no ids at all', async () => {
    const { courseId, students: seeded } = server.seeded!;
    const student = seeded[0]!.id;
    const course = (await other.post<{ id: string }>('/courses', { code: 'A', name: 'A' })).body.id;
    const tried: [string, string, unknown?][] = [
      ['GET', `/students/${student}`],
      ['PATCH', `/students/${student}`, { name: 'Mine' }],
      ['DELETE', `/students/${student}`],
      ['PUT', `/students/${student}/consents`, { purpose: 'face', granted: false }],
      ['GET', `/students/${student}/face`],
      ['DELETE', `/students/${student}/face/${newId()}`],
      ['GET', `/students/${student}/face/${newId()}/thumbnail`],
      ['GET', `/courses/${courseId}`],
      ['PATCH', `/courses/${courseId}`, { name: 'Mine' }],
      ['DELETE', `/courses/${courseId}`],
      ['GET', `/courses/${courseId}/enrolments`],
      ['POST', `/courses/${courseId}/enrolments`, { studentIds: [student] }],
      ['POST', `/courses/${course}/enrolments`, { studentIds: [student] }],
      ['DELETE', `/courses/${courseId}/enrolments/${student}`],
    ];
    for (const [method, path, body] of tried) {
      const answer = await other.call(method, path, body);
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
    const form = new FormData();
    form.append('photo', new Blob([new Uint8Array([1, 2, 3])]), 'photo.jpg');
    expect((await other.post(`/students/${student}/face`, form)).status).toBe(404);
    expect((await other.get<{ total: number }>('/students')).body.total).toBe(0);
    expect((await other.get<{ total: number }>('/users')).body.total).toBe(1);
    expect((await server.admin.get<{ name: string }>(`/students/${student}`)).body.name).toBe('Öğrenci 1');
  });
});
