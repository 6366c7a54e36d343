import { and, asc, count, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedReference, violatedUnique } from '../../db/problems.ts';
import { activationCodes, courses, enrolments, excuses, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { searchColumns } from '../students/search.ts';
import { courseScope } from './access.ts';
import type { Course, CoursePatch, CourseQuery, NewCourse } from './schemas.ts';
import { setTeachers } from './teachers.ts';

const columns = {
  id: courses.id,
  code: courses.code,
  name: courses.name,
  semester: courses.semester,
  department: courses.department,
  opens: courses.opens,
  warnAfterAbsences: courses.warnAfterAbsences,
  lateAfterMinutes: courses.lateAfterMinutes,
  minPresenceShare: courses.minPresenceShare,
  graceMinutes: courses.graceMinutes,
  externalId: courses.externalId,
  archivedAt: courses.archivedAt,
  teachers: sql<{ id: string; name: string }[]>`(
    select coalesce(jsonb_agg(jsonb_build_object('id', te.id, 'name', te.name) order by te.name, te.id), '[]')
    from course_teachers ct join teachers te on te.id = ct.teacher_id where ct.course_id = courses.id)`,
  students: sql<number>`(
    select count(*)::int from enrolments e
    where e.course_id = courses.id
      and e.student_id not in (select s.id from students s where s.archived_at is not null))`,
};

const SORTS: Record<string, SQL> = {
  code: sql`${courses.code}`,
  name: sql`${courses.name} collate "und-x-icu"`,
  semester: sql`${courses.semester}`,
  department: sql`${courses.department} collate "und-x-icu"`,
  createdAt: sql`${courses.createdAt}`,
};

export type Reader = Pick<Caller, 'role' | 'userId' | 'studentId'>;

/** The courses that the caller may see: an administrator's all, a teacher's own, a student's own. */
export async function listCourses(
  tx: Tx,
  caller: Reader,
  query: CourseQuery & { studentId?: string },
): Promise<{ total: number; items: Course[] }> {
  const conditions: (SQL | undefined)[] = [
    courseScope(caller, courses.id) ?? undefined,
    query.archived ? isNotNull(courses.archivedAt) : isNull(courses.archivedAt),
    query.semester === undefined ? undefined : eq(courses.semester, query.semester),
    query.department === undefined ? undefined : eq(courses.department, query.department),
    ...searchColumns(query.search, courses.code, courses.name),
    query.teacherId === undefined
      ? undefined
      : sql`${courses.id} in (select ct.course_id from course_teachers ct where ct.teacher_id = ${query.teacherId})`,
    query.studentId === undefined
      ? undefined
      : sql`${courses.id} in (select e.course_id from enrolments e where e.student_id = ${query.studentId})`,
  ];
  const where = and(...conditions);
  const sort = query.sort ?? 'code';
  const direction = sort.startsWith('-') ? desc : asc;
  const order = [direction(SORTS[sort.replace(/^-/, '')]!), asc(courses.semester), asc(courses.id)];
  // What is looked up for each course is not looked up for those before the page.
  const page = tx
    .select({ id: courses.id })
    .from(courses)
    .where(where)
    .orderBy(...order)
    .offset(query.skip)
    .limit(query.limit);
  const [[counted], rows] = await Promise.all([
    tx.select({ total: count() }).from(courses).where(where),
    tx
      .select(columns)
      .from(courses)
      .where(inArray(courses.id, page))
      .orderBy(...order),
  ]);
  return { total: counted?.total ?? 0, items: rows.map(toCourse) };
}

/** Throws `course-not-found`, also where the caller may not see it; `null` looks for the server itself. */
export async function getCourse(tx: Tx, caller: Reader | null, courseId: string): Promise<Course> {
  const scope = caller === null ? null : courseScope(caller, courses.id);
  const [row] = await tx
    .select(columns)
    .from(courses)
    .where(and(eq(courses.id, courseId), scope ?? undefined));
  if (!row) throw new ApiError('course-not-found');
  return toCourse(row);
}

/** Throws `course-code-taken`, `course-external-id-taken`, `teacher-not-found`. */
export async function createCourse(context: AppContext, tenantId: string, given: NewCourse): Promise<Course> {
  const id = newId();
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const { code, name, semester, department, opens, warnAfterAbsences, rules, externalId } = given;
      await tx.insert(courses).values({
        id,
        tenantId,
        code: code.trim(),
        name: name.trim(),
        semester: semester?.trim() ?? '',
        department: department?.trim() || null,
        externalId: externalId ?? null,
        warnAfterAbsences: warnAfterAbsences ?? null,
        ...(opens === undefined ? {} : { opens }),
        ...rules,
      });
      if (given.teacherIds?.length) await setTeachers(tx, tenantId, id, given.teacherIds);
      return getCourse(tx, null, id);
    }),
  );
}

