import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import pino from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSql } from './client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { newId } from './ids.ts';
import { withPreparedStatements } from './prepared.ts';
import * as schema from './schema/index.ts';
import { type Drizzle, inTenant, type Tx } from './tenancy.ts';

const log = pino({ level: 'silent' });
const mine = newId();
const others = newId();
let dataDir = '';
let postgres: EmbeddedPostgres;
/** One connection: whoever comes next gets the one that somebody else has just had. */
let one: ReturnType<typeof openSql>;
let db: Drizzle;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'yoklama-transaction-'));
  // Postgres runs as another user where this is root.
  await chmod(dataDir, 0o755);
  postgres = await startEmbeddedPostgres({ dataDir, log });
  one = withPreparedStatements(openSql(postgres.owner('postgres'), { pool: 1, log }));
  db = drizzle(one, { schema });
  await one`create table notes (text text)`;
});
afterAll(async () => {
  await one?.end({ timeout: 1 });
  await postgres?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function promised<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}

/** Ends a connection as a restart of Postgres would. */
async function endBackend(pid: number): Promise<void> {
  const other = openSql(postgres.owner('postgres'), { pool: 1, log });
  await other`select pg_terminate_backend(${pid})`;
  await other.end();
}

const institution = async (tx: Tx) =>
  (await tx.execute<{ id: string }>(sql`select current_setting('app.tenant_id', true) as id`))[0]?.id;

/** A transaction of the other institution that stays open until `end` is called. */
function held() {
  const started = promised<void>();
  const end = promised<void>();
  const result = inTenant(db, others, async (tx) => {
    const first = await institution(tx);
    started.resolve();
    await end.promise;
    return [first, await institution(tx)];
  });
  return { started: started.promise, end: end.resolve, result };
}

it('asks nothing more once its connection is lost: another institution may be at work on the next one', async () => {
  let theirs: ReturnType<typeof held> | undefined;
  let after: unknown;
  const lost = inTenant(db, mine, async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await endBackend(row!.pid);
    theirs = held();
    await theirs.started;
    after = await institution(tx).catch((error: Error) => error);
    theirs.end();
  });
  await expect(lost).rejects.toThrow();
  await expect.poll(() => after, { timeout: 10_000 }).toBeInstanceOf(Error);
  expect(await theirs!.result).toEqual([others, others]);
});

it('asks nothing more once it has failed, even where a part of it is still at work', async () => {
  const late = promised<void>();
  let after: unknown;
  const failed = inTenant(db, mine, (tx) =>
    Promise.all([
      tx.execute(sql`select 1 / 0`),
      late.promise.then(async () => {
        after = await institution(tx).catch((error: Error) => error);
      }),
    ]),
  );
  await expect(failed).rejects.toThrow();
  const theirs = held();
  await theirs.started;
  late.resolve();
  await expect.poll(() => after).toBeInstanceOf(Error);
  theirs.end();
  expect(await theirs.result).toEqual([others, others]);
});

it('asks nothing more once it has ended well', async () => {
  const late = promised<void>();
  let after: unknown;
  await inTenant(db, mine, async (tx) => {
    void late.promise.then(async () => {
      after = await institution(tx).catch((error: Error) => error);
    });
    return institution(tx);
  });
  late.resolve();
  await expect.poll(() => after).toBeInstanceOf(Error);
});

it('rolls back all that was done before the connection was lost, and goes on with the next', async () => {
  const lost = inTenant(db, mine, async (tx) => {
    await tx.execute(sql`insert into notes values ('never')`);
    await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
  });
  await expect(lost).rejects.toThrow();
  const found = await inTenant(db, mine, (tx) => tx.execute(sql`select * from notes`));
  expect(found).toHaveLength(0);
});

it('keeps many short transactions of two institutions apart on one connection', async () => {
  const found = await Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      const whose = at % 2 === 0 ? mine : others;
      const ids = await inTenant(db, whose, async (tx) => {
        const both = await Promise.all([institution(tx), institution(tx)]);
        if (at % 7 === 0) await tx.transaction(async (inner) => institution(inner));
        return [...both, await institution(tx)];
      });
      return ids.every((id) => id === whose);
    }),
  );
  expect(found.every(Boolean)).toBe(true);
});

it('outlives a connection that is lost before its first question, while the driver asks for the types', async () => {
  const connection = postgres.owner('postgres');
  if (!('socketDir' in connection)) throw new Error('the embedded Postgres is reached by a socket');
  const file = `/.s.PGSQL.${connection.port}`;
  const socketDir = await mkdtemp(join(tmpdir(), 'yoklama-proxy-'));
  const killer = openSql(connection, { pool: 1, log });
  await killer`select 1`;
  let lost = 0;
  const proxy = createServer((from) => {
    const to = connect(connection.socketDir + file);
    to.on('data', (data) => from.write(data))
      .on('error', () => from.destroy())
      .on('close', () => from.end());
    from.on('data', (data) => {
      if (lost > 2 || !data.includes('typarray')) return void to.write(data);
      lost++;
      // As a restart does: what it says reaches the question that nobody has answered.
      void killer`
        select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`.execute();
    });
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(socketDir + file, resolve));
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', hear);
  const shaky = openSql({ ...connection, socketDir }, { pool: 1, log });
  try {
    const [row] = await shaky`select array[1, 2] as found`;
    expect(row?.found).toEqual([1, 2]);
    expect([lost, unhandled]).toEqual([3, []]);
  } finally {
    process.off('unhandledRejection', hear);
    await Promise.all([shaky.end({ timeout: 1 }), killer.end({ timeout: 1 })]);
    proxy.close();
    await rm(socketDir, { recursive: true, force: true });
  }
});

it('answers or refuses every transaction while connections are lost over and over, each with what is its own', async () => {
  const killer = openSql(postgres.owner('postgres'), { pool: 1, log });
  await killer`select 1`;
  const pool = withPreparedStatements(openSql(postgres.owner('postgres'), { pool: 10, log }));
  const many = drizzle(pool, { schema });
  const ids = Array.from({ length: 12 }, newId);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const wrong: unknown[] = [];
  let answered = 0;
  try {
    for (let round = 0; round < 40; round++) {
      const all = Promise.all(
        ids.map((id) =>
          inTenant(many, id, async (tx) => {
            const found = [await institution(tx), await institution(tx)];
            if (found.some((one) => one !== id)) wrong.push(found);
            answered++;
          }).catch(() => undefined),
        ),
      );
      await pause((round * 7) % 13);
      for (let time = 0; time <= round % 2; time++) {
        await killer`
          select pg_terminate_backend(pid) from pg_stat_activity
          where backend_type = 'client backend' and pid <> pg_backend_pid()`;
        await pause((round * 5) % 6);
      }
      expect(await Promise.race([all.then(() => 'settled'), pause(5000)])).toBe('settled');
    }
    expect(wrong).toEqual([]);
    expect(answered).toBeGreaterThan(0);
  } finally {
    await Promise.all([pool.end({ timeout: 1 }), killer.end({ timeout: 1 })]);
  }
});
