import { and, count, eq, gt, isNull, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { oneTimeTokens, tenants, users } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { invite } from '../invitations/invite.ts';
import { tenantOfHost } from '../tenants/institutions.ts';
import { currentTenant } from '../tenants/service.ts';
import { tenantSettings } from '../tenants/settings.ts';
import { insertUser, named } from '../users/service.ts';
import { dropOneTime, readOneTime, useOneTime } from './one-time.ts';
import { assertPassword, hashPassword } from './passwords.ts';
import { requestReset, uniformly } from './passwords-service.ts';
import { entryOf } from './roster-match.ts';
import type { TokenAnswer } from './schemas.ts';
import { accountOf } from './service.ts';
import {
  answerTokens,
  assertMaySignIn,
  type Grant,
  holdAccount,
  type Origin,
  openGrant,
  type UserRow,
} from './sign-in.ts';

/** Nobody's mailbox is to be filled from here. */
const LINKS_PER_HOUR = 3;

export interface Registration {
  email: string;
  name: string;
  studentNumber?: string | undefined;
  locale?: string | undefined;
  tenantId?: string | undefined;
}

/**
 * Sends a link to the address, whether it has an account or not: to make one, or to set a new password. The answer is
 * the same and takes as long. Throws `registration-closed`, `email-domain-not-allowed`, which hang on the institution
 * and the form of the address alone.
 */
export async function register(context: AppContext, given: Registration, host: string): Promise<void> {
  const email = given.email.trim().toLowerCase();
  const tenant = await context.db.system(async (tx) => {
    if (given.tenantId === undefined) return tenantOfHost(tx, host);
    const [found] = await tx.select().from(tenants).where(eq(tenants.id, given.tenantId));
    return found ?? null;
  });
  const rules = tenant?.active ? tenantSettings(tenant).registration : null;
  if (!tenant || !rules?.open) throw new ApiError('registration-closed');
  const domain = email.split('@').at(-1) ?? '';
  if (rules.emailDomains.length > 0 && !rules.emailDomains.includes(domain)) {
    throw new ApiError('email-domain-not-allowed');
  }
  const known = await context.db.system((tx) => accountOf(tx, email));
  if (known) return requestReset(context, email);
  await uniformly(context, () =>
    context.db.system(async (tx) => {
      const since = new Date(context.clock.now() - 3_600_000);
      const [recent] = await tx
        .select({ sent: count() })
        .from(oneTimeTokens)
        .where(
          and(
            eq(oneTimeTokens.tenantId, tenant.id),
            eq(oneTimeTokens.purpose, 'invitation'),
            gt(oneTimeTokens.createdAt, since),
            sql`${oneTimeTokens.data} ->> 'email' = ${email}`,
          ),
        );
      if ((recent?.sent ?? 0) >= LINKS_PER_HOUR) return;
      const locale = given.locale ?? tenant.locale;
      const name = given.name.trim();
      await invite(context, tx, {
        user: { id: null, tenantId: tenant.id, email, name, role: 'student', locale },
        institution: tenant.name,
        inviterName: null,
        createdBy: null,
        data: { email, name, locale, studentNumber: given.studentNumber ?? null },
      });
    }),
  );
}

/**
 * Takes an invitation, or finishes a registration: sets the password and signs in.
 * Throws `link-invalid`, `password-too-weak`, `email-taken`; `account-waiting` where a student who registered is not on
 * the roster: the account is made, and waits.
 */
export async function acceptInvitation(
  context: AppContext,
  given: { token: string; password: string; name?: string | undefined },
  origin: Origin,
): Promise<TokenAnswer> {
  const now = new Date(context.clock.now());
  const held = await context.db.system((tx) => readOneTime(tx, 'invitation', given.token, now));
  if (!held) throw new ApiError('link-invalid');
  const { tenantId, userId } = held;
  const data = held.data as { email?: string; name?: string; locale?: string; studentNumber?: string | null };
  const invited = userId === null ? null : await findUser(context, tenantId, userId);
  const email = invited?.email ?? data.email;
  if (email === undefined) throw new ApiError('link-invalid');
  assertPassword(given.password, email);
  const passwordHash = await hashPassword(given.password);
  const outcome = await named(() =>
    context.db.tenant(tenantId, async (tx): Promise<Grant | 'waiting'> => {
      if (userId !== null) await holdAccount(tx, userId);
      if (!(await useOneTime(tx, 'invitation', given.token, now))) throw new ApiError('link-invalid');
      const tenant = await currentTenant(tx, tenantId);
      let user: UserRow;
      if (userId === null) {
        const number = data.studentNumber ?? null;
        const found = number === null ? null : await entryOf(tx, number, email);
        user = await insertUser(context, tx, {
          tenantId,
          email,
          name: given.name ?? found?.name ?? data.name ?? email,
          role: 'student',
          locale: data.locale,
          passwordHash,
          studentId: found?.id ?? null,
          waiting: found === null,
        });
        if (found === null) return 'waiting';
      } else {
        // Who has set a password by another way needs no invitation, and it is no way round their second factor.
        const [updated] = await tx
          .update(users)
          .set({ passwordHash, ...(given.name ? { name: given.name.trim() } : {}), updatedAt: now })
          .where(and(eq(users.id, userId), isNull(users.passwordHash), isNull(users.totpEnabledAt)))
          .returning();
        if (!updated) throw new ApiError('link-invalid');
        await dropOneTime(tx, 'invitation', userId);
        user = updated;
      }
      assertMaySignIn(user, tenant);
      return openGrant(context, tx, { user, tenant, familyId: null, methods: ['invitation'] }, origin);
    }),
  );
  if (outcome === 'waiting') throw new ApiError('account-waiting');
  return answerTokens(context, outcome);
}

async function findUser(context: AppContext, tenantId: string, userId: string): Promise<UserRow | null> {
  return context.db.tenant(tenantId, async (tx) => {
    const [found] = await tx.select().from(users).where(eq(users.id, userId));
    return found ?? null;
  });
}