/**
 * Throws `course-not-found`, `course-code-taken`, `course-external-id-taken`, `teacher-not-found`. Sessions that are
 * open keep the rules that they opened with.
 */
export async function patchCourse(
  context: AppContext,
  tenantId: string,
  courseId: string,
  patch: CoursePatch,
): Promise<Course> {
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const now = new Date(context.clock.now());
      await tx
        .update(courses)
        .set({
          ...(patch.code === undefined ? {} : { code: patch.code.trim() }),
          ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
          ...(patch.semester === undefined ? {} : { semester: patch.semester?.trim() ?? '' }),
          ...(patch.department === undefined ? {} : { department: patch.department?.trim() || null }),
          ...(patch.opens === undefined ? {} : { opens: patch.opens }),
          ...(patch.warnAfterAbsences === undefined ? {} : { warnAfterAbsences: patch.warnAfterAbsences }),
          ...(patch.externalId === undefined ? {} : { externalId: patch.externalId }),
          ...(patch.archived === undefined ? {} : { archivedAt: patch.archived ? now : null }),
          ...patch.rules,
          updatedAt: now,
        })
        .where(eq(courses.id, courseId));
      const course = await getCourse(tx, null, courseId);
      if (patch.teacherIds === undefined) return course;
      await setTeachers(tx, tenantId, courseId, patch.teacherIds);
      return getCourse(tx, null, courseId);
    }),
  );
}

/**
 * With what is about it and nothing else: excuses, their documents, codes to join it. An excuse without its course would
 * read as one for all courses. Throws `course-not-found`, `course-has-sessions`.
 */
export async function deleteCourse(context: AppContext, tenantId: string, courseId: string): Promise<void> {
  try {
    await context.db.tenant(tenantId, async (tx) => {
      const about = await tx
        .delete(excuses)
        .where(eq(excuses.courseId, courseId))
        .returning({ documentId: excuses.documentId });
      const documents = about.flatMap(({ documentId }) => documentId ?? []);
      await context.storage.remove(tx, tenantId, documents);
      await tx
        .update(activationCodes)
        .set({ revokedAt: new Date(context.clock.now()) })
        .where(and(eq(activationCodes.courseId, courseId), isNull(activationCodes.revokedAt)));
      const gone = await tx.delete(courses).where(eq(courses.id, courseId)).returning({ id: courses.id });
      if (gone.length === 0) throw new ApiError('course-not-found');
    });
  } catch (error) {
    if (violatedReference(error) !== null) throw new ApiError('course-has-sessions', { cause: error });
    throw error;
  }
}

/**
 * Enrols students, all or none; those enrolled already stay so. Throws `course-not-found`, `course-archived`,
 * `student-not-found`, `student-archived`.
 */
export async function enrol(
  context: AppContext,
  tenantId: string,
  courseId: string,
  studentIds: string[],
): Promise<{ added: number; total: number }> {
  const { added, total } = await context.db.tenant(tenantId, async (tx) => {
    if ((await getCourse(tx, null, courseId)).archived) throw new ApiError('course-archived');
    const known = await tx
      .select({ id: students.id, archivedAt: students.archivedAt })
      .from(students)
      .where(inArray(students.id, studentIds));
    if (known.length < studentIds.length) {
      const found = new Set(known.map(({ id }) => id));
      throw new ApiError('student-not-found', {
        details: { studentIds: studentIds.filter((id) => !found.has(id)) },
      });
    }
    const archived = known.flatMap(({ id, archivedAt }) => (archivedAt ? [id] : []));
    if (archived.length > 0) throw new ApiError('student-archived', { details: { studentIds: archived } });
    const rows = await tx
      .insert(enrolments)
      .values(studentIds.map((studentId) => ({ tenantId, courseId, studentId })))
      .onConflictDoNothing()
      .returning({ studentId: enrolments.studentId });
    return { added: rows.map((row) => row.studentId), total: (await getCourse(tx, null, courseId)).students };
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

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const violated = violatedUnique(error);
    if (violated === 'courses_code_key') throw new ApiError('course-code-taken', { cause: error });
    if (violated === 'courses_external_key') throw new ApiError('course-external-id-taken', { cause: error });
    throw error;
  }
}

type Row = Omit<Course, 'rules' | 'semester' | 'archived'> &
  Course['rules'] & { semester: string; archivedAt: Date | null };

function toCourse(row: Row): Course {
  const { lateAfterMinutes, minPresenceShare, graceMinutes, semester, archivedAt, ...rest } = row;
  return {
    ...rest,
    semester: semester || null,
    archived: archivedAt !== null,
    rules: { lateAfterMinutes, minPresenceShare, graceMinutes },
  };
}
