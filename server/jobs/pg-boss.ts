import { setTimeout as pause } from 'node:timers/promises';
import PgBoss from 'pg-boss';
import type { Logger } from 'pino';
import type postgres from 'postgres';
import { newId } from '../db/ids.ts';
import { ApiError } from '../errors.ts';
import { type Definition, definition, failureText, resultOf, runAttempt } from './attempt.ts';
import type { KeepDeadLetter } from './dead-letters.ts';
import type { JobData, JobQueue, QueueStats } from './queue.ts';

/** How long a job of a killed server waits until another takes it over; renewed by its worker all the time. */
const LEASE_SECONDS = 30;
const POLL_MS = 1000;
const ARCHIVE_MS = 10 * 60_000;
const RETRY_MS = 1000;
const JITTER = 0.25;

interface Envelope {
  /** What was added; the row of it in the dead letters has this id. */
  id: string;
  data: JobData;
}

export interface PgBossOptions {
  /** As the application's role; a few connections. Closed by who made it. */
  sql: postgres.Sql;
  log: Logger;
  keepDeadLetter: KeepDeadLetter;
  leaseSeconds?: number;
}

/**
 * The queue in the database: nothing else to run, jobs survive what the database survives. pg-boss keeps the jobs; the
 * workers here are our own, because a worker must outlive an absent database, hold its job by a lease that it renews,
 * and count the attempts of a job whose server was killed.
 */
export function createPgBossQueue(options: PgBossOptions): JobQueue {
  const { sql, log, keepDeadLetter } = options;
  const leaseSeconds = options.leaseSeconds ?? LEASE_SECONDS;
  const definitions = new Map<string, Definition>();
  const running = new Map<string, { name: string; done: Promise<void> }>();
  const stopping = new AbortController();
  const abandoned = new AbortController();
  const loops: Promise<void>[] = [];
  let opened: Promise<PgBoss> | null = null;

  /** Until it has worked: an instance whose start failed cannot be started again. */
  function open(): Promise<PgBoss> {
    opened ??= openBoss(sql, log, [...definitions.keys()]).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  }

  /** The names of jobs that may run now: one query for all queues. */
  async function dueNames(): Promise<string[]> {
    const names = [...definitions.keys()];
    const rows = await sql<{ name: string }[]>`
      select name from unnest(${names}::text[]) as name
      where exists (select 1 from pgboss.job j
        where j.name = name.name and j.state < 'active' and j.start_after < now())`;
    return rows.map(({ name }) => name);
  }

  const active = (name: string) => [...running.values()].filter((job) => job.name === name).length;

  async function fill(name: string): Promise<void> {
    const found = definitions.get(name)!;
    const free = found.concurrency - active(name);
    if (free <= 0 || stopping.signal.aborted) return;
    const boss = await open();
    const jobs = await boss.fetch<Envelope>(name, { batchSize: free, includeMetadata: true });
    for (const job of jobs) {
      const done = work(found, job).finally(() => {
        running.delete(job.id);
        wake();
      });
      running.set(job.id, { name, done });
    }
  }

  async function work(found: Definition, job: PgBoss.JobWithMetadata<Envelope>): Promise<void> {
    const lease = setInterval(() => void renew(job), (leaseSeconds * 1000) / 3);
    const attempt = job.retryCount + 1;
    try {
      const { data } = job.data;
      const result = await runAttempt(
        found,
        { id: job.id, name: found.name, data, attempt },
        abandoned.signal,
      );
      await settle(async () => (await open()).complete(found.name, job.id, resultOf(result)));
    } catch (error) {
      if (abandoned.signal.aborted) await release(job).catch(() => undefined);
      else {
        log.warn({ err: error, job: found.name, id: job.id, attempt }, 'a job failed');
        await settle(() => fail(found, job, failureText(error)));
      }
    } finally {
      clearInterval(lease);
    }
  }

  /** Tried for as long as the lease holds: an absent database must not make a finished job run again. */
  async function settle(write: () => Promise<unknown>): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await write();
        return;
      } catch (error) {
        log.warn({ err: error }, 'the end of a job could not be written yet');
        if (tries >= leaseSeconds || abandoned.signal.aborted) return;
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async function renew(job: { id: string; name: string }): Promise<void> {
    try {
      await sql`update pgboss.job set expire_in = now() - started_on + ${leaseSeconds} * interval '1 second'
        where name = ${job.name} and id = ${job.id} and state = 'active'`;
    } catch (error) {
      log.debug({ err: error }, 'a lease could not be renewed');
    }
  }

  async function fail(found: Definition, job: PgBoss.JobWithMetadata<Envelope>, text: string): Promise<void> {
    const last = job.retryCount >= job.retryLimit;
    const wait = found.backoffMs * 2 ** job.retryCount * (1 + JITTER * Math.random());
    await sql`update pgboss.job set
        state = ${last ? 'failed' : 'retry'}::pgboss.job_state,
        start_after = now() + ${Math.round(wait)} * interval '1 millisecond',
        completed_on = ${last ? sql`now()` : null}, expire_in = ${leaseSeconds} * interval '1 second', output = ${sql.json({ message: text })}
      where name = ${job.name} and id = ${job.id} and state = 'active'`;
    if (last) await collectFailed();
  }

  /** Given back when the server stops: it does not count as an attempt. */
  async function release(job: { id: string; name: string }): Promise<void> {
    await sql`update pgboss.job set state = 'created', started_on = null, start_after = now()
      where name = ${job.name} and id = ${job.id} and state = 'active' and retry_count = 0`;
    await sql`update pgboss.job set state = 'retry', retry_count = retry_count - 1, start_after = now()
      where name = ${job.name} and id = ${job.id} and state = 'active'`;
  }

  async function collectFailed(): Promise<void> {
    const boss = await open();
    const rows = await sql<
      {
        name: string;
        id: string;
        data: Envelope;
        output: { message?: string } | null;
        tries: number;
        at: Date;
      }[]
    >`select name, id, data, output, retry_count + 1 as tries, completed_on as at from pgboss.job
      where state = 'failed' and name = any(${[...definitions.keys()]}) order by completed_on limit 100`;
    for (const row of rows) {
      const { message, value } = (row.output ?? {}) as { message?: string; value?: { message?: string } };
      await keepDeadLetter({
        letterId: row.data.id,
        job: row.name,
        data: row.data.data,
        error: message ?? value?.message ?? 'its server ended while it ran',
        attempts: row.tries,
        failedAt: row.at,
      });
      await boss.deleteJob(row.name, row.id);
    }
  }

  let waker: () => void = () => undefined;
  const wake = () => waker();

  async function nextTurn(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      waker = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function fetchLoop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await open();
        for (const name of await dueNames()) await fill(name);
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'the job queue cannot be asked now');
      }
      await nextTurn();
    }
  }

  async function every(ms: number, task: () => Promise<unknown>): Promise<void> {
    while (!stopping.signal.aborted) {
      await pause(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await task().catch((error) => log.warn({ err: error }, 'looking after the job queue failed'));
    }
  }

  return {
    kind: 'pg-boss',
    define(name, jobOptions, handler) {
      if (loops.length > 0) throw new Error(`${name} is defined after the queue has started.`);
      if (definitions.has(name)) throw new Error(`There are two jobs of the name ${name}.`);
      definitions.set(name, definition(name, jobOptions, handler));
    },
    async add(name, data, { key, delayMs } = {}) {
      const found = definitions.get(name);
      if (!found) throw new Error(`There is no job of the name ${name}.`);
      try {
        const boss = await open();
        const envelope: Envelope = { id: newId(), data };
        await boss.send(name, envelope, {
          retryLimit: found.attempts - 1,
          expireInSeconds: leaseSeconds,
          ...(key === undefined ? {} : { singletonKey: key }),
          ...(delayMs ? { startAfter: new Date(Date.now() + delayMs) } : {}),
        });
      } catch (error) {
        throw new ApiError('queue-unavailable', { cause: error });
      }
      if (!delayMs) wake();
    },
    async stats() {
      const names = [...definitions.keys()];
      const rows = await sql<QueueStats[]>`
        select n.name,
          count(*) filter (where j.state < 'active' and j.start_after <= now())::int as waiting,
          count(*) filter (where j.state = 'active')::int as active,
          count(*) filter (where j.state < 'active' and j.start_after > now())::int as delayed,
          count(*) filter (where j.state = 'failed')::int as failed
        from unnest(${names}::text[]) as n(name)
        left join pgboss.job j on j.name = n.name and j.state in ('created', 'retry', 'active', 'failed')
        group by n.name order by n.name`;
      return rows.map((row) => ({ ...row }));
    },
    async start() {
      if (loops.length > 0) return;
      await open();
      loops.push(
        fetchLoop(),
        every((leaseSeconds * 1000) / 4, async () => {
          await (await open()).expire();
          await collectFailed();
        }),
        every(ARCHIVE_MS, async () => (await open()).maintain()),
      );
    },
    async close(timeoutMs = 10_000) {
      stopping.abort();
      wake();
      await Promise.all(loops);
      const all = () => Promise.all([...running.values()].map(({ done }) => done));
      await Promise.race([all(), pause(timeoutMs, undefined, { ref: false })]);
      abandoned.abort(new Error('The server is shutting down.'));
      await Promise.race([all(), pause(2000, undefined, { ref: false })]);
    },
  };
}

