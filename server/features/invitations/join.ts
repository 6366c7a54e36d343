import { and, eq, isNull, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { activationCodes, courses, students, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { readTypedCode } from '../auth/codes.ts';
import type { LoginGuard } from '../auth/login-guard.ts';
import type { JoinedCourse } from '../auth/schemas.ts';
import type { Origin } from '../auth/sign-in.ts';
import type { Caller } from '../auth/tokens.ts';
import { ensureTeacher } from '../teachers/service.ts';
import { usableCode } from './activate.ts';
import { hashActivationCode } from './codes.ts';

type CodeRow = typeof activationCodes.$inferSelect;

/**
 * Lets somebody who has an account already join the course of a code. A use is spent only where they were not in it.
 * Throws `activation-code-mistyped`, `activation-code-invalid` (also for a code of another role, person or institution,
 * and one that joins no course), `student-archived`, `rate-limited`.
 */
export async function joinCourse(
  context: AppContext,
  guard: LoginGuard,
  caller: Caller,
  typed: string,
  origin: Origin,
): Promise<JoinedCourse> {
  const code = readTypedCode(typed);
  if (code === null) throw new ApiError('activation-code-mistyped');
  const { tenantId } = caller;
  const now = new Date(context.clock.now());
  let joined: JoinedCourse | null = null;
  const address = origin.address ?? 'unknown';
  // Guessing at codes makes the address wait, as it does without an account.
  await guard.attempt({ account: `activation:${code}`, address }, async () => {
    joined = await context.db.tenant(tenantId, async (tx) => {
      const [held] = await tx
        .select()
        .from(activationCodes)
        .where(usableCode(hashActivationCode(context, code), now))
        .for('update');
      return held ? join(tx, caller, held) : null;
    });
    return joined !== null;
  });
  const done = joined as JoinedCourse | null;
  if (done === null) throw new ApiError('activation-code-invalid');
  if (done.joined && caller.studentId !== null) {
    const { courseId } = done;
    context.events.emit('roster:changed', { tenantId, courseId, studentIds: [caller.studentId] });
  }
  return done;
}

async function join(tx: Tx, caller: Caller, code: CodeRow): Promise<JoinedCourse> {
  const [course] = await tx
    .select({ id: courses.id, code: courses.code, name: courses.name })
    .from(courses)
    .where(and(sql`${courses.id} = ${code.courseId}`, isNull(courses.archivedAt)));
  const theirs = code.role === caller.role && (await isFor(tx, caller, code));
  if (!course || !theirs) {
    throw new ApiError('activation-code-invalid', {
      message: 'The code is for another role or person, or joins no course.',
    });
  }
  const { tenantId } = caller;
  const rows =
    caller.studentId === null
      ? await tx.execute(sql`
          insert into course_teachers (tenant_id, course_id, teacher_id)
          values (${tenantId}, ${course.id}, ${await teacherOf(tx, caller)}) on conflict do nothing returning 1`)
      : await tx.execute(sql`
          insert into enrolments (tenant_id, course_id, student_id)
          values (${tenantId}, ${course.id}, ${caller.studentId}) on conflict do nothing returning 1`);
  const joined = rows.length > 0;
  if (joined) {
    await tx
      .update(activationCodes)
      .set({ uses: sql`${activationCodes.uses} + 1` })
      .where(eq(activationCodes.id, code.id));
  }
  return { courseId: course.id, code: course.code, name: course.name, joined };
}

/** Throws `student-archived`. A code for one person is for no other. */
async function isFor(tx: Tx, caller: Caller, code: CodeRow): Promise<boolean> {
  if (caller.role === 'teacher') {
    return code.teacherId === null || code.teacherId === (await teacherOf(tx, caller));
  }
  if (caller.role !== 'student' || caller.studentId === null) return false;
  const [own] = await tx
    .select({ archivedAt: students.archivedAt })
    .from(students)
    .where(eq(students.id, caller.studentId));
  if (!own) return false;
  if (own.archivedAt !== null) throw new ApiError('student-archived');
  return code.studentId === null || code.studentId === caller.studentId;
}

async function teacherOf(tx: Tx, caller: Caller): Promise<string> {
  const [user] = await tx.select().from(users).where(eq(users.id, caller.userId));
  if (!user) throw new ApiError('unauthenticated');
  return ensureTeacher(tx, user);
}
