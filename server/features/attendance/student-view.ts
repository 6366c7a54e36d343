import { and, asc, count, desc, eq, gte, lte, type SQL, sql } from 'drizzle-orm';
import {
  ATTENDANCE_STATUSES,
  type AttendanceStatus,
  attendanceRecords,
  classSessions,
  courses,
  students,
} from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope, studentScope } from '../courses/access.ts';
import { countStatuses, rateOf } from './counting.ts';
import type { StudentAttendance, StudentAttendanceQuery } from './read-schemas.ts';

/**
 * The marks of one student with a summary per course. Students see their own, teachers those of their own courses.
 * Throws `student-not-found`.
 */
export async function studentAttendance(
  tx: Tx,
  caller: Caller,
  studentId: string,
  query: StudentAttendanceQuery,
): Promise<StudentAttendance> {
  const within = and(
    eq(attendanceRecords.studentId, studentId),
    caller.role === 'student' ? undefined : (courseScope(caller, attendanceRecords.courseId) ?? undefined),
    query.courseId ? eq(attendanceRecords.courseId, query.courseId) : undefined,
    query.from ? gte(attendanceRecords.day, query.from) : undefined,
    query.to ? lte(attendanceRecords.day, query.to) : undefined,
  );
  const [[student], summaries, rows] = await Promise.all([
    tx
      .select({ id: students.id, name: students.name, number: students.number })
      .from(students)
      .where(and(eq(students.id, studentId), studentScope(caller, students.id) ?? undefined)),
    courseSummaries(tx, within),
    marks(tx, and(within, query.status ? eq(attendanceRecords.status, query.status) : undefined), query),
  ]);
  // Who may not see a student is told that there is none.
  if (!student) throw new ApiError('student-not-found');
  const courseOf = new Map(summaries.map((summary) => [summary.course.id, summary.course]));
  const statuses: readonly AttendanceStatus[] = query.status ? [query.status] : ATTENDANCE_STATUSES;
  return {
    student,
    courses: summaries,
    total: summaries
      .flatMap(({ counts }) => statuses.map((status) => counts[status]))
      .reduce((sum, n) => sum + n, 0),
    skip: query.skip,
    limit: query.limit,
    items: rows.flatMap(({ courseId, ...mark }) => {
      const course = courseOf.get(courseId);
      // A course whose first mark came after the courses were asked for: the next answer has it.
      return course ? [{ ...mark, course }] : [];
    }),
  };
}

async function courseSummaries(tx: Tx, where: SQL | undefined): Promise<StudentAttendance['courses']> {
  const rows = await tx
    .select({
      course: { id: courses.id, code: courses.code, name: courses.name },
      status: attendanceRecords.status,
      n: count(),
    })
    .from(attendanceRecords)
    .innerJoin(courses, eq(courses.id, attendanceRecords.courseId))
    .where(where)
    .groupBy(courses.id, attendanceRecords.status)
    .orderBy(asc(courses.code), asc(courses.id));
  const byCourse = new Map<string, typeof rows>();
  for (const row of rows) byCourse.set(row.course.id, [...(byCourse.get(row.course.id) ?? []), row]);
  return [...byCourse.values()].map((list) => {
    const counts = countStatuses(list);
    return { course: list[0]!.course, counts, rate: rateOf(counts) };
  });
}

type Mark = StudentAttendance['items'][number];

async function marks(
  tx: Tx,
  where: SQL | undefined,
  query: StudentAttendanceQuery,
): Promise<(Omit<Mark, 'course'> & { courseId: string })[]> {
  const direction = query.sort === 'startsAt' ? asc : desc;
  const rows = await tx
    .select({
      recordId: attendanceRecords.id,
      sessionId: attendanceRecords.sessionId,
      courseId: attendanceRecords.courseId,
      day: attendanceRecords.day,
      startsAt: classSessions.startsAt,
      endsAt: classSessions.endsAt,
      sessionStatus: classSessions.status,
      status: attendanceRecords.status,
      method: attendanceRecords.method,
      firstSeenAt: attendanceRecords.firstSeenAt,
      secondsSeen: attendanceRecords.secondsSeen,
      note: attendanceRecords.note,
      correctedBy: attendanceRecords.correctedBy,
      version: attendanceRecords.version,
      contest: sql<Mark['contest']>`(
        select c.status from contests c where c.record_id = attendance_records.id order by c.id desc limit 1)`,
    })
    .from(attendanceRecords)
    .innerJoin(classSessions, eq(classSessions.id, attendanceRecords.sessionId))
    .where(where)
    .orderBy(direction(attendanceRecords.day), direction(classSessions.startsAt), direction(classSessions.id))
    .offset(query.skip)
    .limit(query.limit);
  return rows.map(({ correctedBy, ...mark }) => ({
    ...mark,
    startsAt: mark.startsAt.toISOString(),
    endsAt: mark.endsAt?.toISOString() ?? null,
    firstSeenAt: mark.firstSeenAt?.toISOString() ?? null,
    secondsSeen: Math.round(mark.secondsSeen * 10) / 10,
    corrected: correctedBy !== null,
  }));
}
