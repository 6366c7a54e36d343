import { and, asc, count, eq, inArray, ne, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedReference, violatedUnique } from '../../db/problems.ts';
import { users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Page } from '../../http.ts';
import { assertPassword, hashPassword } from '../auth/passwords.ts';
import { revokeUser } from '../auth/service.ts';
import { ensureTeacher } from '../teachers/service.ts';
import type { NewUser, User, UserPatch } from './schemas.ts';

type Row = typeof users.$inferSelect;

export async function listUsers(tx: Tx, page: Page): Promise<{ total: number; items: User[] }> {
  const [counted] = await tx.select({ total: count() }).from(users);
  const rows = await tx
    .select()
    .from(users)
    .orderBy(asc(users.name), asc(users.id))
    .offset(page.skip)
    .limit(page.limit);
  return { total: counted?.total ?? 0, items: rows.map(toUser) };
}

/** Throws `email-taken`, `password-too-weak`, `student-not-found`, `invalid-request`. */
export async function createUser(context: AppContext, tenantId: string, given: NewUser): Promise<User> {
  const email = given.email.toLowerCase();
  assertPassword(given.password, email);
  if ((given.role === 'student') !== (given.studentId !== undefined)) {
    throw new ApiError('invalid-request', {
      message: 'The role student, and no other, comes with a studentId.',
    });
  }
  const passwordHash = await hashPassword(given.password);
  try {
    return await context.db.tenant(tenantId, async (tx) => {
      const [row] = await tx
        .insert(users)
        .values({
          id: newId(),
          tenantId,
          email,
          name: given.name.trim(),
          role: given.role,
          locale: given.locale ?? context.config.seed.locale,
          passwordHash,
          studentId: given.studentId ?? null,
        })
        .returning();
      if (row!.role === 'teacher') await ensureTeacher(tx, row!);
      return toUser(row!);
    });
  } catch (error) {
    if (violatedReference(error)) throw new ApiError('student-not-found');
    if (violatedUnique(error) === 'users_student_key') {
      throw new ApiError('email-taken', { message: 'This student has an account already.' });
    }
    if (violatedUnique(error) !== null) throw new ApiError('email-taken');
    throw error;
  }
}

/** Throws `user-not-found`, `password-too-weak`, `last-admin`. A change of password, role or activity ends sign-ins. */
export async function patchUser(
  context: AppContext,
  tenantId: string,
  userId: string,
  patch: UserPatch,
): Promise<User> {
  const passwordHash = patch.password === undefined ? undefined : await hashPassword(patch.password);
  return context.db.tenant(tenantId, async (tx) => {
    const [before] = await tx.select().from(users).where(eq(users.id, userId)).for('update');
    if (!before) throw new ApiError('user-not-found');
    if (patch.password !== undefined) assertPassword(patch.password, before.email);
    if (patch.role !== undefined && before.role === 'student') {
      throw new ApiError('invalid-request', { message: 'The account of a student keeps its role.' });
    }
    const noLongerAdmin = before.role === 'admin' && (patch.role === 'teacher' || patch.active === false);
    if (noLongerAdmin) await assertAnotherAdmin(tx, tenantId, userId);
    const now = new Date(context.clock.now());
    const [row] = await tx
      .update(users)
      .set({
        ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
        ...(patch.role === undefined ? {} : { role: patch.role }),
        ...(patch.locale === undefined ? {} : { locale: patch.locale }),
        ...(patch.active === undefined ? {} : { active: patch.active }),
        ...(passwordHash === undefined ? {} : { passwordHash }),
        updatedAt: now,
      })
      .where(eq(users.id, userId))
      .returning();
    if (patch.role === 'teacher') await ensureTeacher(tx, row!);
    if (passwordHash !== undefined || patch.role !== undefined || patch.active === false) {
      await revokeUser(tx, userId, 'changed', now);
    }
    return toUser(row!);
  });
}

/** Of two administrators who remove each other at once, one waits here and is refused. */
async function assertAnotherAdmin(tx: Tx, tenantId: string, userId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`admins ${tenantId}`}, 0))`);
  const others = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(inArray(users.role, ['admin', 'sysadmin']), eq(users.active, true), ne(users.id, userId)))
    .limit(1);
  if (others.length === 0) throw new ApiError('last-admin');
}

function toUser(row: Row): User {
  const { id, email, name, role, locale, active, studentId } = row;
  return {
    id,
    email,
    name,
    role,
    locale,
    active,
    studentId,
    lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
  };
}
