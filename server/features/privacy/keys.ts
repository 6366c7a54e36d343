import { eq, lt, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { CryptoError, type TenantCrypto } from '../../crypto.ts';
import { newId } from '../../db/ids.ts';
import { tenantKeys, tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { enqueue } from '../../jobs/outbox.ts';
import type { JobData } from '../../jobs/queue.ts';
import { recordAudit } from '../audit/service.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { SEALED, type SealedColumn } from './sealed.ts';

export const RESEAL_JOB = 'privacy-reseal';
const BATCH = 200;
/**
 * A retired key is destroyed this long after it was retired at the earliest: by then no transaction is left that read it
 * before and could still seal with it.
 */
const GRACE_MS = 10 * 60_000;

export interface KeyStatus {
  /** A key that was in use before still exists. */
  rotating: boolean;
  retiredAt: string | null;
  /** Values that are still encrypted with it. */
  remaining: number;
}

/**
 * Gives the institution a new data key, at once for all that is encrypted from now on; a job encrypts the rest anew and
 * then destroys the old key. Where a rotation is under way already, it is only carried on.
 */
export async function rotateTenantKey(context: AppContext, tenantId: string): Promise<KeyStatus> {
  await context.db.tenant(tenantId, async (tx) => {
    const [tenant] = await tx.select().from(tenants).where(eq(tenants.id, tenantId)).for('update');
    const [underway] = await tx.select({ id: tenantKeys.id }).from(tenantKeys).limit(1);
    if (!underway) {
      const retiredAt = new Date(context.clock.now());
      await tx
        .insert(tenantKeys)
        .values({ id: newId(), tenantId, wrappedKey: tenant!.wrappedKey, retiredAt });
      await tx
        .update(tenants)
        .set({ wrappedKey: context.crypto.createTenantKey(tenantId) })
        .where(eq(tenants.id, tenantId));
    }
    await enqueue(tx, tenantId, RESEAL_JOB, {}, { key: tenantId });
  });
  return keyStatus(context, tenantId);
}

export async function keyStatus(context: AppContext, tenantId: string): Promise<KeyStatus> {
  return context.db.tenant(tenantId, async (tx) => {
    const [retired] = await tx.select({ at: tenantKeys.retiredAt }).from(tenantKeys).limit(1);
    if (!retired) return { rotating: false, retiredAt: null, remaining: 0 };
    const { prefix } = await tenantCrypto(context, tx, tenantId);
    const counts = await tx.execute<{ n: number }>(
      sql.join(
        SEALED.map(
          (column) => sql`select count(*)::int as n from ${table(column)} where ${old(column, prefix)}`,
        ),
        sql` union all `,
      ),
    );
    const remaining = counts.reduce((sum, { n }) => sum + n, 0);
    return { rotating: true, retiredAt: retired.at.toISOString(), remaining };
  });
}

/**
 * Encrypts what an old key still holds, a batch a transaction; it can be broken off and begun again at any time. Destroys
 * the old key once nothing needs it, or asks to be called again when the grace is over.
 */
export async function resealTenant(
  context: AppContext,
  tenantId: string,
  signal?: AbortSignal,
): Promise<{ resealed: number; unreadable: number; destroyed: boolean }> {
  let resealed = 0;
  let unreadable = 0;
  for (const column of SEALED) {
    let after: string | null = null;
    do {
      signal?.throwIfAborted();
      const done: BatchResult = await context.db.tenant(tenantId, async (tx) =>
        resealBatch(tx, column, await tenantCrypto(context, tx, tenantId), after),
      );
      resealed += done.resealed;
      unreadable += done.unreadable;
      after = done.last;
    } while (after !== null);
  }
  const files = await context.storage.reseal(tenantId, signal);
  resealed += files.resealed;
  unreadable += files.unreadable;
  if (unreadable > 0) {
    context.log.error({ tenantId, unreadable }, 'values that no key opens: the retired key is kept');
    return { resealed, unreadable, destroyed: false };
  }
  const destroyed = await destroyRetired(context, tenantId, resealed);
  return { resealed, unreadable, destroyed };
}

async function destroyRetired(context: AppContext, tenantId: string, resealed: number): Promise<boolean> {
  return context.db.tenant(tenantId, async (tx) => {
    const before = new Date(context.clock.now() - GRACE_MS);
    const gone = await tx
      .delete(tenantKeys)
      .where(lt(tenantKeys.retiredAt, before))
      .returning({ id: tenantKeys.id });
    if (gone.length > 0) {
      await recordAudit(tx, context, {
        action: 'privacy.key-destroyed',
        subjectType: 'key',
        subjectId: gone[0]!.id,
        data: { resealed },
      });
    }
    const [left] = await tx.select({ at: tenantKeys.retiredAt }).from(tenantKeys).limit(1);
    if (left) {
      const dueAt = new Date(left.at.getTime() + GRACE_MS + 1000);
      await enqueue(tx, tenantId, RESEAL_JOB, {}, { dueAt, key: `${tenantId}:${dueAt.getTime()}` });
    }
    return gone.length > 0;
  });
}

interface BatchResult {
  resealed: number;
  unreadable: number;
  /** Where to go on after; null at the end. */
  last: string | null;
}

async function resealBatch(
  tx: Tx,
  column: SealedColumn,
  crypto: TenantCrypto,
  after: string | null,
): Promise<BatchResult> {
  const needs = column.needs.map((name) => sql`, ${sql.identifier(name)}::text`);
  const rows = await tx.execute<Record<string, string> & { bytes: Buffer }>(sql`
    select id::text ${sql.join(needs, sql``)}, ${sql.identifier(column.column)} as bytes
    from ${table(column)}
    where ${old(column, crypto.prefix)} ${after === null ? sql`` : sql`and id > ${after}::uuid`}
    order by ${table(column)}.id limit ${BATCH} for no key update`);
  const changed: { id: string; bytes: string }[] = [];
  let unreadable = 0;
  for (const row of rows) {
    const purpose = column.purpose(row);
    try {
      const sealed = crypto.seal(purpose, crypto.open(purpose, row.bytes));
      changed.push({ id: row.id!, bytes: sealed.toString('base64') });
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      unreadable += 1;
    }
  }
  if (changed.length > 0) {
    await tx.execute(sql`
      update ${table(column)} t set ${sql.identifier(column.column)} = decode(x.bytes, 'base64')
      from jsonb_to_recordset(${JSON.stringify(changed)}::text::jsonb) as x (id uuid, bytes text)
      where t.id = x.id`);
  }
  const last = rows.length < BATCH ? null : rows.at(-1)!.id!;
  return { resealed: changed.length, unreadable, last };
}

const table = (column: SealedColumn) => sql.identifier(column.table);

/** Not sealed with the current key. */
const old = (column: SealedColumn, prefix: Buffer) => {
  const bytes = sql.identifier(column.column);
  return sql`${bytes} is not null and substring(${bytes} from 1 for ${sql.raw(String(prefix.length))}) <> decode(${prefix.toString('hex')}, 'hex')`;
};

export function defineResealing(context: AppContext): void {
  context.queue.define<JobData>(RESEAL_JOB, { attempts: 10, timeoutMs: 3_600_000 }, ({ data, signal }) =>
    resealTenant(context, data.tenantId, signal),
  );
}
