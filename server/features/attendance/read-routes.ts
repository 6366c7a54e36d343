import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, Uuid } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { courseAttendance } from './course-view.ts';
import {
  AttendanceStats,
  CourseAttendance,
  CourseAttendanceQuery,
  StatsQuery,
  StudentAttendance,
  StudentAttendanceQuery,
} from './read-schemas.ts';
import { registerJson } from './register-json.ts';
import { attendanceStats } from './stats.ts';
import { studentAttendance } from './student-view.ts';

const tags = ['attendance'];
const cache = { seconds: 30, tags: ['attendance', 'sessions', 'rosters'] } as const;

/** Attendance by course, by student and in numbers. */
export async function attendanceReadRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/attendance/course/:courseId',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'The register of a course',
        description:
          'Students in rows, the newest sessions of the range in columns. Rates are over the columns that are shown.',
        params: Type.Object({ courseId: Uuid('The course.') }),
        querystring: CourseAttendanceQuery,
        response: { 200: CourseAttendance, ...failures('course-not-found') },
      },
    },
    async ({ caller, params, query }, reply) => {
      const register = await context.db.read(caller.tenantId, (tx) =>
        courseAttendance(tx, caller, params.courseId, query),
      );
      // Written already, and by the same schema.
      return reply.type('application/json; charset=utf-8').send(registerJson(register) as never);
    },
  );

  app.get(
    '/attendance/student/:studentId',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'The attendance of a student',
        description:
          'With a summary per course. Teachers see the sessions of their own courses, students themselves.',
        params: Type.Object({ studentId: Uuid('The student.') }),
        querystring: StudentAttendanceQuery,
        response: { 200: StudentAttendance, ...failures('student-not-found') },
      },
    },
    ({ caller, params, query }) =>
      context.db.read(caller.tenantId, (tx) => studentAttendance(tx, caller, params.studentId, query)),
  );

  app.get(
    '/students/:id/attendance',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags: ['students'],
        summary: 'A student’s own attendance',
        description: 'The same as `attendance/student/{studentId}`, where students look for what is theirs.',
        params: IdParams,
        querystring: StudentAttendanceQuery,
        response: { 200: StudentAttendance, ...failures('student-not-found') },
      },
    },
    ({ caller, params, query }) =>
      context.db.read(caller.tenantId, (tx) => studentAttendance(tx, caller, params.id, query)),
  );

  app.get(
    '/attendance/stats',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'Attendance in numbers',
        description:
          'Counts and rates by status and method over a range of local days, beside as many days before it. Teachers ' +
          'get their own courses.',
        querystring: StatsQuery,
        response: { 200: AttendanceStats, ...failures('range-invalid', 'course-not-found') },
      },
    },
    ({ caller, query }) => context.db.read(caller.tenantId, (tx) => attendanceStats(tx, caller, query)),
  );
}
