import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { deadLetters, outbox } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { type Page, pageWithTotal } from '../../http.ts';
import { enqueue } from '../../jobs/outbox.ts';

interface DeadRow extends Record<string, unknown> {
  id: string;
  kind: 'job' | 'event';
  name: string;
  error: string;
  attempts: number;
  failed_at: string;
  total: number;
}

/**
 * Jobs and events that were given up, the newest first. What they carried is not shown: it may be a link to somebody's
 * account.
 */
export async function listDead(tx: Tx, query: Page & { name?: string | undefined }) {
  const { total, rows } = await pageWithTotal(query, ({ skip, limit }) =>
    tx.execute<DeadRow>(sql`
    select *, count(*) over ()::int as total from (
      select id, 'job' as kind, job as name, error, attempts, failed_at from dead_letters where retried_at is null
      union all
      select id, 'event', type, coalesce(last_error, ''), attempts, dead_at from outbox where dead_at is not null
    ) dead
    ${query.name === undefined ? sql`` : sql`where name = ${query.name}`}
    order by failed_at desc, id limit ${limit} offset ${skip}`),
  );
  const items = rows.map(({ id, kind, name, error, attempts, failed_at }) => ({
    id,
    kind,
    name,
    error,
    attempts,
    failedAt: new Date(failed_at).toISOString(),
  }));
  return { total, skip: query.skip, limit: query.limit, items };
}

/** Once more from the first attempt. Throws `dead-letter-not-found`. */
export async function retryDead(context: AppContext, tenantId: string, id: string): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const now = new Date(context.clock.now());
    const [letter] = await tx
      .update(deadLetters)
      .set({ retriedAt: now })
      .where(and(eq(deadLetters.id, id), sql`retried_at is null`))
      .returning();
    if (letter) return enqueue(tx, tenantId, letter.job, letter.data, { key: `retry:${id}` });
    const events = await tx
      .update(outbox)
      .set({ deadAt: null, attempts: 0, lastError: null, dueAt: now })
      .where(and(eq(outbox.id, id), isNotNull(outbox.deadAt)))
      .returning({ id: outbox.id });
    if (events.length === 0) throw new ApiError('dead-letter-not-found');
  });
  context.outbox.wake();
}

/** Forgets it. Throws `dead-letter-not-found`. */
export async function deleteDead(tx: Tx, id: string): Promise<void> {
  const letters = await tx
    .delete(deadLetters)
    .where(eq(deadLetters.id, id))
    .returning({ id: deadLetters.id });
  if (letters.length > 0) return;
  const events = await tx
    .delete(outbox)
    .where(and(eq(outbox.id, id), isNotNull(outbox.deadAt)))
    .returning({ id: outbox.id });
  if (events.length === 0) throw new ApiError('dead-letter-not-found');
}
