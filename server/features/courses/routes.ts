import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent, PageQuery } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { StudentList } from '../students/schemas.ts';
import { listStudents } from '../students/service.ts';
import {
  Course,
  CourseList,
  CoursePatch,
  CourseQuery,
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
const config = { roles: ADMINS };

export async function courseRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/courses',
    {
      schema: { tags, summary: 'Courses, by code', querystring: CourseQuery, response: { 200: CourseList } },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listCourses(tx, query));
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
        body: NewCourse,
        response: { 201: Course, ...failures('course-code-taken') },
      },
    },
    async ({ caller, body }, reply) =>
      reply.code(201).send(await createCourse(context, caller.tenantId, body)),
  );

  app.get(
    '/courses/:id',
    {
      schema: {
        tags,
        summary: 'One course',
        params: IdParams,
        response: { 200: Course, ...failures('course-not-found') },
      },
    },
    async ({ caller, params }) => context.db.tenant(caller.tenantId, (tx) => getCourse(tx, params.id)),
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
        response: { 200: Course, ...failures('course-not-found', 'course-code-taken') },
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
        params: IdParams,
        response: { 204: NoContent, ...failures('course-not-found', 'course-has-sessions') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteCourse(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/courses/:id/enrolments',
    {
      schema: {
        tags,
        summary: 'Students enrolled in a course',
        params: IdParams,
        querystring: Type.Object({ ...PageQuery }),
        response: { 200: StudentList, ...failures('course-not-found') },
      },
    },
    async ({ caller, params, query }) =>
      context.db.tenant(caller.tenantId, async (tx) => {
        await getCourse(tx, params.id);
        return { ...(await listStudents(tx, { ...query, courseId: params.id })), ...query };
      }),
  );

  app.post(
    '/courses/:id/enrolments',
    {
      config,
      schema: {
        tags,
        summary: 'Enrol students, all or none',
        params: IdParams,
        body: EnrolmentBody,
        response: { 200: EnrolmentAnswer, ...failures('course-not-found', 'student-not-found') },
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
