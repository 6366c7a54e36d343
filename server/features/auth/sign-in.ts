import { and, eq, inArray, isNull, ne } from 'drizzle-orm';
import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { oneTimeTokens, refreshTokens, type tenants, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { tenantSettings } from '../tenants/settings.ts';
import { hashToken, newToken } from './codes.ts';
import type { SignedInUser, TokenAnswer } from './schemas.ts';

/** Where a sign-in comes from; kept with its token so that the user can tell sign-ins apart. */
export interface Origin {
  userAgent: string | null;
  address: string | null;
}

export type UserRow = typeof users.$inferSelect;
export type TenantRow = typeof tenants.$inferSelect;

export function originOf(request: FastifyRequest): Origin {
  return { userAgent: request.headers['user-agent'] ?? null, address: request.ip };
}

/** A refresh token that is in the database; the access token is signed once the transaction has committed. */
export interface Grant {
  user: UserRow;
  familyId: string;
  /** How the person proved who they are: `password`, `totp`, `backup-code`, `oidc`, `invitation`, `code`; `amr` of the access token. */
  methods: string[];
  refreshToken: string;
  limited: boolean;
}

/** Throws `account-disabled`, `account-waiting`, `institution-suspended`. */
export function assertMaySignIn(user: UserRow, tenant: Pick<TenantRow, 'active'>): void {
  if (!tenant.active) throw new ApiError('institution-suspended');
  if (user.active) return;
  throw new ApiError(user.role === 'student' && !user.studentId ? 'account-waiting' : 'account-disabled');
}

/**
 * The account's row, held until the transaction ends. What starts, goes on with or ends sign-ins takes it first: one at
 * a time, or a token that is exchanged in the moment its sign-in ends would have a successor that nobody saw.
 */
export async function holdAccount(tx: Tx, userId: string): Promise<UserRow | null> {
  const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('no key update');
  return user ?? null;
}

/** Starts a sign-in (`familyId` null) or goes on with one, in the caller's transaction. */
export async function openGrant(
  context: AppContext,
  tx: Tx,
  given: { user: UserRow; tenant: TenantRow; familyId: string | null; methods: readonly string[] },
  origin: Origin,
): Promise<Grant> {
  const { user, tenant } = given;
  const refreshToken = newToken();
  const now = context.clock.now();
  const familyId = given.familyId ?? newId();
  const methods = [...given.methods];
  await tx.insert(refreshTokens).values({
    id: newId(),
    tenantId: user.tenantId,
    userId: user.id,
    familyId,
    tokenHash: hashToken(refreshToken),
    expiresAt: new Date(now + context.config.limits.refreshTokenDays * 86_400_000),
    userAgent: origin.userAgent?.slice(0, 300) ?? null,
    address: origin.address,
    methods,
    createdAt: new Date(now),
  });
  if (given.familyId === null) {
    await tx
      .update(users)
      .set({ lastLoginAt: new Date(now) })
      .where(eq(users.id, user.id));
  }
  return { user, familyId, methods, refreshToken, limited: needsSetup(user, tenant, methods) };
}

/** After the commit: signing may read the keys, and must not wait for a connection while it holds one. */
export async function answerTokens(context: AppContext, grant: Grant): Promise<TokenAnswer> {
  const { user, familyId, methods } = grant;
  const accessToken = await context.tokens.issue({
    userId: user.id,
    tenantId: user.tenantId,
    role: user.role,
    studentId: user.studentId,
    familyId,
    methods,
    validAfter: user.tokensValidAfter?.getTime() ?? 0,
  });
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: context.tokens.lifetime,
    refresh_token: grant.refreshToken,
    limited: grant.limited,
    user: toSignedInUser(user),
  };
}

function needsSetup(user: UserRow, tenant: TenantRow, methods: readonly string[]): boolean {
  if (user.totpEnabledAt !== null || methods.includes('oidc')) return false;
  const { requiredFor } = tenantSettings(tenant).twoFactor;
  return requiredFor.includes(user.role === 'sysadmin' ? 'admin' : user.role);
}

/**
 * Ends every sign-in of a user, or every one but `keepFamily`, those that wait for a second factor included, and takes
 * back links to set a password. Access tokens are refused from then on; once the transaction has committed,
 * `context.tokens.changed` makes it so on this server at once.
 */
export async function revokeUser(
  tx: Tx,
  userId: string,
  reason: string,
  now: Date,
  keepFamily: string | null = null,
): Promise<void> {
  await holdAccount(tx, userId);
  await tx
    .delete(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.userId, userId),
        inArray(oneTimeTokens.purpose, ['password-reset', 'second-factor']),
        isNull(oneTimeTokens.usedAt),
      ),
    );
  await tx
    .update(refreshTokens)
    .set({ revokedAt: now, revokedReason: reason })
    .where(
      and(
        eq(refreshTokens.userId, userId),
        isNull(refreshTokens.revokedAt),
        keepFamily === null ? undefined : ne(refreshTokens.familyId, keepFamily),
      ),
    );
  if (keepFamily === null) {
    await tx.update(users).set({ tokensValidAfter: now }).where(eq(users.id, userId));
  }
}

/** Answers how many tokens of the sign-in were still good. `holdAccount` comes before it. */
export async function revokeFamily(tx: Tx, familyId: string, reason: string, now: Date): Promise<number> {
  const ended = await tx
    .update(refreshTokens)
    .set({ revokedAt: now, revokedReason: reason })
    .where(and(eq(refreshTokens.familyId, familyId), isNull(refreshTokens.revokedAt)))
    .returning({ id: refreshTokens.id });
  return ended.length;
}

export function toSignedInUser(user: UserRow): SignedInUser {
  const { id, email, name, role, locale, tenantId, studentId } = user;
  return { id, email, name, role, locale, tenantId, studentId, secondFactor: user.totpEnabledAt !== null };
}