async function openBoss(sql: postgres.Sql, log: Logger, names: string[]): Promise<PgBoss> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => execute(sql, text, values) },
    // Both are done here, where a failure is a line in the log.
    supervise: false,
    schedule: false,
    archiveCompletedAfterSeconds: 3600,
    archiveFailedAfterSeconds: 7 * 86_400,
    deleteAfterDays: 1,
    retentionDays: 30,
  });
  boss.on('error', (error) => log.warn({ err: error }, 'pg-boss'));
  await boss.start();
  // Jobs of one name and key that are waiting or running are one; pg-boss inserts `on conflict do nothing`.
  await sql`create unique index if not exists job_key on pgboss.job (name, singleton_key)
    where state < 'completed' and singleton_key is not null`;
  for (const name of names) await boss.createQueue(name);
  return boss;
}

/** pg-boss's texts, run by the driver that everything else uses. */
async function execute(
  sql: postgres.Sql,
  text: string,
  values: unknown[] = [],
): Promise<{ rows: unknown[] }> {
  if (!/\bBEGIN;/.test(text)) {
    const given = values.map((value) => value ?? null) as never[];
    return { rows: [...(await sql.unsafe(text, given))] };
  }
  // The owner has made the schema: the application's role may not, and is refused even where there is one.
  const transaction = text.replace(/CREATE SCHEMA IF NOT EXISTS pgboss\s*;/, '');
  const connection = await sql.reserve();
  try {
    await connection.unsafe(transaction);
    return { rows: [] };
  } catch (error) {
    await connection.unsafe('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    connection.release();
  }
}
