/**
 * Background work: one port, Bull on Redis (bull.ts) or pg-boss on Postgres (pg-boss.ts). A job is delivered at least
 * once: handlers are written so that running one twice is harmless. Jobs that must not be lost when a transaction has
 * committed are put into the outbox (outbox.ts) and come here from there.
 */
export interface JobQueue {
  /** Which adapter it is; for `/readyz` and the log. */
  readonly kind: 'bull' | 'pg-boss';
  /** Before `start`. `handler`'s result is kept with the job for a while. */
  define<T extends JobData>(
    name: string,
    options: JobOptions,
    handler: (job: Job<T>) => Promise<unknown>,
  ): void;
  /** Rejects with `queue-unavailable` while the queue cannot be reached. */
  add<T extends JobData>(name: string, data: T, options?: AddOptions): Promise<void>;
  stats(): Promise<QueueStats[]>;
  start(): Promise<void>;
  /** Lets running jobs end, at most `timeoutMs`; what was not finished is delivered again at the next start. */
  close(timeoutMs?: number): Promise<void>;
}

/** Every job belongs to an institution: its handler works in that institution's transactions. */
export interface JobData {
  tenantId: string;
}

export interface Job<T extends JobData> {
  id: string;
  name: string;
  data: T;
  /** 1 for the first. */
  attempt: number;
  /** Aborted when the server stops or the job takes longer than its timeout. */
  signal: AbortSignal;
}

export interface JobOptions {
  /** Jobs of this name at the same time in one server; default 1. */
  concurrency?: number;
  /** Attempts in all, default 5; the last failure becomes a dead letter. */
  attempts?: number;
  /** Wait before the second attempt, doubled each time; default 5 s. */
  backoffMs?: number;
  timeoutMs?: number;
}

export interface AddOptions {
  /** Jobs with the same name and key that are waiting or running are one. */
  key?: string;
  delayMs?: number;
}

export interface QueueStats {
  name: string;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}
