import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { users } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertMayRemove } from './service.ts';

/**
 * Removes an account with its sign-ins, second factor, links, choices and messages. What it did stays: marks, excuses and
 * the audit log hold its id, which names nobody any more. A student or teacher stays on the roster and can be given
 * another account. Throws `user-not-found`, `forbidden`, `last-admin`.
 */
export async function removeUser(context: AppContext, caller: Caller, userId: string): Promise<void> {
  const { tenantId } = caller;
  await context.db.tenant(tenantId, async (tx) => {
    const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('update');
    if (!user) throw new ApiError('user-not-found');
    await assertMayRemove(tx, caller, user);
    await tx.execute(sql`update teachers set user_id = null where user_id = ${userId}`);
    await tx.execute(sql`delete from idempotency_keys where caller_id = ${userId}`);
    // Messages without an account: links that were on their way. A student's own go with the student.
    const address = user.email.toLowerCase();
    await tx.execute(sql`
      delete from notifications where user_id = ${userId} or (student_id is null and lower(address) = ${address})`);
    await tx.execute(sql`
      delete from outbox where type = 'mail.requested' and lower(payload ->> 'to') = ${address}`);
    // Sign-ins, links, codes and identities go with the row.
    await tx.delete(users).where(eq(users.id, userId));
  });
  context.tokens.changed({ userId });
}
