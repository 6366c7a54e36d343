import { sql } from 'drizzle-orm';
import type { FastifyError } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../tests/support/server.ts';
import type { Tx } from '../db/tenancy.ts';
import { toApiError } from './errors.ts';

describe('work that others kept from ending', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ students: 2 });
  });
  afterAll(() => server?.close());

  const inTenant = (work: (tx: Tx) => Promise<unknown>) =>
    server.context.db.tenant(server.seeded!.tenantId, work);
  const answerTo = (reason: unknown) => {
    const { status, code } = toApiError(reason as FastifyError);
    return { status, code };
  };
  const busy = { status: 503, code: 'database-busy' };

  it('is to be tried again where two wait for each other', async () => {
    const [a, b] = server.seeded!.students.map(({ id }) => id);
    let locked = 0;
    let bothLocked!: () => void;
    const both = new Promise<void>((resolve) => {
      bothLocked = resolve;
    });
    const lock = (tx: Tx, id: string | undefined) =>
      tx.execute(sql`select from students where id = ${id} for update`);
    const one = (first: string | undefined, then: string | undefined) =>
      inTenant(async (tx) => {
        await lock(tx, first);
        if (++locked === 2) bothLocked();
        await both;
        await lock(tx, then);
      });
    const ended = await Promise.allSettled([one(a, b), one(b, a)]);
    const failed = ended.flatMap((result) => (result.status === 'rejected' ? result.reason : []));
    // One of the two goes on.
    expect(failed.map(answerTo)).toEqual([busy]);
  });

  it('is to be tried again where it took too long', async () => {
    const slow = inTenant(async (tx) => {
      await tx.execute(sql`set local statement_timeout = 50`);
      await tx.execute(sql`select pg_sleep(5)`);
    });
    expect(answerTo(await slow.catch((reason: unknown) => reason))).toEqual(busy);
  });
});
