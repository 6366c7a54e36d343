import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { sql } from 'drizzle-orm';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  addTenant,
  createApi,
  startTestServer,
  type TestServer,
} from '../../tests/support/server.ts';
import { sendSignal } from '../db/embedded/processes.ts';
import { newId } from '../db/ids.ts';
import type { App } from '../http.ts';
import { requireCallers } from './auth.ts';
import { cacheAnswers, matches } from './cache.ts';
import { handleErrors } from './errors.ts';
import { secure } from './security.ts';

type Failure = { error: { code: string } };
type Student = { id: string; name: string };

let server: TestServer;
let offsetMs = 0;
beforeAll(async () => {
  server = await startTestServer({
    students: 3,
    overrides: { clock: { now: () => Date.now() + offsetMs } },
  });
});
afterAll(() => server?.close());

let numbers = 0;
const newStudent = () => ({ number: `I${++numbers}`, name: `İlk ${numbers}` });
const post = <T = Student & Failure>(
  key: string,
  body: unknown,
  who: Api = server.admin,
  path = '/students',
) => who.call<T>('POST', path, body, { 'idempotency-key': key });
const tenant = <T extends Record<string, unknown>>(query: ReturnType<typeof sql>) =>
  server.context.db.tenant(server.seeded!.tenantId, (tx) => tx.execute<T>(query));

describe('Idempotency-Key', () => {
  it('gives the same request the same answer, and does it once', async () => {
    const body = newStudent();
    const first = await post('a-key', body);
    const again = await post('a-key', body);
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  });

  it('is refused for another request, and belongs to its caller', async () => {
    const body = newStudent();
    await post('one', body);
    const other = await post('one', newStudent());
    expect([other.status, other.body.error.code]).toEqual([422, 'idempotency-key-reused']);
    const elsewhere = await post<Failure>('one', body, server.admin, '/courses');
    expect(elsewhere.status).toBe(400);
    const outsider = await addTenant(server, 'manners');
    expect((await post('one', newStudent(), outsider)).status).toBe(201);
  });

  it('keeps refusals too, but no request that was not valid', async () => {
    const body = newStudent();
    await server.admin.post('/students', body);
    const taken = await post('taken', body);
    expect([taken.status, taken.body.error.code]).toEqual([409, 'student-number-taken']);
    expect((await post('taken', body)).headers.get('idempotency-replayed')).toBe('true');
    expect((await post('bad', { number: 5 })).status).toBe(400);
    expect((await post('bad', newStudent())).status).toBe(201);
  });

  it('has a form', async () => {
    for (const key of ['x'.repeat(201), 'a b', 'a,\tb']) {
      const answer = await post(key, newStudent());
      expect([answer.status, answer.body.error.code], key).toEqual([400, 'idempotency-key-invalid']);
    }
    expect((await post('x'.repeat(200), newStudent())).status).toBe(201);
  });

  it('lets one of ten at once do it', async () => {
    const body = newStudent();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('rush', body)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  });

  it('says so where the first is still at work, and takes a key over whose server died', async () => {
    const body = newStudent();
    await post('slow', body);
    await tenant(sql`update idempotency_keys set status = null, answer = null,
      expires_at = now() + interval '1 minute' where key = 'slow'`);
    const busy = await post('slow', body);
    expect([busy.status, busy.body.error.code, busy.headers.get('retry-after')]).toEqual([
      409,
      'idempotency-in-progress',
      '1',
    ]);
    await tenant(
      sql`update idempotency_keys set expires_at = now() - interval '1 second' where key = 'slow'`,
    );
    expect((await post('slow', body)).body.error.code).toBe('student-number-taken');
  });

  it('is kept for a day, sealed, and purged', async () => {
    const body = { ...newStudent(), name: 'Gizli Öğrenci' };
    await post('day', body);
    const [row] = await tenant<{ text: string }>(
      sql`select encode(answer, 'escape') as text from idempotency_keys where key = 'day'`,
    );
    expect(row!.text.length).toBeGreaterThan(50);
    expect(row!.text).not.toContain('Gizli');
    offsetMs = 3 * 24 * 3_600_000;
    const { removed } = await server.context.retention.run(server.seeded!.tenantId);
    offsetMs = 0;
    expect(removed['idempotency-keys']).toBeGreaterThan(0);
    expect((await post('day', body)).body.error.code).toBe('student-number-taken');
  });

  it('holds for forms with files, whose boundary differs from attempt to attempt', async () => {
    const path = `/students/${server.seeded!.students[0]!.id}/face`;
    const form = (bytes: number) => {
      const data = new FormData();
      data.append('photo', new Blob([new Uint8Array(bytes)]), 'a.jpg');
      return data;
    };
    const first = await post('form', form(100), server.admin, path);
    const again = await post('form', form(100), server.admin, path);
    const other = await post('form', form(101), server.admin, path);
    // Without a video worker it is refused with 503, which is not kept.
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([503, 503, null]);
    expect(other.status).toBe(503);
  });
});

