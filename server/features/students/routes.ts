import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent, PageQuery } from '../../http.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
import { CourseList } from '../courses/schemas.ts';
import { listCourses } from '../courses/service.ts';
import { eraseStudent, setConsent } from '../privacy/erasure.ts';
import {
  ConsentAnswer,
  ConsentBody,
  NewStudent,
  Student,
  StudentList,
  StudentPatch,
  StudentQuery,
} from './schemas.ts';
import {
  archiveStudent,
  assertStudent,
  createStudent,
  getStudent,
  listStudents,
  patchStudent,
} from './service.ts';

const tags = ['students'];
const cache = { seconds: 60, tags: ['rosters'] } as const;
const TAKEN = ['student-number-taken', 'student-external-id-taken'] as const;

export async function studentRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/students',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'Students, by name',
        description:
          'Administrators see all students, teachers those of their courses. Archived students are left out unless ' +
          'they are asked for.',
        querystring: StudentQuery,
        response: { 200: StudentList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.read(caller.tenantId, (tx) => listStudents(tx, caller, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/students',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Add a student',
        description: 'Many at once come with `POST /imports`.',
        body: NewStudent,
        response: { 201: Student, ...failures(...TAKEN, 'emotion-prohibited') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await createStudent(context, caller, body)),
  );

  app.get(
    '/students/:id',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'One student',
        description: 'Teachers reach the students of their courses, students only themselves.',
        params: IdParams,
        response: { 200: Student, ...failures('student-not-found') },
      },
    },
    async ({ caller, params }) =>
      context.db.tenant(caller.tenantId, (tx) => getStudent(tx, params.id, caller)),
  );

  app.get(
    '/students/:id/courses',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'Courses that a student is enrolled in',
        description: 'By code. Teachers see those of them that they teach, students their own.',
        params: IdParams,
        querystring: Type.Object({ ...PageQuery }),
        response: { 200: CourseList, ...failures('student-not-found') },
      },
    },
    async ({ caller, params, query }) =>
      context.db.read(caller.tenantId, async (tx) => {
        await assertStudent(tx, caller, params.id);
        return { ...(await listCourses(tx, caller, { ...query, studentId: params.id })), ...query };
      }),
  );

  app.patch(
    '/students/:id',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Change a student',
        description:
          'Fields that are left out stay; `null` empties one. An open session shows a new name at once.',
        params: IdParams,
        body: StudentPatch,
        response: { 200: Student, ...failures('student-not-found', ...TAKEN) },
      },
    },
    async ({ caller, params, body }) => patchStudent(context, caller.tenantId, params.id, body),
  );

  for (const archived of [true, false]) {
    app.post(
      `/students/:id/${archived ? 'archive' : 'unarchive'}`,
      {
        config: { roles: ADMINS },
        schema: {
          tags,
          summary: archived ? 'Archive a student' : 'Restore an archived student',
          description: archived
            ? 'From then on the student is on no list, recognised by no camera and in no new session. Attendance, ' +
              'enrolments and templates stay; `DELETE` erases them. Doing it twice is harmless.'
            : 'The student is on the lists of their courses again, and recognised. Doing it twice is harmless.',
          params: IdParams,
          response: { 200: Student, ...failures('student-not-found') },
        },
      },
      async ({ caller, params }) => archiveStudent(context, caller.tenantId, params.id, archived),
    );
  }

  app.delete(
    '/students/:id',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Erase a student and everything kept about them',
        description: 'Attendance, engagement, templates, photos, consents and the account. A receipt stays.',
        params: IdParams,
        response: { 204: NoContent, ...failures('student-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await eraseStudent(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );

  app.put(
    '/students/:id/consents',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'Record consent, or its withdrawal',
        description:
          'Withdrawing consent to `face` erases templates, photos, open reviews and engagement samples at once; ' +
          'to `emotion` its history. Attendance stays. A student may do it for themselves.',
        params: IdParams,
        body: ConsentBody,
        response: { 200: ConsentAnswer, ...failures('student-not-found', 'emotion-prohibited') },
      },
    },
    async ({ caller, params, body }) => {
      await context.db.tenant(caller.tenantId, (tx) => assertStudent(tx, caller, params.id));
      const { purpose, granted, wording } = body;
      const { student, erased } = await setConsent(context, caller, params.id, purpose, granted, wording);
      return { consents: student.consents, erased };
    },
  );
}
