import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { refreshTokens } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { holdAccount, revokeFamily } from './sign-in.ts';
import type { Caller } from './tokens.ts';

export interface SignInRow {
  id: string;
  current: boolean;
  device: string | null;
  address: string | null;
  methods: string[];
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
}

/** The sign-ins of a user that can still go on, the last used first. */
export async function signInsOf(tx: Tx, caller: Caller, now: Date): Promise<SignInRow[]> {
  const rows = await tx.execute<{
    family_id: string;
    user_agent: string | null;
    address: string | null;
    methods: string[];
    first_at: Date | string;
    created_at: Date | string;
    expires_at: Date | string;
  }>(sql`
    select last.family_id, last.user_agent, last.address, last.methods, last.created_at, last.expires_at,
      (select min(f.created_at) from refresh_tokens f where f.family_id = last.family_id) as first_at
    from refresh_tokens last
    where last.user_id = ${caller.userId} and last.revoked_at is null and last.used_at is null
      and last.expires_at > ${now.toISOString()}::timestamptz
    order by last.created_at desc
    limit 200`);
  const iso = (value: Date | string) => new Date(value).toISOString();
  return rows.map((row) => ({
    id: row.family_id,
    current: row.family_id === caller.familyId,
    device: row.user_agent,
    address: row.address,
    methods: row.methods,
    createdAt: iso(row.first_at),
    lastUsedAt: iso(row.created_at),
    expiresAt: iso(row.expires_at),
  }));
}

/** Throws `sign-in-not-found`. */
export async function endSignIn(context: AppContext, caller: Caller, familyId: string): Promise<void> {
  const now = new Date(context.clock.now());
  await context.db.tenant(caller.tenantId, async (tx) => {
    await holdAccount(tx, caller.userId);
    const [own] = await tx
      .select({ id: refreshTokens.id })
      .from(refreshTokens)
      .where(and(eq(refreshTokens.familyId, familyId), eq(refreshTokens.userId, caller.userId)))
      .limit(1);
    if (!own || (await revokeFamily(tx, familyId, 'ended', now)) === 0)
      throw new ApiError('sign-in-not-found');
  });
  context.tokens.changed({ userId: caller.userId });
}

/** Every sign-in but the caller's; answers how many. */
export async function endOtherSignIns(context: AppContext, caller: Caller): Promise<number> {
  const now = new Date(context.clock.now());
  const ended = await context.db.tenant(caller.tenantId, async (tx) => {
    await holdAccount(tx, caller.userId);
    return tx
      .update(refreshTokens)
      .set({ revokedAt: now, revokedReason: 'ended' })
      .where(
        and(
          eq(refreshTokens.userId, caller.userId),
          isNull(refreshTokens.revokedAt),
          caller.familyId === null ? undefined : ne(refreshTokens.familyId, caller.familyId),
        ),
      )
      .returning({ familyId: refreshTokens.familyId });
  });
  context.tokens.changed({ userId: caller.userId });
  return new Set(ended.map(({ familyId }) => familyId)).size;
}
