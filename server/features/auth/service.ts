import { createHash, randomBytes } from 'node:crypto';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { refreshTokens, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { LoginGuard } from './login-guard.ts';
import { checkPassword } from './passwords.ts';
import type { SignedInUser, TokenAnswer } from './schemas.ts';

/** Where a sign-in comes from; kept with its token so that the user can tell sign-ins apart. */
export interface Origin {
  userAgent: string | null;
  address: string | null;
}

type UserRow = typeof users.$inferSelect;

/** Throws `wrong-credentials`, `account-disabled`, `rate-limited`. */
export async function login(
  context: AppContext,
  guard: LoginGuard,
  given: { email: string; password: string },
  origin: Origin,
): Promise<TokenAnswer> {
  const email = given.email.trim().toLowerCase();
  guard.admit(email);
  const user = await context.db.system(async (tx) => {
    const [found] = await tx
      .select()
      .from(users)
      .where(eq(sql`lower(${users.email})`, email));
    return found ?? null;
  });
  if (!(await checkPassword(user?.passwordHash ?? null, given.password)) || !user) {
    guard.failed(email);
    throw new ApiError('wrong-credentials');
  }
  guard.succeeded(email);
  // Only whoever knows the password learns that the account is disabled.
  if (!user.active) throw new ApiError('account-disabled');
  return context.db.system(async (tx) => {
    await tx
      .update(users)
      .set({ lastLoginAt: new Date(context.clock.now()) })
      .where(eq(users.id, user.id));
    return issueTokens(context, tx, user, newId(), origin);
  });
}

/**
 * Exchanges a refresh token for the next pair. A token works once: when one comes back a second time, either its
 * owner or a thief holds a copy, and every token of that sign-in is revoked.
 * Throws `refresh-invalid`, `refresh-reused`, `account-disabled`.
 */
export async function refresh(context: AppContext, token: string, origin: Origin): Promise<TokenAnswer> {
  const now = new Date(context.clock.now());
  const outcome = await context.db.system(async (tx) => {
    const [held] = await tx
      .select()
      .from(refreshTokens)
      .where(eq(refreshTokens.tokenHash, hashToken(token)))
      .for('update');
    if (!held || held.revokedAt || held.expiresAt <= now) return new ApiError('refresh-invalid');
    if (held.usedAt) {
      await revokeFamily(tx, held.familyId, 'reused', now);
      context.log.warn({ userId: held.userId, familyId: held.familyId }, 'a refresh token was used twice');
      // Answered, not thrown: the transaction must keep the revocation.
      return new ApiError('refresh-reused');
    }
    const [user] = await tx.select().from(users).where(eq(users.id, held.userId));
    if (!user?.active) return new ApiError('account-disabled');
    await tx.update(refreshTokens).set({ usedAt: now }).where(eq(refreshTokens.id, held.id));
    return issueTokens(context, tx, user, held.familyId, origin);
  });
  if (outcome instanceof ApiError) throw outcome;
  return outcome;
}

/** Ends the sign-in that the token belongs to; a token that is not known is as good as ended. */
export async function logout(context: AppContext, token: string): Promise<void> {
  await context.db.system(async (tx) => {
    const [held] = await tx
      .select()
      .from(refreshTokens)
      .where(eq(refreshTokens.tokenHash, hashToken(token)));
    if (held) await revokeFamily(tx, held.familyId, 'logout', new Date(context.clock.now()));
  });
}

/** Ends every sign-in of a user: after a change of password, role or when disabled. */
export async function revokeUser(tx: Tx, userId: string, reason: string, now: Date): Promise<void> {
  await tx
    .update(refreshTokens)
    .set({ revokedAt: now, revokedReason: reason })
    .where(and(eq(refreshTokens.userId, userId), isNull(refreshTokens.revokedAt)));
}

export function toSignedInUser(user: UserRow): SignedInUser {
  const { id, email, name, role, locale, tenantId } = user;
  return { id, email, name, role, locale, tenantId };
}

async function issueTokens(
  context: AppContext,
  tx: Tx,
  user: UserRow,
  familyId: string,
  origin: Origin,
): Promise<TokenAnswer> {
  const token = randomBytes(32).toString('base64url');
  const now = context.clock.now();
  await tx.insert(refreshTokens).values({
    id: newId(),
    tenantId: user.tenantId,
    userId: user.id,
    familyId,
    tokenHash: hashToken(token),
    expiresAt: new Date(now + context.config.limits.refreshTokenDays * 86_400_000),
    userAgent: origin.userAgent?.slice(0, 300) ?? null,
    address: origin.address,
  });
  const accessToken = await context.tokens.issue({
    userId: user.id,
    tenantId: user.tenantId,
    role: user.role,
    studentId: user.studentId,
  });
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: context.tokens.lifetime,
    refresh_token: token,
    user: toSignedInUser(user),
  };
}

async function revokeFamily(tx: Tx, familyId: string, reason: string, now: Date): Promise<void> {
  await tx
    .update(refreshTokens)
    .set({ revokedAt: now, revokedReason: reason })
    .where(and(eq(refreshTokens.familyId, familyId), isNull(refreshTokens.revokedAt)));
}

/** The tokens are 256 random bits: a fast hash keeps them as safe as a slow one. */
function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
