import { and, asc, count, desc, eq, isNotNull, isNull, like, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedReference, violatedUnique } from '../../db/problems.ts';
import { teachers, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { fold, searchPatterns } from '../students/search.ts';
import type { NewTeacher, Teacher, TeacherPatch, TeacherQuery } from './schemas.ts';

const columns = {
  id: teachers.id,
  name: teachers.name,
  email: teachers.email,
  title: teachers.title,
  department: teachers.department,
  userId: teachers.userId,
  externalId: teachers.externalId,
  archivedAt: teachers.archivedAt,
  courses: sql<number>`(select count(*)::int from course_teachers ct where ct.teacher_id = teachers.id)`,
};

const SORTS: Record<string, SQL> = {
  name: sql`${teachers.name} collate "und-x-icu"`,
  department: sql`${teachers.department} collate "und-x-icu"`,
  createdAt: sql`${teachers.createdAt}`,
};

export async function listTeachers(
  tx: Tx,
  query: TeacherQuery,
): Promise<{ total: number; items: Teacher[] }> {
  const conditions: (SQL | undefined)[] = [
    query.archived ? isNotNull(teachers.archivedAt) : isNull(teachers.archivedAt),
    ...searchPatterns(query.search ?? '').map((pattern) => like(teachers.searchText, pattern)),
    query.department === undefined ? undefined : eq(teachers.department, query.department),
    query.userId === undefined ? undefined : eq(teachers.userId, query.userId),
    query.courseId === undefined
      ? undefined
      : sql`${teachers.id} in (select ct.teacher_id from course_teachers ct where ct.course_id = ${query.courseId})`,
  ];
  const where = and(...conditions);
  const sort = query.sort ?? 'name';
  const direction = sort.startsWith('-') ? desc : asc;
  const [counted] = await tx.select({ total: count() }).from(teachers).where(where);
  const rows = await tx
    .select(columns)
    .from(teachers)
    .where(where)
    .orderBy(direction(SORTS[sort.replace(/^-/, '')]!), asc(teachers.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map(toTeacher) };
}

/** Throws `teacher-not-found`. */
export async function getTeacher(tx: Tx, teacherId: string): Promise<Teacher> {
  const [row] = await tx.select(columns).from(teachers).where(eq(teachers.id, teacherId));
  if (!row) throw new ApiError('teacher-not-found');
  return toTeacher(row);
}

/** Throws `user-not-found`, `teacher-taken`. */
export async function createTeacher(
  context: AppContext,
  tenantId: string,
  given: NewTeacher,
): Promise<Teacher> {
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const id = newId();
      if (given.userId) await assertTeachingUser(tx, given.userId);
      const row = {
        name: clean(given.name),
        email: given.email?.toLowerCase() ?? null,
        title: given.title?.trim() || null,
        department: given.department?.trim() || null,
      };
      await tx.insert(teachers).values({
        id,
        tenantId,
        ...row,
        userId: given.userId ?? null,
        externalId: given.externalId ?? null,
        searchText: teacherSearchText(row),
      });
      return getTeacher(tx, id);
    }),
  );
}

/** Throws `teacher-not-found`, `user-not-found`, `teacher-taken`. Archiving takes the teacher off all courses. */
export async function patchTeacher(
  context: AppContext,
  tenantId: string,
  teacherId: string,
  patch: TeacherPatch,
): Promise<Teacher> {
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [before] = await tx.select().from(teachers).where(eq(teachers.id, teacherId)).for('update');
      if (!before) throw new ApiError('teacher-not-found');
      if (patch.userId) await assertTeachingUser(tx, patch.userId);
      const now = new Date(context.clock.now());
      const after = {
        name: patch.name === undefined ? before.name : clean(patch.name),
        email: patch.email === undefined ? before.email : (patch.email?.toLowerCase() ?? null),
        title: patch.title === undefined ? before.title : patch.title?.trim() || null,
        department: patch.department === undefined ? before.department : patch.department?.trim() || null,
      };
      await tx
        .update(teachers)
        .set({
          ...after,
          ...(patch.userId === undefined ? {} : { userId: patch.userId }),
          ...(patch.externalId === undefined ? {} : { externalId: patch.externalId }),
          ...(patch.archived === undefined ? {} : { archivedAt: patch.archived ? now : null }),
          searchText: teacherSearchText(after),
          updatedAt: now,
        })
        .where(eq(teachers.id, teacherId));
      if (patch.archived) await tx.execute(sql`delete from course_teachers where teacher_id = ${teacherId}`);
      return getTeacher(tx, teacherId);
    }),
  );
}

/** The account, if there is one, stays: switching it off is the users' matter. Throws `teacher-not-found`. */
export async function deleteTeacher(context: AppContext, tenantId: string, teacherId: string): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const gone = await tx.delete(teachers).where(eq(teachers.id, teacherId)).returning({ id: teachers.id });
    if (gone.length === 0) throw new ApiError('teacher-not-found');
  });
}

/**
 * The teacher of an account, made where there is none: one with the same e-mail address who has no account yet, as an
 * import leaves them, becomes this one. Called with every account that gets the role `teacher`.
 */
export async function ensureTeacher(
  tx: Tx,
  user: { id: string; tenantId: string; name: string; email: string },
): Promise<string> {
  const email = user.email.toLowerCase();
  const [own] = await tx.select({ id: teachers.id }).from(teachers).where(eq(teachers.userId, user.id));
  if (own) return own.id;
  const [imported] = await tx
    .update(teachers)
    .set({ userId: user.id })
    .where(
      sql`${teachers.id} = (select t.id from teachers t
        where t.user_id is null and t.email = ${email} order by t.id limit 1 for update)`,
    )
    .returning({ id: teachers.id });
  if (imported) return imported.id;
  const id = newId();
  const row = { name: user.name, email, title: null };
  await tx.insert(teachers).values({
    id,
    tenantId: user.tenantId,
    userId: user.id,
    name: row.name,
    email,
    searchText: teacherSearchText(row),
  });
  return id;
}

export function teacherSearchText(row: { name: string; email: string | null; title: string | null }): string {
  return fold(`${row.title ?? ''} ${row.name} ${row.email ?? ''}`);
}

const clean = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();

async function assertTeachingUser(tx: Tx, userId: string): Promise<void> {
  const [user] = await tx.select({ role: users.role }).from(users).where(eq(users.id, userId));
  if (!user || user.role === 'student') throw new ApiError('user-not-found');
}

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const violated = violatedUnique(error);
    if (violated === 'teachers_user_key' || violated === 'teachers_external_key') {
      throw new ApiError('teacher-taken', { cause: error });
    }
    if (violatedReference(error) === 'teachers_user_fk')
      throw new ApiError('user-not-found', { cause: error });
    throw error;
  }
}

function toTeacher(row: Omit<Teacher, 'archived'> & { archivedAt: Date | null }): Teacher {
  const { archivedAt, ...rest } = row;
  return { ...rest, archived: archivedAt !== null };
}
