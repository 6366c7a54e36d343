import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent, PageQuery } from '../../http.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
import { StudentList } from '../students/schemas.ts';
import { listStudents } from '../students/service.ts';
import { assertCourse } from './access.ts';
import {
  Course,
  CourseList,
  CoursePatch,
  CourseQuery,
  CourseTeachersBody,
  EnrolmentAnswer,
  EnrolmentBody,
  EnrolmentParams,
  NewCourse,
} from './schemas.ts';
import {
  createCourse,
  deleteCourse,
  enrol,
  getCourse,
  listCourses,
  patchCourse,
  unenrol,
} from './service.ts';

const tags = ['courses'];
const cache = { seconds: 60, tags: ['rosters'] } as const;
const config = { roles: ADMINS };

export async function courseRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/courses',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'Courses, by code',
        description: 'Administrators see all courses, teachers those that they teach.',
        querystring: CourseQuery,
        response: { 200: CourseList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.read(caller.tenantId, (tx) => listCourses(tx, caller, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/courses',
    {
      config,
      schema: {
        tags,
        summary: 'Add a course',
        description: 'Its weekly meetings are set with `PUT /courses/{id}/meetings`.',
        body: NewCourse,
        response: {
          201: Course,
          ...failures('course-code-taken', 'course-external-id-taken', 'teacher-not-found'),
        },
      },
    },
    async ({ caller, body }, reply) =>
      reply.code(201).send(await createCourse(context, caller.tenantId, body)),
  );

  app.get(
    '/courses/:id',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'One course',
        description: 'Teachers reach the courses that they teach, students those that they are enrolled in.',
        params: IdParams,
        response: { 200: Course, ...failures('course-not-found') },
      },
    },
    async ({ caller, params }) => context.db.read(caller.tenantId, (tx) => getCourse(tx, caller, params.id)),
  );

  app.patch(
    '/courses/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a course',
        description: 'Sessions that are open keep the rules that they opened with.',
        params: IdParams,
        body: CoursePatch,
        response: {
          200: Course,
          ...failures(
            'course-not-found',
            'course-code-taken',
            'course-external-id-taken',
            'teacher-not-found',
          ),
        },
      },
    },
    async ({ caller, params, body }) => patchCourse(context, caller.tenantId, params.id, body),
  );

  app.delete(
    '/courses/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove a course that has had no session',
        description: 'One with sessions is archived instead, so that its attendance stays.',
        params: IdParams,
        response: { 204: NoContent, ...failures('course-not-found', 'course-has-sessions') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteCourse(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );

  app.put(
    '/courses/:id/teachers',
    {
      config,
      schema: {
        tags,
        summary: 'Say who teaches a course',
        description:
          'These and no others. A teacher reaches a course and its students only while they teach it.',
        params: IdParams,
        body: CourseTeachersBody,
        response: { 200: Course, ...failures('course-not-found', 'teacher-not-found') },
      },
    },
    async ({ caller, params, body }) => patchCourse(context, caller.tenantId, params.id, body),
  );

  app.get(
    '/courses/:id/enrolments',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'Students enrolled in a course',
        description: 'By name; archived students are left out.',
        params: IdParams,
        querystring: Type.Object({ ...PageQuery }),
        response: { 200: StudentList, ...failures('course-not-found') },
      },
    },
    async ({ caller, params, query }) =>
      context.db.read(caller.tenantId, async (tx) => {
        await assertCourse(tx, caller, params.id);
        return { ...(await listStudents(tx, caller, { ...query, courseId: params.id })), ...query };
      }),
  );

  app.post(
    '/courses/:id/enrolments',
    {
      config,
      schema: {
        tags,
        summary: 'Enrol students, all or none',
        description:
          'Those enrolled already stay so. An open session of the course takes the new ones in at once.',
        params: IdParams,
        body: EnrolmentBody,
        response: {
          200: EnrolmentAnswer,
          ...failures('course-not-found', 'course-archived', 'student-not-found', 'student-archived'),
        },
      },
    },
    async ({ caller, params, body }) => enrol(context, caller.tenantId, params.id, body.studentIds),
  );

  app.delete(
    '/courses/:id/enrolments/:studentId',
    {
      config,
      schema: {
        tags,
        summary: 'End an enrolment',
        description: 'Attendance of the past stays.',
        params: EnrolmentParams,
        response: { 204: NoContent, ...failures('enrolment-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await unenrol(context, caller.tenantId, params.id, params.studentId);
      return reply.code(204).send(null);
    },
  );
}
