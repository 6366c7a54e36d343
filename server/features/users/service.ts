import { and, asc, count, desc, eq, inArray, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedReference, violatedUnique } from '../../db/problems.ts';
import { teachers, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { dropOneTime } from '../auth/one-time.ts';
import { assertPassword, hashPassword } from '../auth/passwords.ts';
import { forgetSecondFactor } from '../auth/second-factor.ts';
import { revokeUser } from '../auth/service.ts';
import type { Caller } from '../auth/tokens.ts';
import { searchColumns } from '../students/search.ts';
import { ensureTeacher } from '../teachers/service.ts';
import { currentTenant } from '../tenants/service.ts';
import type { NewUser, User, UserPatch, UserQuery } from './schemas.ts';

type Row = typeof users.$inferSelect;

const STATUS = {
  waiting: sql`(${users.role} = 'student' and ${users.studentId} is null)`,
  disabled: sql`(not ${users.active} and not (${users.role} = 'student' and ${users.studentId} is null))`,
  invited: sql`(${users.active} and ${users.passwordHash} is null and ${users.lastLoginAt} is null)`,
  active: sql`(${users.active} and (${users.passwordHash} is not null or ${users.lastLoginAt} is not null))`,
} as const;

const SORTS: Record<string, SQL> = {
  name: sql`${users.name} collate "und-x-icu"`,
  email: sql`lower(${users.email})`,
  createdAt: sql`${users.createdAt}`,
  lastLoginAt: sql`coalesce(${users.lastLoginAt}, '-infinity')`,
};

export async function listUsers(tx: Tx, query: UserQuery): Promise<{ total: number; items: User[] }> {
  const conditions: (SQL | undefined)[] = [
    query.role === undefined ? undefined : eq(users.role, query.role),
    query.status === undefined ? undefined : STATUS[query.status],
    ...searchColumns(query.search, users.name, users.email),
  ];
  const where = and(...conditions);
  const sort = query.sort ?? 'name';
  const column = SORTS[sort.replace(/^-/, '')]!;
  const [counted] = await tx.select({ total: count() }).from(users).where(where);
  const rows = await tx
    .select()
    .from(users)
    .where(where)
    .orderBy(sort.startsWith('-') ? desc(column) : asc(column), asc(users.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map(toUser) };
}

/** Throws `user-not-found`. */
export async function getUser(tx: Tx, userId: string): Promise<User> {
  const [row] = await tx.select().from(users).where(eq(users.id, userId));
  if (!row) throw new ApiError('user-not-found');
  return toUser(row);
}

/** Throws `email-taken`, `password-too-weak`, `student-not-found`, `invalid-request`. */
export async function createUser(context: AppContext, tenantId: string, given: NewUser): Promise<User> {
  const email = given.email.toLowerCase();
  assertPassword(given.password, email);
  const passwordHash = await hashPassword(given.password);
  return named(() =>
    context.db.tenant(tenantId, async (tx) =>
      toUser(await insertUser(context, tx, { ...given, tenantId, email, passwordHash })),
    ),
  );
}

/**
 * An account in the caller's transaction, with its entry among the teachers where it is one. What `named` translates
 * may be thrown. `passwordHash` null: invited, or of a provider.
 */
export async function insertUser(
  context: AppContext,
  tx: Tx,
  given: {
    tenantId: string;
    email: string;
    name: string;
    role: Exclude<Row['role'], 'sysadmin'>;
    passwordHash: string | null;
    locale?: string | undefined;
    studentId?: string | null | undefined;
    /** A student without a roster entry: waits, switched off. */
    waiting?: boolean;
    /** The entry among the teachers that the account is for; otherwise found by address, or made. */
    teacherId?: string | null;
  },
): Promise<Row> {
  const hasEntry = given.studentId !== undefined && given.studentId !== null;
  if (!given.waiting && (given.role === 'student') !== hasEntry) {
    throw new ApiError('invalid-request', {
      message: 'The role student, and no other, comes with a studentId.',
    });
  }
  const [row] = await tx
    .insert(users)
    .values({
      id: newId(),
      tenantId: given.tenantId,
      email: given.email.toLowerCase(),
      name: given.name.trim(),
      role: given.role,
      locale: given.locale ?? (await currentTenant(tx, given.tenantId)).locale,
      passwordHash: given.passwordHash,
      active: !given.waiting,
      studentId: given.studentId ?? null,
      createdAt: new Date(context.clock.now()),
    })
    .returning();
  if (given.teacherId) {
    const [linked] = await tx
      .update(teachers)
      .set({ userId: row!.id })
      .where(and(eq(teachers.id, given.teacherId), isNull(teachers.userId)))
      .returning({ id: teachers.id });
    if (!linked) throw new ApiError('roster-entry-taken');
  } else if (row!.role === 'teacher') await ensureTeacher(tx, row!);
  return row!;
}

/** Says in the API's words what an account's constraints refuse. */
export async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedReference(error)) throw new ApiError('student-not-found', { cause: error });
    const violated = violatedUnique(error);
    if (violated === 'users_student_key') {
      throw new ApiError('email-taken', { message: 'This student has an account already.', cause: error });
    }
    if (violated === 'users_email_key') throw new ApiError('email-taken', { cause: error });
    throw error;
  }
}

/**
 * Throws `user-not-found`, `password-too-weak`, `last-admin`, `forbidden`. A change of password, role or activity ends
 * sign-ins. Nobody but a system administrator changes one, or makes one.
 */
