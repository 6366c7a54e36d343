import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { TransactionSql } from 'postgres';
import type * as schema from './schema/index.ts';

export type Drizzle = PostgresJsDatabase<typeof schema>;
/** A transaction that sees the rows of one institution only (or, from `system`, the sign-in tables of all). */
export type Tx = Parameters<Parameters<Drizzle['transaction']>[0]>[0];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Runs `work` in a transaction bound to an institution by row-level security. */
export async function inTenant<T>(db: Drizzle, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (!UUID.test(tenantId)) throw new TypeError('A tenant id must be a UUID.');
  return bound(db, 'app.tenant_id', tenantId, work);
}

/** For signing in and starting up: tenants, users and refresh tokens of all institutions, no other table. */
export async function inSystem<T>(db: Drizzle, work: (tx: Tx) => Promise<T>): Promise<T> {
  return bound(db, 'app.system', 'on', work);
}

/**
 * The setting is on its way before `work` begins, and one connection keeps the order: what `work` asks travels with it
 * instead of waiting for its answer. Were the setting refused, the transaction would be broken and every query with it.
 */
function bound<T>(db: Drizzle, name: string, value: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const setting = clientOf(tx).unsafe('select set_config($1, $2, true)', [name, value]).execute();
    const [result] = await Promise.all([work(tx), setting]);
    return result;
  });
}

/** The driver's own transaction: drizzle's queries start only when they are awaited, these at once. */
function clientOf(tx: Tx): TransactionSql {
  return (tx as unknown as { session: { client: TransactionSql } }).session.client;
}
