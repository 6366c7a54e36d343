import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import Bull from 'bull';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { newId } from '../db/ids.ts';
import { ApiError } from '../errors.ts';
import { REDIS_PREFIX, reconnectAfterMs } from '../redis.ts';
import { type Definition, definition, resultOf, runAttempt } from './attempt.ts';
import type { KeepDeadLetter } from './dead-letters.ts';
import type { JobData, JobQueue, QueueStats } from './queue.ts';

/** How long a job of a killed server waits until another takes it over; Bull renews it at half of that. */
const LEASE_SECONDS = 30;
const ADD_DEADLINE_MS = 3000;
const FIRST_CONTACT_MS = 2000;
const COLLECT_MS = 30_000;
const JITTER = 0.25;
const KEPT = { age: 3600, count: 1000 };

interface Envelope {
  /** What was added; the row of it in the dead letters has this id. */
  id: string;
  data: JobData;
}

export interface BullOptions {
  url: string;
  log: Logger;
  keepDeadLetter: KeepDeadLetter;
  leaseSeconds?: number;
}

/** The queue in Redis, shared by all servers: one Bull queue a job name, all of them on a few connections. */
export function createBullQueue(options: BullOptions): JobQueue {
  const { url, log, keepDeadLetter } = options;
  const leaseMs = (options.leaseSeconds ?? LEASE_SECONDS) * 1000;
  const definitions = new Map<string, Definition>();
  const queues = new Map<string, Bull.Queue<Envelope>>();
  const running = new Set<Promise<void>>();
  const abandoned = new AbortController();
  const connections: Redis[] = [];
  let started = false;
  let closing = false;
  let collector: NodeJS.Timeout | null = null;

  /** Reads `rediss:`, user, password and database from the address itself, which Bull does not. */
  function connect(): Redis {
    const connection = new Redis(url, {
      // Both as Bull wants them: what was begun waits for Redis to come back.
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      retryStrategy: reconnectAfterMs,
      connectTimeout: 5000,
    });
    connection.on('error', (error: Error) => log.debug({ err: error }, 'the queue’s connection to Redis'));
    connection.setMaxListeners(200);
    connections.push(connection);
    return connection;
  }
  const client = connect();
  const subscriber = connect();
  /** A server that has just started does not know yet whether there is a Redis. */
  const known = Promise.race([
    new Promise((resolve) => client.once('ready', resolve)),
    pause(FIRST_CONTACT_MS, undefined, { ref: false }),
  ]);

  function queueOf(name: string): Bull.Queue<Envelope> {
    const known = queues.get(name);
    if (known) return known;
    const queue = new Bull<Envelope>(name, {
      prefix: `${REDIS_PREFIX}jobs`,
      createClient: (type) => {
        if (type === 'client') return client;
        return type === 'subscriber' ? subscriber : connect();
      },
      settings: {
        lockDuration: leaseMs,
        stalledInterval: Math.max(1000, leaseMs / 3),
        maxStalledCount: definitions.get(name)!.attempts - 1,
        guardInterval: 1000,
        retryProcessDelay: 1000,
        backoffStrategies: {
          doubled: (attemptsMade: number, _error: Error, given?: { delay: number }) =>
            Math.round((given?.delay ?? 1000) * 2 ** (attemptsMade - 1) * (1 + JITTER * Math.random())),
        },
      },
    });
    queue.on('error', (error) => log.debug({ err: error, job: name }, 'job queue'));
    queue.on('failed', (job, error) => {
      log.warn({ err: error, job: name, id: job.id, attempt: job.attemptsMade }, 'a job failed');
      void collectFailed(name);
    });
    // It names the connection for `getWorkers`, and where Redis goes away meanwhile its rejection is nobody's.
    (queue as unknown as { setWorkerName: () => Promise<void> }).setWorkerName = async () => undefined;
    queues.set(name, queue);
    return queue;
  }

  async function work(found: Definition, job: Bull.Job<Envelope>): Promise<unknown> {
    const { data } = job.data;
    const attempt = runAttempt(
      found,
      { id: String(job.id), name: found.name, data, attempt: job.attemptsMade + 1 },
      abandoned.signal,
    );
    const settled = attempt.then(
      () => undefined,
      () => undefined,
    );
    running.add(settled);
    void settled.finally(() => running.delete(settled));
    try {
      return resultOf(await attempt);
    } catch (error) {
      // Left without an end, its lock runs out and it is delivered again; it does not count as an attempt.
      if (abandoned.signal.aborted) return new Promise(() => undefined);
      throw error;
    }
  }

  /** Failed jobs stay with Bull until they are kept: nothing is lost while the database is away. */
  async function collectFailed(name: string): Promise<void> {
    if (closing) return;
    try {
      for (const job of await queueOf(name).getFailed(0, 99)) {
        if (!job) continue;
        await keepDeadLetter({
          letterId: job.data.id,
          job: name,
          data: job.data.data,
          error: job.failedReason ?? 'unknown',
          attempts: job.attemptsMade,
          failedAt: new Date(job.finishedOn ?? Date.now()),
        });
        await job.remove();
      }
    } catch (error) {
      log.warn({ err: error, job: name }, 'failed jobs could not be collected yet');
    }
  }

  async function withDeadline<T>(work: Promise<T>): Promise<T> {
    const late = new AbortController();
    const timer = pause(ADD_DEADLINE_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error('Redis does not answer.');
    });
    timer.catch(() => undefined);
    try {
      return await Promise.race([work, timer]);
    } finally {
      late.abort();
    }
  }

  return {
    kind: 'bull',
    define(name, jobOptions, handler) {
      if (started) throw new Error(`${name} is defined after the queue has started.`);
      if (definitions.has(name)) throw new Error(`There are two jobs of the name ${name}.`);
      definitions.set(name, definition(name, jobOptions, handler));
    },
    async add(name, data, { key, delayMs } = {}) {
      const found = definitions.get(name);
      if (!found) throw new Error(`There is no job of the name ${name}.`);
      await known;
      if (client.status !== 'ready') throw new ApiError('queue-unavailable');
      const adding = queueOf(name).add(
        { id: newId(), data },
        {
          attempts: found.attempts,
          backoff: { type: 'doubled', options: { delay: found.backoffMs } } as Bull.BackoffOptions,
          // An ended job of the same id would stand in the way of the next one.
          removeOnComplete: key === undefined ? KEPT : true,
          removeOnFail: false,
          ...(key === undefined ? {} : { jobId: `key-${createHash('sha256').update(key).digest('hex')}` }),
          ...(delayMs ? { delay: delayMs } : {}),
        },
      );
      adding.catch(() => undefined);
      try {
        await withDeadline(adding);
      } catch (error) {
        throw new ApiError('queue-unavailable', { cause: error });
      }
    },
    async stats() {
      await known;
      if (client.status !== 'ready') throw new ApiError('queue-unavailable');
      const names = [...definitions.keys()].sort();
      const counts = await withDeadline(Promise.all(names.map((name) => queueOf(name).getJobCounts())));
      return names.map((name, i): QueueStats => {
        const { waiting, active, delayed, failed } = counts[i]!;
        return { name, waiting, active, delayed, failed };
      });
    },
    async start() {
      if (started) return;
      started = true;
      await known;
      for (const found of definitions.values()) {
        // Resolves when the queue is closed; with Redis away it waits for it.
        queueOf(found.name)
          .process(found.concurrency, (job) => work(found, job))
          .catch((error) => {
            if (!closing) log.error({ err: error, job: found.name }, 'jobs are not being worked on');
          });
      }
      collector = setInterval(() => {
        if (client.status === 'ready') for (const name of definitions.keys()) void collectFailed(name);
      }, COLLECT_MS);
    },
    async close(timeoutMs = 10_000) {
      if (closing) return;
      if (collector) clearInterval(collector);
      const up = client.status === 'ready';
      const all = [...queues.values()];
      if (up && started) await within(2000, Promise.all(all.map((queue) => queue.pause(true, true))));
      await within(timeoutMs, Promise.all(running));
      abandoned.abort(new Error('The server is shutting down.'));
      closing = true;
      await within(2000, Promise.all(all.map((queue) => queue.close(true))));
      for (const connection of connections) connection.disconnect();
    },
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  await Promise.race([
    work.catch(() => undefined),
    pause(ms, undefined, { signal: ended.signal }).catch(() => undefined),
  ]);
  ended.abort();
}