describe('conditional requests', () => {
  it('are answered with 304 where nothing changed', async () => {
    const path = `/students/${server.seeded!.students[0]!.id}`;
    const first = await server.admin.get(path);
    const etag = first.headers.get('etag')!;
    expect([etag, first.headers.get('cache-control')]).toEqual([
      expect.stringMatching(/^"[\w-]{22}"$/),
      'private, no-cache',
    ]);
    const asked = (value: string) => server.admin.call('GET', path, undefined, { 'if-none-match': value });
    for (const value of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await asked(value);
      expect([answer.status, answer.headers.get('etag')], value).toEqual([304, etag]);
    }
    expect((await asked('"other"')).status).toBe(200);
    await server.admin.call('PATCH', path, { name: 'Yeni Ad' });
    expect((await asked(etag)).status).toBe(200);
    expect((await server.anonymous.get(path)).headers.get('etag')).toBeNull();
  });

  it('are compared weakly', () => {
    expect(matches(undefined, '"a"')).toBe(false);
    expect(matches('W/"a"', '"a"')).toBe(true);
    expect(matches('"ab"', '"a"')).toBe(false);
  });
});

describe('the cache', () => {
  /** Routes of its own over the real context, so that no feature's rules get in between. */
  let asked = 0;
  let app: App;
  let url: string;
  let admin: Api;
  let teacher: Api;
  beforeAll(async () => {
    const { context } = server;
    app = fastify().withTypeProvider<TypeBoxTypeProvider>() as unknown as App;
    handleErrors(app);
    await secure(app, context);
    requireCallers(app, context);
    cacheAnswers(app, context);
    const path = '/api/v1/test/students';
    app.get(path, { config: { cache: { seconds: 60, tags: ['rosters'] } } }, async ({ caller }) => {
      asked++;
      const [row] = await context.db.read(caller.tenantId, (tx) =>
        tx.execute<{ n: number }>(sql`select count(*)::int as n from students`),
      );
      return { n: row!.n, role: caller.role };
    });
    app.post(path, async ({ caller }, reply) => {
      const { number, name } = newStudent();
      await context.db.tenant(caller.tenantId, (tx) =>
        tx.execute(sql`insert into students (id, tenant_id, number, name, search_text)
          values (${newId()}, ${caller.tenantId}, ${number}, ${name}, ${name})`),
      );
      return reply.code(201).send({});
    });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    admin = createApi(url, server.admin.token);
    teacher = createApi(url, server.teacher.token);
  });
  afterAll(() => app?.close());
  const ask = async (who: Api, headers: Record<string, string> = {}) => {
    const before = asked;
    const answer = await who.call<{ n: number; role: string }>('GET', '/test/students', undefined, headers);
    return { ...answer, fresh: asked > before };
  };

  it('answers from memory until something behind a tag changes', async () => {
    const first = await ask(admin);
    const second = await ask(admin);
    expect([first.fresh, second.fresh]).toEqual([true, false]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    const third = await ask(admin, { 'if-none-match': first.headers.get('etag')! });
    expect([third.status, third.fresh]).toEqual([304, false]);
  });

  it('keeps the reaches of roles and of people apart', async () => {
    await ask(admin);
    expect((await ask(teacher)).body.role).toBe('teacher');
    expect((await ask(teacher)).fresh).toBe(false);
    expect((await ask(admin)).body.role).toBe('sysadmin');
    expect((await ask(createApi(url, null))).status).toBe(401);
    const outsider = createApi(url, (await addTenant(server, 'cache')).token);
    expect((await ask(outsider)).body.n).toBe(0);
  });

  it('lets a client read what it wrote', async () => {
    for (let round = 0; round < 20; round++) {
      const before = (await ask(admin)).body.n;
      expect((await admin.post('/test/students', {})).status).toBe(201);
      expect((await ask(admin)).body.n).toBe(before + 1);
    }
  });

  it('forgets what another server, or a job, has changed', async () => {
    const before = await ask(admin);
    await tenant(sql`update students set updated_at = now()`);
    await until(async () => (await ask(admin)).fresh);
    expect((await ask(admin)).body).toEqual(before.body);
    // What the answer does not depend on does not matter to it.
    await tenant(sql`update attendance_records set updated_at = now()`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask(admin)).fresh).toBe(false);
  });

  it('knows nothing any more when the database has been away', async () => {
    await ask(admin);
    sendSignal(server.postgres!.pid()!, 'SIGKILL');
    await until(async () => {
      const answer = await ask(admin);
      return answer.status === 200 && answer.fresh;
    });
    // And hears of changes again.
    await ask(admin);
    await tenant(sql`update students set updated_at = now()`);
    await until(async () => (await ask(admin)).fresh);
  });
});

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('It did not happen within 30 s.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
