import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { deadLetters } from '../db/schema/index.ts';
import type { JobData } from './queue.ts';

/** A job that failed for the last time, as its queue has it. */
export interface FailedJob {
  /** The same for the same failure, however often it is told. */
  letterId: string;
  job: string;
  data: JobData;
  error: string;
  attempts: number;
  failedAt: Date;
}

/**
 * Puts what failed for the last time where the institution's administrator sees it. Queues keep a failed job until
 * this has worked, so that no failure is lost while the database is away.
 */
export type KeepDeadLetter = (failed: FailedJob) => Promise<void>;

export function createDeadLetters(db: Database, log: Logger): KeepDeadLetter {
  return async (failed) => {
    const { letterId: id, job, data, error, attempts, failedAt } = failed;
    const { tenantId, ...rest } = data;
    log.error({ job, tenantId, attempts, reason: error }, 'a job failed for the last time');
    await db.tenant(tenantId, (tx) =>
      tx
        .insert(deadLetters)
        .values({
          id,
          tenantId,
          job,
          data: rest as Record<string, unknown>,
          error,
          attempts,
          failedAt,
        })
        .onConflictDoNothing(),
    );
  };
}
