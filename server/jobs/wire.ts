import type { Logger } from 'pino';
import { createMemoryCache } from '../cache/memory.ts';
import { createRedisCache } from '../cache/redis.ts';
import type { AppContext } from '../context.ts';
import { type Connection, openSql } from '../db/client.ts';
import { createDiskStorage } from '../storage/disk.ts';
import { createBullQueue } from './bull.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createPgBossQueue } from './pg-boss.ts';
import { createRelay } from './relay.ts';
import { createRetention } from './retention.ts';
import { createSchedule } from './schedule.ts';

export interface Background {
  /** Once the features have said what they do with events and jobs. */
  start(): Promise<void>;
  /** Nothing new is begun; what is under way may end. */
  stop(): Promise<void>;
  /** After everything that uses cache and database is closed. */
  dispose(): Promise<void>;
}

/** Connections of the queue, and one that listens. */
const CONNECTIONS = 3;

/** Puts cache, queue, outbox, schedule, storage and retention into the context. */
export function wireBackground(context: AppContext, connection: Connection, log: Logger): Background {
  const sql = openSql(connection, { pool: CONNECTIONS, log });
  const { redis } = context;
  const { redisUrl } = context.config;
  const jobs = {
    log: log.child({ part: 'jobs' }),
    keepDeadLetter: createDeadLetters(context.db, log),
  };
  context.cache = redis ? createRedisCache(redis, log) : createMemoryCache();
  context.queue =
    redisUrl === null ? createPgBossQueue({ ...jobs, sql }) : createBullQueue({ ...jobs, url: redisUrl });
  context.outbox = createRelay(context, sql);
  context.schedule = createSchedule(context);
  context.retention = createRetention(context);
  context.storage = createDiskStorage(context);
  return {
    async start() {
      await context.queue.start();
      await context.outbox.start();
      context.schedule.start();
    },
    async stop() {
      await context.schedule.close();
      await context.outbox.close();
      await context.queue.close();
    },
    async dispose() {
      await context.cache.close();
      await sql.end({ timeout: 5 });
      await redis?.close();
    },
  };
}
