import { and, eq, gt, isNull } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { oneTimeTokens } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { attributeAudit } from '../audit/scope.ts';
import { hashToken, newToken } from './codes.ts';

export type OneTimeRow = typeof oneTimeTokens.$inferSelect;
export type Purpose = OneTimeRow['purpose'];

/** Makes a token that works once; only its hash is kept. */
export async function makeOneTime(
  context: Pick<AppContext, 'clock'>,
  tx: Tx,
  given: {
    tenantId: string;
    userId: string | null;
    purpose: Purpose;
    lifetimeMs: number;
    data?: Record<string, unknown>;
    createdBy?: string | null;
  },
): Promise<{ id: string; token: string; expiresAt: Date }> {
  const token = newToken();
  const id = newId();
  const now = context.clock.now();
  const expiresAt = new Date(now + given.lifetimeMs);
  await tx.insert(oneTimeTokens).values({
    id,
    tenantId: given.tenantId,
    userId: given.userId,
    purpose: given.purpose,
    tokenHash: hashToken(token),
    data: given.data ?? {},
    expiresAt,
    createdBy: given.createdBy ?? null,
    createdAt: new Date(now),
  });
  return { id, token, expiresAt };
}

/** The token's row, marked as used; null where it is unknown, used or expired. Of several at once, one gets it. */
export async function useOneTime(
  tx: Tx,
  purpose: Purpose,
  token: string,
  now: Date,
): Promise<OneTimeRow | null> {
  const [row] = await tx
    .update(oneTimeTokens)
    .set({ usedAt: now })
    .where(open(purpose, token, now))
    .returning();
  if (row) attributeAudit({ tenantId: row.tenantId, actorId: row.userId });
  return row ?? null;
}

export async function readOneTime(
  tx: Tx,
  purpose: Purpose,
  token: string,
  now: Date,
): Promise<OneTimeRow | null> {
  const [row] = await tx
    .select()
    .from(oneTimeTokens)
    .where(open(purpose, token, now));
  if (row) attributeAudit({ tenantId: row.tenantId, actorId: row.userId });
  return row ?? null;
}

/** Takes back what a user was sent and has not used. */
export async function dropOneTime(tx: Tx, purpose: Purpose, userId: string): Promise<void> {
  await tx
    .delete(oneTimeTokens)
    .where(
      and(eq(oneTimeTokens.userId, userId), eq(oneTimeTokens.purpose, purpose), isNull(oneTimeTokens.usedAt)),
    );
}

const open = (purpose: Purpose, token: string, now: Date) =>
  and(
    eq(oneTimeTokens.tokenHash, hashToken(token)),
    eq(oneTimeTokens.purpose, purpose),
    isNull(oneTimeTokens.usedAt),
    gt(oneTimeTokens.expiresAt, now),
  );
