import { setTimeout as pause } from 'node:timers/promises';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type postgres from 'postgres';
import type { AppContext } from '../context.ts';
import { isDatabaseUnavailable } from '../db/problems.ts';
import { outbox } from '../db/schema/index.ts';
import type { Tx } from '../db/tenancy.ts';
import { ApiError } from '../errors.ts';
import { failureText } from './attempt.ts';
import type { JobPayload, OutboxEvents, OutboxType } from './outbox.ts';

/**
 * Carries out what transactions have put into the outbox: hands events to their consumers and jobs to the queue. A row
 * is removed in the transaction of its consumers, so what they write happens exactly once; what they do outside of the
 * database may happen again. Events of one institution are taken in the order of `seq` as far as possible: one that
 * failed is tried again later, and several servers take turns. Consumers must not rely on the order.
 */
export interface OutboxRelay {
  /** Before `start`. Consumers of one type share a transaction: if one fails, all are tried again. */
  on<Type extends OutboxType>(type: Type, consumer: Consumer<Type>): void;
  /** Every event, of any type. */
  onAny(consumer: (tx: Tx, event: AnyOutboxEvent) => Promise<void>): void;
  start(): Promise<void>;
  /** Carries out what is due, now; resolves when nothing is left that can be done. For tests and commands. */
  drain(): Promise<void>;
  /** Looks soon for what is due; inserts do so by themselves. */
  wake(): void;
  stats(): Promise<OutboxStats>;
  close(): Promise<void>;
}

export type Consumer<Type extends OutboxType> = (tx: Tx, event: OutboxEvent<Type>) => Promise<void>;

export interface OutboxEvent<Type extends OutboxType> {
  id: string;
  tenantId: string;
  type: Type;
  payload: OutboxEvents[Type];
  /** When it was announced. */
  at: Date;
  /** 1 for the first. */
  attempt: number;
}
export type AnyOutboxEvent = { [Type in OutboxType]: OutboxEvent<Type> }[OutboxType];

export interface OutboxStats {
  /** Due, not yet carried out. */
  waiting: number;
  /** Given up. */
  dead: number;
  /** Seconds that the oldest due row has been waiting. */
  lagSeconds: number;
}

export const OUTBOX_ATTEMPTS = 10;
export const OUTBOX_CHANNEL = 'yoklama_outbox';
const POLL_MS = 2000;
const BATCH = 200;
/** Institutions at the same time: each holds a connection. */
const PARALLEL = 2;
const FIRST_BACKOFF_MS = 2000;
const LONGEST_BACKOFF_MS = 30 * 60_000;

type Row = typeof outbox.$inferSelect;
type AnyConsumer = (tx: Tx, event: AnyOutboxEvent) => Promise<void>;

