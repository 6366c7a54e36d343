import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';

/*
 * Who counts tallies of an institution anew does so alone, until the end of the transaction: an older count would be
 * written over a newer one otherwise.
 */
const lock = (tenantId: string): SQL => sql`hashtext('session_tallies'), hashtext(${tenantId})`;

/** False where another is at work. */
export async function tryTurn(tx: Tx, tenantId: string): Promise<boolean> {
  const [turn] = await tx.execute<{ mine: boolean }>(
    sql`select pg_try_advisory_xact_lock(${lock(tenantId)}) as mine`,
  );
  return turn?.mine ?? false;
}

/** Resolves when it is ours. */
export async function waitForTurn(tx: Tx, tenantId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${lock(tenantId)})`);
}
