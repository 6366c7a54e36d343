import type { Column } from 'drizzle-orm';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError, type ErrorCode } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';

/**
 * Who may see which course: administrators all of their institution, teachers those that they teach, students those
 * that they are enrolled in. `null`: no restriction. `column` holds a course's id in the query that is restricted.
 */
export function courseScope(
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>,
  column: Column | SQL,
): SQL | null {
  if (caller.role === 'admin' || caller.role === 'sysadmin') return null;
  if (caller.role === 'teacher') {
    return sql`${column} in (
      select ct.course_id from course_teachers ct join teachers te on te.id = ct.teacher_id
      where te.user_id = ${caller.userId})`;
  }
  return sql`${column} in (select en.course_id from enrolments en where en.student_id = ${caller.studentId})`;
}

/** The same for a student's id: teachers see the students of their courses, students themselves. */
export function studentScope(
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>,
  column: Column | SQL,
): SQL | null {
  if (caller.role === 'admin' || caller.role === 'sysadmin') return null;
  if (caller.role === 'teacher') {
    return sql`${column} in (
      select en.student_id from enrolments en
      join course_teachers ct on ct.course_id = en.course_id join teachers te on te.id = ct.teacher_id
      where te.user_id = ${caller.userId})`;
  }
  return sql`${column} = ${caller.studentId}`;
}

/** Throws `code` (default `course-not-found`): who may not see a course is told that there is none. */
export async function assertCourse(
  tx: Tx,
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>,
  courseId: string,
  code: ErrorCode = 'course-not-found',
): Promise<void> {
  const scope = courseScope(caller, sql`c.id`);
  const [found] = await tx.execute(
    sql`select 1 from courses c where c.id = ${courseId} ${scope === null ? sql`` : sql`and ${scope}`}`,
  );
  if (!found) throw new ApiError(code);
}
