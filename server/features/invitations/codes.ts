import { and, asc, count, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { activationCodes, courses, students, teachers } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { hashCode, newTypedCode, readTypedCode } from '../auth/codes.ts';
import type { Caller } from '../auth/tokens.ts';
import { searchColumns } from '../students/search.ts';
import type { ActivationCode, CodeQuery, NewCodes } from './schemas.ts';

type Row = typeof activationCodes.$inferSelect;
export type FreshCode = ActivationCode & { code: string; holder: string | null };

const DEFAULT_DAYS = 30;

export const hashActivationCode = (context: AppContext, code: string): Buffer =>
  hashCode(context.crypto.derive('activation-codes'), code);

/** Throws `student-not-found`, `teacher-not-found`, `course-not-found`, `invalid-request`. */
export async function makeCodes(context: AppContext, caller: Caller, given: NewCodes): Promise<FreshCode[]> {
  assertCombination(given);
  const now = context.clock.now();
  const expiresAt = new Date(now + (given.expiresInDays ?? DEFAULT_DAYS) * 86_400_000);
  return context.db.tenant(caller.tenantId, async (tx) => {
    const holders = await holdersOf(tx, given);
    const rows = holders.map((holder) => {
      const code = newTypedCode();
      const row: Row = {
        id: newId(),
        tenantId: caller.tenantId,
        codeHash: hashActivationCode(context, readTypedCode(code)!),
        hint: code.slice(0, 4),
        label: given.label ?? null,
        role: given.role,
        studentId: holder.studentId,
        teacherId: given.teacherId ?? null,
        courseId: given.courseId ?? null,
        maxUses: given.maxUses ?? 1,
        uses: 0,
        expiresAt,
        revokedAt: null,
        createdBy: caller.userId,
        createdAt: new Date(now),
      };
      return { row, code, holder: holder.name };
    });
    await tx.insert(activationCodes).values(rows.map(({ row }) => row));
    return rows.map(({ row, code, holder }) => ({ ...toCode(row, now), code, holder }));
  });
}

function assertCombination(given: NewCodes): void {
  const personal = given.studentIds !== undefined || given.teacherId !== undefined;
  const wrong =
    (given.studentIds !== undefined && (given.role !== 'student' || given.count !== undefined)) ||
    (given.teacherId !== undefined && (given.role !== 'teacher' || (given.count ?? 1) > 1)) ||
    (given.courseId !== undefined && given.role === 'admin') ||
    (personal && (given.maxUses ?? 1) > 1);
  if (wrong) {
    throw new ApiError('invalid-request', {
      message:
        'studentIds goes with the role student and without count, teacherId with the role teacher and one code; a code ' +
        'for one person is used once; an administrator joins no course.',
    });
  }
}

async function holdersOf(
  tx: Tx,
  given: NewCodes,
): Promise<{ studentId: string | null; name: string | null }[]> {
  if (given.courseId !== undefined) {
    const [course] = await tx.select({ id: courses.id }).from(courses).where(eq(courses.id, given.courseId));
    if (!course) throw new ApiError('course-not-found');
  }
  if (given.teacherId !== undefined) {
    const [teacher] = await tx
      .select({ name: teachers.name, userId: teachers.userId })
      .from(teachers)
      .where(eq(teachers.id, given.teacherId));
    if (!teacher) throw new ApiError('teacher-not-found');
    if (teacher.userId !== null) throw new ApiError('roster-entry-taken');
    return [{ studentId: null, name: teacher.name }];
  }
  if (given.studentIds === undefined) {
    return Array.from({ length: given.count ?? 1 }, () => ({ studentId: null, name: null }));
  }
  const found = await tx
    .select({ studentId: students.id, name: students.name })
    .from(students)
    .where(inArray(students.id, given.studentIds));
  if (found.length !== given.studentIds.length) throw new ApiError('student-not-found');
  return found;
}

export async function listCodes(
  tx: Tx,
  query: CodeQuery,
  now: number,
): Promise<{ total: number; items: ActivationCode[] }> {
  const at = sql`${new Date(now).toISOString()}::timestamptz`;
  const status = {
    revoked: sql`${activationCodes.revokedAt} is not null`,
    used: sql`${activationCodes.revokedAt} is null and ${activationCodes.uses} >= ${activationCodes.maxUses}`,
    expired: sql`${activationCodes.revokedAt} is null and ${activationCodes.uses} < ${activationCodes.maxUses}
      and ${activationCodes.expiresAt} <= ${at}`,
    open: sql`${activationCodes.revokedAt} is null and ${activationCodes.uses} < ${activationCodes.maxUses}
      and ${activationCodes.expiresAt} > ${at}`,
  };
  const conditions: (SQL | undefined)[] = [
    query.status === undefined ? undefined : status[query.status],
    query.role === undefined ? undefined : eq(activationCodes.role, query.role),
    query.courseId === undefined ? undefined : eq(activationCodes.courseId, query.courseId),
    ...searchColumns(query.search, activationCodes.label, activationCodes.hint),
  ];
  const where = and(...conditions);
  const sort = query.sort ?? '-createdAt';
  const column = sort.endsWith('expiresAt') ? activationCodes.expiresAt : activationCodes.createdAt;
  const [counted] = await tx.select({ total: count() }).from(activationCodes).where(where);
  const rows = await tx
    .select()
    .from(activationCodes)
    .where(where)
    .orderBy(sort.startsWith('-') ? desc(column) : asc(column), asc(activationCodes.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map((row) => toCode(row, now)) };
}

/** Throws `activation-code-not-found`. Accounts that were made with it stay. */
export async function revokeCode(context: AppContext, caller: Caller, id: string): Promise<void> {
  const revoked = await context.db.tenant(caller.tenantId, (tx) =>
    tx
      .update(activationCodes)
      .set({ revokedAt: new Date(context.clock.now()) })
      .where(and(eq(activationCodes.id, id), isNull(activationCodes.revokedAt)))
      .returning({ id: activationCodes.id }),
  );
  if (revoked.length === 0) throw new ApiError('activation-code-not-found');
}

function toCode(row: Row, now: number): ActivationCode {
  const { id, hint, label, role, studentId, teacherId, courseId, maxUses, uses } = row;
  const status =
    row.revokedAt !== null
      ? 'revoked'
      : uses >= maxUses
        ? 'used'
        : row.expiresAt.getTime() <= now
          ? 'expired'
          : 'open';
  return {
    id,
    hint,
    label,
    role,
    studentId,
    teacherId,
    courseId,
    maxUses,
    uses,
    status,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  };
}
