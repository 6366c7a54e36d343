import { and, count, eq, gt } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { oneTimeTokens, users } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { publish } from '../../jobs/outbox.ts';
import { recordAudit } from '../audit/service.ts';
import type { LoginGuard } from './login-guard.ts';
import { dropOneTime, makeOneTime, readOneTime, useOneTime } from './one-time.ts';
import { assertPassword, checkPassword, hashPassword } from './passwords.ts';
import { accountOf } from './service.ts';
import { holdAccount, type Origin, revokeUser } from './sign-in.ts';
import type { Caller } from './tokens.ts';

const RESET_MS = 3_600_000;
/** Links that one account is sent in an hour: nobody's mailbox is to be filled from here. */
const RESETS_PER_HOUR = 3;
/** Answers take at least this long, so that the time tells no more than the answer does. */
const UNIFORM_MS = 150;

/** Sends a link where the address belongs to an account that can use one. Never says whether it does. */
export function requestReset(context: AppContext, given: string): Promise<void> {
  return uniformly(context, async () => {
    const email = given.trim().toLowerCase();
    const now = new Date(context.clock.now());
    const asked = await context.db.system(async (tx) => {
      const account = await accountOf(tx, email);
      if (!account?.user.active || !account.tenant.active) return null;
      const { user, tenant } = account;
      const [recent] = await tx
        .select({ sent: count() })
        .from(oneTimeTokens)
        .where(
          and(
            eq(oneTimeTokens.userId, user.id),
            eq(oneTimeTokens.purpose, 'password-reset'),
            gt(oneTimeTokens.createdAt, new Date(now.getTime() - RESET_MS)),
          ),
        );
      if ((recent?.sent ?? 0) >= RESETS_PER_HOUR) return null;
      const { token, expiresAt } = await makeOneTime(context, tx, {
        tenantId: user.tenantId,
        userId: user.id,
        purpose: 'password-reset',
        lifetimeMs: RESET_MS,
      });
      await publish(tx, user.tenantId, 'mail.requested', {
        kind: 'password-reset',
        to: user.email,
        locale: user.locale,
        data: {
          link: `${context.config.publicUrl}/reset#${token}`,
          institution: tenant.name,
          name: user.name,
          expiresAt: expiresAt.toISOString(),
        },
      });
      return user;
    });
    if (!asked) return;
    await context.db.tenant(asked.tenantId, (tx) =>
      recordAudit(tx, context, {
        action: 'auth.password-reset-requested',
        subjectType: 'user',
        subjectId: asked.id,
      }),
    );
  });
}

/** Sets a password with a link, and ends every sign-in. Throws `link-invalid`, `password-too-weak`. */
export async function resetPassword(context: AppContext, token: string, password: string): Promise<void> {
  const now = new Date(context.clock.now());
  const held = await context.db.system((tx) => readOneTime(tx, 'password-reset', token, now));
  if (!held?.userId) throw new ApiError('link-invalid');
  const { userId, tenantId } = held;
  // Known only now, and the link must not be used up by a password that is refused.
  const email = await context.db.tenant(tenantId, async (tx) => {
    const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
    return user?.email ?? '';
  });
  assertPassword(password, email);
  const passwordHash = await hashPassword(password);
  await context.db.tenant(tenantId, async (tx) => {
    const user = await holdAccount(tx, userId);
    if (!user?.active || !(await useOneTime(tx, 'password-reset', token, now))) {
      throw new ApiError('link-invalid');
    }
    await tx.update(users).set({ passwordHash, updatedAt: now }).where(eq(users.id, userId));
    await dropOneTime(tx, 'invitation', userId);
    await revokeUser(tx, userId, 'password-reset', now);
  });
  context.tokens.changed({ userId });
}

/** Keeps the caller's own sign-in, ends the others. Throws `password-wrong`, `password-missing`, `password-too-weak`. */
export async function changePassword(
  context: AppContext,
  guard: LoginGuard,
  caller: Caller,
  given: { oldPassword: string; newPassword: string },
  origin: Origin,
): Promise<void> {
  const user = await context.db.tenant(caller.tenantId, async (tx) => {
    const [found] = await tx.select().from(users).where(eq(users.id, caller.userId));
    return found;
  });
  if (!user) throw new ApiError('unauthenticated');
  if (user.passwordHash === null) throw new ApiError('password-missing');
  assertPassword(given.newPassword, user.email);
  const right = await guard.attempt({ account: user.email, address: origin.address }, () =>
    checkPassword(user.passwordHash, given.oldPassword),
  );
  if (!right) throw new ApiError('password-wrong');
  const passwordHash = await hashPassword(given.newPassword);
  const now = new Date(context.clock.now());
  await context.db.tenant(caller.tenantId, async (tx) => {
    const held = await holdAccount(tx, user.id);
    // Reset while the old one was being checked: the new one stays.
    if (held?.passwordHash !== user.passwordHash) throw new ApiError('password-wrong');
    await tx.update(users).set({ passwordHash, updatedAt: now }).where(eq(users.id, user.id));
    await revokeUser(tx, user.id, 'password-changed', now, caller.familyId);
  });
  context.tokens.changed({ userId: user.id });
}

/** Failures are logged, not told: an answer that differs would say what the address is. */
export async function uniformly(context: AppContext, work: () => Promise<void>): Promise<void> {
  const pause = new Promise((resolve) => setTimeout(resolve, UNIFORM_MS));
  await Promise.all([
    work().catch((error: unknown) => context.log.error({ err: error }, 'a link could not be sent')),
    pause,
  ]);
}
