import { count, inArray, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, addTenant, startTestServer, type TestServer } from '../../tests/support/server.ts';
import { newId } from './ids.ts';
import { students } from './schema/index.ts';
import type { Tx } from './tenancy.ts';

let server: TestServer;
let other: Api;
let otherTenant = '';
beforeAll(async () => {
  server = await startTestServer({ students: 3 });
  other = await addTenant(server, 'other', 'eu');
  otherTenant = (await other.get<{ tenantId: string }>('/auth/me')).body.tenantId;
});
afterAll(() => server?.close());

const own = <T>(work: (tx: Tx) => Promise<T>) => server.context.db.tenant(server.seeded!.tenantId, work);
const counted = async (tx: Tx) => (await tx.select({ n: count() }).from(students))[0]?.n;
const kept = (tx: Tx) =>
  tx.execute<{ statement: string }>(sql`select statement from pg_prepared_statements where ${true}`);

it('holds the first queries of a transaction to its institution, however many are at work', async () => {
  const found = await Promise.all(
    Array.from({ length: 200 }, (_, at) =>
      at % 2 === 0
        ? own((tx) => Promise.all([counted(tx), counted(tx)]))
        : server.context.db.tenant(otherTenant, (tx) => Promise.all([counted(tx), counted(tx)])),
    ),
  );
  found.forEach((pair, at) => {
    expect(pair).toEqual(at % 2 === 0 ? [3, 3] : [0, 0]);
  });
});

it('keeps a statement that comes again, and none for a list that hardly does', async () => {
  const statements = await own(async (tx) => {
    const ids = Array.from({ length: 200 }, newId);
    await tx
      .select()
      .from(students)
      .where(inArray(students.number, ['1']));
    await tx.select().from(students).where(inArray(students.id, ids));
    return (await kept(tx)).map(({ statement }) => statement);
  });
  expect(statements.some((text) => text.includes('"students"."number" in ($1)'))).toBe(true);
  expect(statements.some((text) => text.includes('$200'))).toBe(false);
});

it('keeps them in a savepoint too, which can be rolled back alone', async () => {
  const { before, statements, after } = await own(async (tx) => {
    const before = await counted(tx);
    let statements: string[] = [];
    await tx
      .transaction(async (inner) => {
        await inner.delete(students).where(inArray(students.number, ['1', '2', '3', '4']));
        statements = (await kept(inner)).map(({ statement }) => statement);
        throw new Error('not this time');
      })
      .catch(() => undefined);
    return { before, statements, after: await counted(tx) };
  });
  expect(statements.some((text) => text.startsWith('delete from "students"'))).toBe(true);
  expect(after).toBe(before);
});

it('says of a transaction that its work failed, and goes on with the next', async () => {
  await expect(own((tx) => tx.execute(sql`select 1 / ${0}::int`))).rejects.toThrow();
  await expect(
    own(async () => {
      throw new Error('of its own');
    }),
  ).rejects.toThrow('of its own');
  expect(await own(counted)).toBe(3);
});
