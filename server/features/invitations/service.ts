import { and, asc, count, desc, eq, gt, isNull, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { oneTimeTokens, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { dropOneTime } from '../auth/one-time.ts';
import type { Caller } from '../auth/tokens.ts';
import { searchColumns } from '../students/search.ts';
import { currentTenant } from '../tenants/service.ts';
import { insertUser, named } from '../users/service.ts';
import { invite } from './invite.ts';
import type { Invitation, InvitationQuery, NewInvitation } from './schemas.ts';

const columns = {
  id: oneTimeTokens.id,
  userId: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  createdAt: oneTimeTokens.createdAt,
  expiresAt: oneTimeTokens.expiresAt,
};

const isOpen = (now: Date) =>
  and(
    eq(oneTimeTokens.purpose, 'invitation'),
    isNull(oneTimeTokens.usedAt),
    gt(oneTimeTokens.expiresAt, now),
  );

/** Invitations that can still be taken. */
export async function listInvitations(
  tx: Tx,
  query: InvitationQuery,
  now: Date,
): Promise<{ total: number; items: Invitation[] }> {
  const conditions: (SQL | undefined)[] = [
    isOpen(now),
    query.role === undefined ? undefined : eq(users.role, query.role),
    ...searchColumns(query.search, users.name, users.email),
  ];
  const where = and(...conditions);
  const sort = query.sort ?? '-createdAt';
  const column = sort.endsWith('name') ? sql`${users.name} collate "und-x-icu"` : oneTimeTokens.createdAt;
  const [counted] = await tx
    .select({ total: count() })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(where);
  const rows = await tx
    .select(columns)
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(where)
    .orderBy(sort.startsWith('-') ? desc(column) : asc(column), asc(oneTimeTokens.id))
    .offset(query.skip)
    .limit(query.limit);
  return {
    total: counted?.total ?? 0,
    items: rows.map((row) => ({
      ...row,
      createdAt: row.createdAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
    })),
  };
}

/** Makes the account, without a password, and sends the link. Throws `email-taken`, `student-not-found`. */
export async function addInvitation(
  context: AppContext,
  caller: Caller,
  given: NewInvitation,
): Promise<Invitation> {
  return named(() =>
    context.db.tenant(caller.tenantId, async (tx) => {
      const user = await insertUser(context, tx, {
        ...given,
        tenantId: caller.tenantId,
        passwordHash: null,
      });
      return send(context, tx, caller, user);
    }),
  );
}

/** Sends a new link; the one before works no more. Throws `invitation-not-found`. */
export async function resendInvitation(context: AppContext, caller: Caller, id: string): Promise<Invitation> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const user = await invitedUser(tx, id);
    await dropOneTime(tx, 'invitation', user.id);
    return send(context, tx, caller, user);
  });
}

/** Takes the link back, and the account with it if nobody ever signed in. Throws `invitation-not-found`. */
export async function revokeInvitation(context: AppContext, caller: Caller, id: string): Promise<void> {
  await context.db.tenant(caller.tenantId, async (tx) => {
    const user = await invitedUser(tx, id);
    await dropOneTime(tx, 'invitation', user.id);
    if (user.passwordHash === null && user.lastLoginAt === null) {
      // A teacher's entry on the list stays: only the account goes.
      await tx.execute(sql`update teachers set user_id = null where user_id = ${user.id}`);
      await tx.delete(users).where(eq(users.id, user.id));
    }
  });
}

async function invitedUser(tx: Tx, id: string) {
  const [found] = await tx
    .select({ user: users })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(
      and(eq(oneTimeTokens.id, id), eq(oneTimeTokens.purpose, 'invitation'), isNull(oneTimeTokens.usedAt)),
    );
  if (!found) throw new ApiError('invitation-not-found');
  return found.user;
}

async function send(
  context: AppContext,
  tx: Tx,
  caller: Caller,
  user: typeof users.$inferSelect,
): Promise<Invitation> {
  const tenant = await currentTenant(tx, caller.tenantId);
  const [by] = await tx.select({ name: users.name }).from(users).where(eq(users.id, caller.userId));
  const { id, expiresAt } = await invite(context, tx, {
    user,
    institution: tenant.name,
    inviterName: by?.name ?? null,
    createdBy: caller.userId,
  });
  return {
    id,
    userId: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    createdAt: new Date(context.clock.now()).toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
