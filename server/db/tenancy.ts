import { sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type * as schema from './schema/index.ts';

export type Drizzle = PostgresJsDatabase<typeof schema>;
/** A transaction that sees the rows of one institution only (or, from `system`, the sign-in tables of all). */
export type Tx = Parameters<Parameters<Drizzle['transaction']>[0]>[0];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Runs `work` in a transaction bound to an institution by row-level security. */
export async function inTenant<T>(db: Drizzle, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (!UUID.test(tenantId)) throw new TypeError('A tenant id must be a UUID.');
  return db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('app.tenant_id', ${tenantId}, true)`);
    return work(tx);
  });
}

/** For signing in and starting up: tenants, users and refresh tokens of all institutions, no other table. */
export async function inSystem<T>(db: Drizzle, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('app.system', 'on', true)`);
    return work(tx);
  });
}
