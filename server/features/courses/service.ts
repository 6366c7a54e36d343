import { and, asc, count, eq, ilike, inArray, or, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedReference, violatedUnique } from '../../db/problems.ts';
import { courses, enrolments, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Course, CoursePatch, CourseQuery, NewCourse } from './schemas.ts';

const columns = {
  id: courses.id,
  code: courses.code,
  name: courses.name,
  semester: courses.semester,
  lateAfterMinutes: courses.lateAfterMinutes,
  minPresenceShare: courses.minPresenceShare,
  graceMinutes: courses.graceMinutes,
  students: sql<number>`(select count(*)::int from enrolments e where e.course_id = courses.id)`,
};

export async function listCourses(tx: Tx, query: CourseQuery): Promise<{ total: number; items: Course[] }> {
  let where: SQL | undefined;
  if (query.search) {
    const pattern = `%${query.search.replace(/[\\%_]/g, '\\$&')}%`;
    where = or(ilike(courses.code, pattern), ilike(courses.name, pattern));
  }
  const [counted] = await tx.select({ total: count() }).from(courses).where(where);
  const rows = await tx
    .select(columns)
    .from(courses)
    .where(where)
    .orderBy(asc(courses.code), asc(courses.semester))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map(toCourse) };
}

/** Throws `course-not-found`. */
export async function getCourse(tx: Tx, courseId: string): Promise<Course> {
  const [row] = await tx.select(columns).from(courses).where(eq(courses.id, courseId));
  if (!row) throw new ApiError('course-not-found');
  return toCourse(row);
}

/** Throws `course-code-taken`. */
export async function createCourse(context: AppContext, tenantId: string, given: NewCourse): Promise<Course> {
  const id = newId();
  return codeTaken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const { code, name, semester, rules } = given;
      await tx.insert(courses).values({
        id,
        tenantId,
        code: code.trim(),
        name: name.trim(),
        semester: semester?.trim() ?? '',
        ...rules,
      });
      return getCourse(tx, id);
    }),
  );
}

/** Throws `course-not-found`, `course-code-taken`. Sessions that are open keep the rules that they opened with. */
export async function patchCourse(
  context: AppContext,
  tenantId: string,
  courseId: string,
  patch: CoursePatch,
): Promise<Course> {
  return codeTaken(() =>
    context.db.tenant(tenantId, async (tx) => {
      await tx
        .update(courses)
        .set({
          ...(patch.code === undefined ? {} : { code: patch.code.trim() }),
          ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
          ...(patch.semester === undefined ? {} : { semester: patch.semester?.trim() ?? '' }),
          ...patch.rules,
          updatedAt: new Date(context.clock.now()),
        })
        .where(eq(courses.id, courseId));
      return getCourse(tx, courseId);
    }),
  );
}

/** Throws `course-not-found`, `course-has-sessions`. */
export async function deleteCourse(context: AppContext, tenantId: string, courseId: string): Promise<void> {
  try {
    await context.db.tenant(tenantId, async (tx) => {
      const gone = await tx.delete(courses).where(eq(courses.id, courseId)).returning({ id: courses.id });
      if (gone.length === 0) throw new ApiError('course-not-found');
    });
  } catch (error) {
    if (violatedReference(error) !== null) throw new ApiError('course-has-sessions', { cause: error });
    throw error;
  }
}

/** Enrols students, all or none; those enrolled already stay so. Throws `course-not-found`, `student-not-found`. */
export async function enrol(
  context: AppContext,
  tenantId: string,
  courseId: string,
  studentIds: string[],
): Promise<{ added: number; total: number }> {
  const { added, total } = await context.db.tenant(tenantId, async (tx) => {
    await getCourse(tx, courseId);
    const known = await tx.select({ id: students.id }).from(students).where(inArray(students.id, studentIds));
    if (known.length < studentIds.length) {
      const found = new Set(known.map(({ id }) => id));
      throw new ApiError('student-not-found', {
        details: { studentIds: studentIds.filter((id) => !found.has(id)) },
      });
    }
    const rows = await tx
      .insert(enrolments)
      .values(studentIds.map((studentId) => ({ tenantId, courseId, studentId })))
      .onConflictDoNothing()
      .returning({ studentId: enrolments.studentId });
    return { added: rows.map((row) => row.studentId), total: (await getCourse(tx, courseId)).students };
  });
  if (added.length > 0) context.events.emit('roster:changed', { tenantId, courseId, studentIds: added });
  return { added: added.length, total };
}

/** Throws `enrolment-not-found`. */
export async function unenrol(
  context: AppContext,
  tenantId: string,
  courseId: string,
  studentId: string,
): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const gone = await tx
      .delete(enrolments)
      .where(and(eq(enrolments.courseId, courseId), eq(enrolments.studentId, studentId)))
      .returning({ studentId: enrolments.studentId });
    if (gone.length === 0) throw new ApiError('enrolment-not-found');
  });
  context.events.emit('roster:changed', { tenantId, courseId, studentIds: [studentId] });
}

async function codeTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) === 'courses_code_key')
      throw new ApiError('course-code-taken', { cause: error });
    throw error;
  }
}

function toCourse(row: {
  id: string;
  code: string;
  name: string;
  semester: string;
  lateAfterMinutes: number;
  minPresenceShare: number;
  graceMinutes: number;
  students: number;
}): Course {
  const { lateAfterMinutes, minPresenceShare, graceMinutes, semester, ...rest } = row;
  return { ...rest, semester: semester || null, rules: { lateAfterMinutes, minPresenceShare, graceMinutes } };
}
