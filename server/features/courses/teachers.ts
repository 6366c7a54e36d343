import { and, inArray, isNull, sql } from 'drizzle-orm';
import { courseTeachers, teachers } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';

/** These teach the course and no others. Throws `teacher-not-found` with the unknown ids in `details.teacherIds`. */
export async function setTeachers(
  tx: Tx,
  tenantId: string,
  courseId: string,
  teacherIds: readonly string[],
): Promise<void> {
  const known =
    teacherIds.length === 0
      ? []
      : await tx
          .select({ id: teachers.id })
          .from(teachers)
          .where(and(inArray(teachers.id, [...teacherIds]), isNull(teachers.archivedAt)));
  if (known.length < teacherIds.length) {
    const found = new Set(known.map(({ id }) => id));
    throw new ApiError('teacher-not-found', {
      details: { teacherIds: teacherIds.filter((id) => !found.has(id)) },
    });
  }
  await tx.execute(sql`delete from course_teachers where course_id = ${courseId}`);
  if (teacherIds.length === 0) return;
  await tx
    .insert(courseTeachers)
    .values(teacherIds.map((teacherId) => ({ tenantId, courseId, teacherId })))
    .onConflictDoNothing();
}
