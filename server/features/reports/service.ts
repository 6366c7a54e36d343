import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope, studentScope } from '../courses/access.ts';
import { absences } from './absences.ts';
import { all, sumOf } from './counts.ts';
import { type Institution, warningThreshold } from './institution.ts';
import { attendanceBy, courseSessions, courseStudents, recentMarks, studentCourses } from './people.ts';
import { type DayRange, daysBefore } from './periods.ts';

type Who = Pick<Caller, 'role' | 'userId' | 'studentId'>;

/** Throws `course-not-found`. */
export async function courseReport(tx: Tx, caller: Who, courseId: string, range: DayRange) {
  const [course] = await tx.execute<{
    id: string;
    code: string;
    name: string;
    semester: string | null;
    department: string | null;
  }>(
    sql`
      select c.id, c.code, c.name, nullif(c.semester, '') as semester, c.department from courses c
      where ${all(sql`c.id = ${courseId}`, courseScope(caller, sql`c.id`))}`,
  );
  if (!course) throw new ApiError('course-not-found');
  const [sessions, students] = await Promise.all([
    courseSessions(tx, courseId, range),
    courseStudents(tx, courseId, range),
  ]);
  return {
    course,
    range,
    totals: { ...sumOf(students), sessions: sessions.length },
    sessions,
    students,
  };
}

export interface PersonFacts extends Record<string, unknown> {
  id: string;
  name: string;
  number: string;
  department: string | null;
}

/** Throws `student-not-found`: also for a student whom the caller may not see. */
export async function studentFacts(tx: Tx, caller: Who, studentId: string): Promise<PersonFacts> {
  const [student] = await tx.execute<PersonFacts>(sql`
    select st.id, st.name, st.number, st.department from students st
    where ${all(sql`st.id = ${studentId}`, studentScope(caller, sql`st.id`))}`);
  if (!student) throw new ApiError('student-not-found');
  return student;
}

/** Throws `student-not-found`. Teachers see what belongs to their own courses. */
export async function studentReport(
  tx: Tx,
  caller: Who,
  home: Institution,
  studentId: string,
  range: DayRange,
) {
  const student = await studentFacts(tx, caller, studentId);
  const threshold = warningThreshold(home);
  const [courses, missed, recent] = await Promise.all([
    studentCourses(tx, caller, studentId, range),
    absences(tx, { caller, range, threshold, studentId, skip: 0, limit: 200 }),
    recentMarks(tx, caller, studentId, range, 20),
  ]);
  return { student, range, totals: sumOf(courses), courses, absences: missed.items, recent };
}

/** Throws `teacher-not-found`: teachers see themselves only. */
export async function teacherReport(tx: Tx, caller: Who, teacherId: string, range: DayRange) {
  const [teacher] = await tx.execute<{
    id: string;
    name: string;
    title: string | null;
    department: string | null;
    userId: string | null;
  }>(sql`
    select id, name, title, department, user_id as "userId" from teachers where id = ${teacherId}`);
  if (!teacher || (caller.role === 'teacher' && teacher.userId !== caller.userId))
    throw new ApiError('teacher-not-found');
  const { items: courses } = await attendanceBy(tx, 'courses', {
    caller,
    teacherId,
    range,
    before: daysBefore(range),
    sort: 'name',
    skip: 0,
    limit: 500,
  });
  const sessions = courses.reduce((count, course) => count + course.sessions, 0);
  return { teacher, range, totals: { ...sumOf(courses), sessions }, courses };
}

/** The courses of a department, by name. */
export async function departmentReport(tx: Tx, caller: Who, department: string, range: DayRange) {
  const { items: courses } = await attendanceBy(tx, 'courses', {
    caller,
    department,
    range,
    before: daysBefore(range),
    sort: 'name',
    skip: 0,
    limit: 500,
  });
  const sessions = courses.reduce((count, course) => count + course.sessions, 0);
  return { department, range, totals: { ...sumOf(courses), sessions }, courses };
}