export function createRelay(context: AppContext, listener: postgres.Sql): OutboxRelay {
  const { db, log } = context;
  const consumers = new Map<string, AnyConsumer[]>();
  const forAll: AnyConsumer[] = [];
  const stopping = new AbortController();
  let started = false;
  let loop: Promise<void> = Promise.resolve();
  let draining: Promise<void> | null = null;
  let again = false;
  let waker: () => void = () => undefined;
  let unlisten: () => Promise<void> = async () => undefined;
  /** Jobs wait here while the queue cannot be reached. */
  let queueAwayUntil = 0;

  const consumersOf = (type: string): AnyConsumer[] => [...(consumers.get(type) ?? []), ...forAll];
  /** The clock of tests may be ahead of the database's, never behind it. */
  const dueNow = () =>
    sql`${outbox.dueAt} <= greatest(now(), ${new Date(context.clock.now()).toISOString()}::timestamptz)`;

  async function due(): Promise<{ id: string; tenantId: string }[]> {
    const jobsWait = Date.now() < queueAwayUntil;
    return db.system((tx) =>
      tx
        .select({ id: outbox.id, tenantId: outbox.tenantId })
        .from(outbox)
        .where(
          and(isNull(outbox.deadAt), dueNow(), jobsWait ? sql`${outbox.type} not like 'job:%'` : undefined),
        )
        .orderBy(outbox.dueAt, outbox.seq)
        .limit(BATCH),
    );
  }

  /** One row, with its consumers, in one transaction. False: another server has it. */
  async function handle(tenantId: string, id: string): Promise<boolean> {
    let row: Row | undefined;
    try {
      await db.tenant(tenantId, async (tx) => {
        [row] = await tx
          .select()
          .from(outbox)
          .where(and(eq(outbox.id, id), isNull(outbox.deadAt), dueNow()))
          .for('update', { skipLocked: true });
        if (!row) return;
        await carryOut(tx, row);
        await tx.delete(outbox).where(eq(outbox.id, id));
      });
      return row !== undefined;
    } catch (error) {
      if (!row || isDatabaseUnavailable(error)) throw error;
      if (error instanceof ApiError && error.code === 'queue-unavailable') {
        if (Date.now() >= queueAwayUntil) log.warn({ err: error }, 'jobs wait in the outbox: no queue');
        queueAwayUntil = Date.now() + POLL_MS;
        return false;
      }
      await postpone(row, error);
      return true;
    }
  }

  async function carryOut(tx: Tx, row: Row): Promise<void> {
    if (row.type.startsWith('job:')) {
      const { data, key } = row.payload as unknown as JobPayload;
      // Without a key of its own, the row's: added twice after a failed commit, it is still one job.
      const given = { ...data, tenantId: row.tenantId };
      await context.queue.add(row.type.slice('job:'.length), given, { key: key ?? `outbox:${row.id}` });
      return;
    }
    const event = {
      id: row.id,
      tenantId: row.tenantId,
      type: row.type,
      payload: row.payload,
      at: row.createdAt,
      attempt: row.attempts + 1,
    } as unknown as AnyOutboxEvent;
    for (const consumer of consumersOf(row.type)) await consumer(tx, event);
  }

  async function postpone(row: Row, error: unknown): Promise<void> {
    const attempts = row.attempts + 1;
    const dead = attempts >= OUTBOX_ATTEMPTS;
    const wait = Math.min(FIRST_BACKOFF_MS * 2 ** row.attempts, LONGEST_BACKOFF_MS);
    log[dead ? 'error' : 'warn']({ err: error, type: row.type, id: row.id, attempts }, 'an event failed');
    await db.tenant(row.tenantId, (tx) =>
      tx
        .update(outbox)
        .set({
          attempts,
          lastError: failureText(error),
          dueAt: sql`greatest(now(), ${new Date(context.clock.now()).toISOString()}::timestamptz) + ${wait} * interval '1 millisecond'`,
          ...(dead ? { deadAt: new Date(context.clock.now()) } : {}),
        })
        .where(eq(outbox.id, row.id)),
    );
  }

  async function drainOnce(): Promise<number> {
    const rows = await due();
    const byTenant = new Map<string, string[]>();
    for (const { id, tenantId } of rows) byTenant.set(tenantId, [...(byTenant.get(tenantId) ?? []), id]);
    const tenants = [...byTenant];
    let handled = 0;
    const worker = async () => {
      for (let next = tenants.shift(); next; next = tenants.shift()) {
        for (const id of next[1]) {
          if (stopping.signal.aborted) return;
          if (await handle(next[0], id)) handled += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    return handled;
  }

  function drain(): Promise<void> {
    again = true;
    draining ??= (async () => {
      try {
        while (again && !stopping.signal.aborted) {
          again = false;
          if ((await drainOnce()) > 0) again = true;
        }
      } finally {
        draining = null;
      }
    })();
    return draining;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await drain();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'the outbox cannot be carried out now; trying again');
        await pause(POLL_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        waker = () => {
          clearTimeout(timer);
          resolve();
        };
        if (again || stopping.signal.aborted) waker();
      });
    }
  }

  const wake = () => {
    again = true;
    waker();
  };

  return {
    on(type, consumer) {
      consumers.set(type, [...(consumers.get(type) ?? []), consumer as unknown as AnyConsumer]);
    },
    onAny(consumer) {
      forAll.push(consumer);
    },
    async start() {
      if (started) return;
      started = true;
      loop = run();
      // Behind a pooler that does not pass notifications on, the poll alone does it.
      try {
        const listening = await listener.listen(OUTBOX_CHANNEL, wake, wake);
        unlisten = listening.unlisten;
      } catch (error) {
        log.warn({ err: error }, 'no notifications from the database; the outbox is polled');
      }
    },
    drain,
    wake,
    async stats() {
      const [row] = await db.system((tx) =>
        tx
          .select({
            waiting: sql<number>`count(*) filter (where dead_at is null and due_at <= now())::int`,
            dead: sql<number>`count(*) filter (where dead_at is not null)::int`,
            lagSeconds: sql<number>`coalesce(extract(epoch from now() - min(greatest(created_at, due_at)) filter (where dead_at is null and due_at <= now())), 0)::float8`,
          })
          .from(outbox),
      );
      return row ?? { waiting: 0, dead: 0, lagSeconds: 0 };
    },
    async close() {
      stopping.abort();
      waker();
      await unlisten().catch(() => undefined);
      await loop;
    },
  };
}
