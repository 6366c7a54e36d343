import { eq, sql } from 'drizzle-orm';
import { type ConsentPurpose, erasureReceipts } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { erasedUnder, type Removed, rowsOf } from './erasure.ts';
import { PERSONAL } from './personal.ts';

export interface ReceiptCheck {
  /** Nothing is left of what the receipt says is gone, and the audit log tells of it where it has to. */
  ok: boolean;
  /** Rows that are there all the same, by table. */
  left: Removed;
  /** The audit log has its entry; null: of age and of single templates, and once consent was given anew. */
  logged: boolean | null;
}

const ACTIONS = {
  'student-deleted': 'DELETE /students/{id}',
  'consent-withdrawn': 'PUT /students/{id}/consents',
} as const;

/** Looks again for what a receipt says is gone. Throws `receipt-not-found`. */
export async function checkReceipt(tx: Tx, receiptId: string): Promise<ReceiptCheck> {
  const [receipt] = await tx.select().from(erasureReceipts).where(eq(erasureReceipts.id, receiptId));
  if (!receipt) throw new ApiError('receipt-not-found');
  const { studentId, reason, purpose } = receipt;
  const looked = reason === 'student-deleted' || reason === 'consent-withdrawn';
  if (studentId === null || !looked || (purpose && (await holds(tx, studentId, purpose)))) {
    return { ok: true, left: {}, logged: null };
  }
  const tables = purpose === null ? null : erasedUnder(purpose);
  const left: Removed = {};
  for (const table of PERSONAL) {
    if (tables ? !tables.includes(table.table) : typeof table.erase === 'object') continue;
    const [row] = await tx.execute<{ n: number }>(sql`
      select count(*)::int as n from ${sql.identifier(table.table)} where ${rowsOf(table, studentId, null)}`);
    if (row!.n > 0) left[table.table.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())] = row!.n;
  }
  const entries = await tx.execute(sql`
    select 1 from audit_log where subject_id = ${studentId} and action = ${ACTIONS[reason]} limit 1`);
  const logged = entries.length > 0;
  return { ok: logged && Object.keys(left).length === 0, left, logged };
}

/** Consent was given again: what was made under it since is there rightly. */
async function holds(tx: Tx, studentId: string, purpose: ConsentPurpose): Promise<boolean> {
  const [latest] = await tx.execute<{ granted: boolean }>(sql`
    select granted from consents where student_id = ${studentId} and purpose = ${purpose} order by id desc limit 1`);
  return latest?.granted === true;
}
