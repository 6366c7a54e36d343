import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { refreshTokens, tenants, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { attributeAudit } from '../audit/scope.ts';
import { currentTenant } from '../tenants/service.ts';
import { hashToken } from './codes.ts';
import type { LoginGuard } from './login-guard.ts';
import { checkPassword } from './passwords.ts';
import type { TokenAnswer } from './schemas.ts';
import { openChallenge } from './second-factor.ts';
import {
  answerTokens,
  assertMaySignIn,
  type Grant,
  holdAccount,
  type Origin,
  openGrant,
  revokeFamily,
  type TenantRow,
  type UserRow,
} from './sign-in.ts';

export { revokeUser } from './sign-in.ts';

/** The account of an address, in a `system` transaction: whoever signs in has not said of which institution. */
export async function accountOf(tx: Tx, email: string): Promise<{ user: UserRow; tenant: TenantRow } | null> {
  const [found] = await tx
    .select({ user: users, tenant: tenants })
    .from(users)
    .innerJoin(tenants, eq(tenants.id, users.tenantId))
    .where(eq(sql`lower(${users.email})`, email));
  return found ?? null;
}

/**
 * Throws `wrong-credentials`, `account-disabled`, `account-waiting`, `institution-suspended`, `rate-limited`; where the
 * account has a second factor, `second-factor-required` with a challenge.
 */
export async function login(
  context: AppContext,
  guard: LoginGuard,
  given: { email: string; password: string },
  origin: Origin,
): Promise<TokenAnswer> {
  const email = given.email.trim().toLowerCase();
  let account: Awaited<ReturnType<typeof accountOf>> = null;
  const right = await guard.attempt({ account: email, address: origin.address }, async () => {
    account = await context.db.system((tx) => accountOf(tx, email));
    return checkPassword(account?.user.passwordHash ?? null, given.password);
  });
  const found = account as Awaited<ReturnType<typeof accountOf>>;
  if (!right || !found) throw new ApiError('wrong-credentials');
  const { tenant } = found;
  const outcome = await context.db.system(async (tx): Promise<Grant | ApiError> => {
    const user = await holdAccount(tx, found.user.id);
    // Changed while the old one was being checked.
    if (!user || user.passwordHash !== found.user.passwordHash) throw new ApiError('wrong-credentials');
    // Only whoever knows the password learns that the account is disabled.
    assertMaySignIn(user, tenant);
    if (user.totpEnabledAt !== null) return openChallenge(context, tx, user);
    return openGrant(context, tx, { user, tenant, familyId: null, methods: ['password'] }, origin);
  });
  if (outcome instanceof ApiError) throw outcome;
  return answerTokens(context, outcome);
}

/**
 * Exchanges a refresh token for the next pair. A token works once: when one comes back a second time, either its
 * owner or a thief holds a copy, and every token of that sign-in is revoked.
 * Throws `refresh-invalid`, `refresh-reused`, `account-disabled`, `institution-suspended`.
 */
export async function refresh(context: AppContext, token: string, origin: Origin): Promise<TokenAnswer> {
  const now = new Date(context.clock.now());
  const outcome = await context.db.system(async (tx): Promise<Grant | ApiError> => {
    const [owner] = await tx
      .select({ id: refreshTokens.userId })
      .from(refreshTokens)
      .where(eq(refreshTokens.tokenHash, hashToken(token)));
    const user = owner ? await holdAccount(tx, owner.id) : null;
    if (!user) return new ApiError('refresh-invalid');
    // Only now: before, it could have been used or ended while this waited for the account.
    const [held] = await tx
      .select()
      .from(refreshTokens)
      .where(eq(refreshTokens.tokenHash, hashToken(token)));
    if (!held || held.revokedAt || held.expiresAt <= now) return new ApiError('refresh-invalid');
    if (held.usedAt) {
      attributeAudit({ tenantId: held.tenantId, actorId: held.userId });
      await revokeFamily(tx, held.familyId, 'reused', now);
      context.log.warn({ userId: held.userId, familyId: held.familyId }, 'a refresh token was used twice');
      context.tokens.changed({ userId: held.userId });
      // Answered, not thrown: the transaction must keep the revocation.
      return new ApiError('refresh-reused');
    }
    const tenant = await currentTenant(tx, user.tenantId);
    assertMaySignIn(user, tenant);
    await tx.update(refreshTokens).set({ usedAt: now }).where(eq(refreshTokens.id, held.id));
    return openGrant(context, tx, { user, tenant, familyId: held.familyId, methods: held.methods }, origin);
  });
  if (outcome instanceof ApiError) throw outcome;
  return answerTokens(context, outcome);
}

/** Ends the sign-in that the token belongs to; a token that is not known is as good as ended. */
export async function logout(context: AppContext, token: string): Promise<void> {
  const userId = await context.db.system(async (tx) => {
    const [held] = await tx
      .select()
      .from(refreshTokens)
      .where(eq(refreshTokens.tokenHash, hashToken(token)));
    if (held) {
      attributeAudit({ tenantId: held.tenantId, actorId: held.userId });
      await holdAccount(tx, held.userId);
      await revokeFamily(tx, held.familyId, 'logout', new Date(context.clock.now()));
    }
    return held?.userId ?? null;
  });
  if (userId) context.tokens.changed({ userId });
}