export async function patchUser(
  context: AppContext,
  caller: Caller,
  userId: string,
  patch: UserPatch,
): Promise<User> {
  const { tenantId } = caller;
  const passwordHash = patch.password === undefined ? undefined : await hashPassword(patch.password);
  const changed = await named(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [before] = await tx.select().from(users).where(eq(users.id, userId)).for('update');
      if (!before) throw new ApiError('user-not-found');
      if ((before.role === 'sysadmin' || patch.role === 'sysadmin') && caller.role !== 'sysadmin') {
        throw new ApiError('forbidden', {
          message: 'Only a system administrator changes a system administrator.',
        });
      }
      if (patch.password !== undefined) assertPassword(patch.password, before.email);
      if (patch.role !== undefined && before.role === 'student') {
        throw new ApiError('invalid-request', { message: 'The account of a student keeps its role.' });
      }
      if (patch.studentId !== undefined && (before.role !== 'student' || before.studentId !== null)) {
        throw new ApiError('invalid-request', { message: 'Only a student who waits is given a studentId.' });
      }
      if (patch.active && before.role === 'student' && !(patch.studentId ?? before.studentId)) {
        throw new ApiError('invalid-request', { message: 'A student who waits needs a studentId first.' });
      }
      await assertSomebodyLeft(tx, before, patch);
      const now = new Date(context.clock.now());
      await tx
        .update(users)
        .set({
          ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
          ...(patch.role === undefined ? {} : { role: patch.role }),
          ...(patch.locale === undefined ? {} : { locale: patch.locale }),
          ...(patch.active === undefined ? {} : { active: patch.active }),
          ...(patch.studentId === undefined
            ? {}
            : { studentId: patch.studentId, active: patch.active ?? true }),
          ...(passwordHash === undefined ? {} : { passwordHash }),
          updatedAt: now,
        })
        .where(eq(users.id, userId));
      if (
        passwordHash !== undefined ||
        patch.role !== undefined ||
        patch.active !== undefined ||
        patch.studentId !== undefined
      ) {
        await revokeUser(tx, userId, 'changed', now);
        if (passwordHash !== undefined) await dropOneTime(tx, 'invitation', userId);
      }
      const [row] = await tx.select().from(users).where(eq(users.id, userId));
      if (patch.role === 'teacher') await ensureTeacher(tx, row!);
      return toUser(row!);
    }),
  );
  context.tokens.changed({ userId });
  return changed;
}

/** For a user who lost telephone and backup codes. Throws `user-not-found`, `forbidden`. */
export async function resetSecondFactor(context: AppContext, caller: Caller, userId: string): Promise<void> {
  await context.db.tenant(caller.tenantId, async (tx) => {
    const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('update');
    if (!user) throw new ApiError('user-not-found');
    if (user.role === 'sysadmin' && caller.role !== 'sysadmin') throw new ApiError('forbidden');
    await forgetSecondFactor(tx, userId);
    await revokeUser(tx, userId, 'second-factor-reset', new Date(context.clock.now()));
  });
  context.tokens.changed({ userId });
}

/** An administrator stays in the institution and one of the system in the server, whatever becomes of this account. */
async function assertSomebodyLeft(
  tx: Tx,
  before: Row,
  after: { role?: Row['role'] | undefined; active?: boolean | undefined },
): Promise<void> {
  const { tenantId, id } = before;
  const wasAdmin = before.role === 'admin' || before.role === 'sysadmin';
  const noLongerAdmin = wasAdmin && (after.role === 'teacher' || after.active === false);
  if (noLongerAdmin) await assertAnother(tx, tenantId, id, ['admin', 'sysadmin']);
  const stepsDown =
    before.role === 'sysadmin' &&
    (after.active === false || (after.role !== undefined && after.role !== 'sysadmin'));
  if (stepsDown) await assertAnother(tx, tenantId, id, ['sysadmin']);
}

/** Throws `forbidden`, `last-admin`. */
export async function assertMayRemove(tx: Tx, caller: Caller, user: Row): Promise<void> {
  if (user.role === 'sysadmin' && caller.role !== 'sysadmin') throw new ApiError('forbidden');
  await assertSomebodyLeft(tx, user, { active: false });
}

/**
 * Of two administrators who remove each other at once, one waits here and is refused. Who was invited and never came may
 * never come: only who can sign in counts. Throws `last-admin`.
 */
async function assertAnother(tx: Tx, tenantId: string, userId: string, roles: Row['role'][]): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`admins ${tenantId}`}, 0))`);
  const others = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(inArray(users.role, roles), STATUS.active, ne(users.id, userId)))
    .limit(1);
  if (others.length > 0) return;
  throw new ApiError('last-admin', roles.includes('admin') ? {} : { message: LAST_SYSADMIN });
}

const LAST_SYSADMIN = 'The last active system administrator cannot be removed: nobody could run the server.';

export function toUser(row: Row): User {
  const { id, email, name, role, locale, active, studentId } = row;
  const waiting = role === 'student' && studentId === null;
  const invited = row.passwordHash === null && row.lastLoginAt === null;
  return {
    id,
    email,
    name,
    role,
    locale,
    active,
    status: waiting ? 'waiting' : !active ? 'disabled' : invited ? 'invited' : 'active',
    secondFactor: row.totpEnabledAt !== null,
    studentId,
    lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
