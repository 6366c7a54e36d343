import { and, asc, count, desc, eq, gte, inArray, like, lte, sql } from 'drizzle-orm';
import { attendanceRecords, classSessions, courses, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse } from '../courses/access.ts';
import { searchPatterns } from '../students/search.ts';
import { countStatuses, rateOf } from './counting.ts';
import type { CourseAttendance, CourseAttendanceQuery } from './read-schemas.ts';

/** The class register: students in rows, the sessions of a stretch of time in columns. Throws `course-not-found`. */
export async function courseAttendance(
  tx: Tx,
  caller: Caller,
  courseId: string,
  query: CourseAttendanceQuery,
): Promise<CourseAttendance> {
  await assertCourse(tx, caller, courseId);
  const [course] = await tx
    .select({ id: courses.id, code: courses.code, name: courses.name })
    .from(courses)
    .where(eq(courses.id, courseId));
  if (!course) throw new ApiError('course-not-found');
  const { sessions, sessionsTotal } = await columns(tx, courseId, query);
  const sessionIds = sessions.map((session) => session.id);
  const people = await rows(tx, courseId, sessionIds, query);
  const marks = await cells(
    tx,
    sessionIds,
    people.items.map((student) => student.id),
  );
  return {
    course,
    sessions,
    sessionsTotal,
    total: people.total,
    skip: query.skip,
    limit: query.limit,
    items: people.items.map(({ enrolled, ...student }) => {
      const own = marks.get(student.id) ?? [];
      const counts = countStatuses(own.map(({ status }) => ({ status, n: 1 })));
      return {
        student,
        enrolled,
        counts,
        rate: rateOf(counts),
        marks: sessionIds.flatMap((id) => own.filter((mark) => mark.sessionId === id)),
      };
    }),
  };
}

async function columns(tx: Tx, courseId: string, query: CourseAttendanceQuery) {
  const where = and(
    eq(classSessions.courseId, courseId),
    query.from ? gte(classSessions.day, query.from) : undefined,
    query.to ? lte(classSessions.day, query.to) : undefined,
  );
  const [counted] = await tx.select({ n: count() }).from(classSessions).where(where);
  const newest = await tx
    .select({
      id: classSessions.id,
      startsAt: classSessions.startsAt,
      day: classSessions.day,
      status: classSessions.status,
    })
    .from(classSessions)
    .where(where)
    .orderBy(desc(classSessions.startsAt), desc(classSessions.id))
    .limit(query.sessions);
  const ids = newest.map((row) => row.id);
  const statuses =
    ids.length === 0
      ? []
      : await tx
          .select({ sessionId: attendanceRecords.sessionId, status: attendanceRecords.status, n: count() })
          .from(attendanceRecords)
          .where(inArray(attendanceRecords.sessionId, ids))
          .groupBy(attendanceRecords.sessionId, attendanceRecords.status);
  return {
    sessionsTotal: counted?.n ?? 0,
    sessions: newest.reverse().map((row) => ({
      ...row,
      startsAt: row.startsAt.toISOString(),
      counts: countStatuses(statuses.filter((entry) => entry.sessionId === row.id)),
    })),
  };
}

async function rows(tx: Tx, courseId: string, sessionIds: string[], query: CourseAttendanceQuery) {
  const enrolled = sql<boolean>`exists (
    select 1 from enrolments en where en.course_id = ${courseId} and en.student_id = students.id)`;
  const recorded = sql`students.id in (
    select ar.student_id from attendance_records ar
    where ar.session_id in (select (jsonb_array_elements_text(${JSON.stringify(sessionIds)}::text::jsonb))::uuid))`;
  const where = and(
    sql`((${enrolled} and students.archived_at is null) or ${recorded})`,
    ...searchPatterns(query.search ?? '').map((pattern) => like(students.searchText, pattern)),
  );
  const [counted] = await tx.select({ n: count() }).from(students).where(where);
  const items = await tx
    .select({ id: students.id, name: students.name, number: students.number, enrolled })
    .from(students)
    .where(where)
    .orderBy(sql`${students.name} collate "und-x-icu"`, asc(students.number))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.n ?? 0, items };
}

type Mark = CourseAttendance['items'][number]['marks'][number];

async function cells(tx: Tx, sessionIds: string[], studentIds: string[]): Promise<Map<string, Mark[]>> {
  const byStudent = new Map<string, Mark[]>();
  if (sessionIds.length === 0 || studentIds.length === 0) return byStudent;
  const found = await tx
    .select({
      studentId: attendanceRecords.studentId,
      sessionId: attendanceRecords.sessionId,
      recordId: attendanceRecords.id,
      status: attendanceRecords.status,
      method: attendanceRecords.method,
    })
    .from(attendanceRecords)
    .where(
      and(inArray(attendanceRecords.sessionId, sessionIds), inArray(attendanceRecords.studentId, studentIds)),
    );
  for (const { studentId, ...mark } of found) {
    const list = byStudent.get(studentId);
    if (list) list.push(mark);
    else byStudent.set(studentId, [mark]);
  }
  return byStudent;
}
