import type { Logger } from 'pino';
import { createMemoryCache } from '../cache/memory.ts';
import type { AppContext } from '../context.ts';
import { type Connection, openSql } from '../db/client.ts';
import { createDiskStorage } from '../storage/disk.ts';
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
  context.cache = createMemoryCache();
  context.queue = createPgBossQueue({
    sql,
    log: log.child({ part: 'jobs' }),
    keepDeadLetter: createDeadLetters(context.db, log),
  });
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
    },
  };
}
