import { and, asc, count, desc, eq, gte, lte, type SQL, sql } from 'drizzle-orm';
import { attendanceRecords, classSessions, courses, students } from '../../db/schema/index.ts';
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
  const [student] = await tx
    .select({ id: students.id, name: students.name, number: students.number })
    .from(students)
    .where(and(eq(students.id, studentId), studentScope(caller, students.id) ?? undefined));
  if (!student) throw new ApiError('student-not-found');
  const within = and(
    eq(attendanceRecords.studentId, studentId),
    caller.role === 'student' ? undefined : (courseScope(caller, attendanceRecords.courseId) ?? undefined),
    query.courseId ? eq(attendanceRecords.courseId, query.courseId) : undefined,
    query.from ? gte(attendanceRecords.day, query.from) : undefined,
    query.to ? lte(attendanceRecords.day, query.to) : undefined,
  );
  const where = and(within, query.status ? eq(attendanceRecords.status, query.status) : undefined);
  const [[counted], summaries, items] = await Promise.all([
    tx.select({ n: count() }).from(attendanceRecords).where(where),
    courseSummaries(tx, within),
    marks(tx, where, query),
  ]);
  return {
    student,
    courses: summaries,
    total: counted?.n ?? 0,
    skip: query.skip,
    limit: query.limit,
    items,
  };
}

const course = { id: courses.id, code: courses.code, name: courses.name };

async function courseSummaries(tx: Tx, where: SQL | undefined): Promise<StudentAttendance['courses']> {
  const rows = await tx
    .select({ course, status: attendanceRecords.status, n: count() })
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

async function marks(
  tx: Tx,
  where: SQL | undefined,
  query: StudentAttendanceQuery,
): Promise<StudentAttendance['items']> {
  const direction = query.sort === 'startsAt' ? asc : desc;
  const rows = await tx
    .select({
      record: attendanceRecords,
      session: classSessions,
      course,
      contest: sql<StudentAttendance['items'][number]['contest']>`(
        select c.status from contests c where c.record_id = attendance_records.id order by c.id desc limit 1)`,
    })
    .from(attendanceRecords)
    .innerJoin(classSessions, eq(classSessions.id, attendanceRecords.sessionId))
    .innerJoin(courses, eq(courses.id, attendanceRecords.courseId))
    .where(where)
    .orderBy(direction(attendanceRecords.day), direction(classSessions.startsAt), direction(classSessions.id))
    .offset(query.skip)
    .limit(query.limit);
  return rows.map(({ record, session, ...rest }) => ({
    ...rest,
    recordId: record.id,
    sessionId: session.id,
    day: record.day,
    startsAt: session.startsAt.toISOString(),
    endsAt: session.endsAt?.toISOString() ?? null,
    sessionStatus: session.status,
    status: record.status,
    method: record.method,
    firstSeenAt: record.firstSeenAt?.toISOString() ?? null,
    secondsSeen: Math.round(record.secondsSeen * 10) / 10,
    note: record.note,
    corrected: record.correctedBy !== null,
    version: record.version,
  }));
}
