import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
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
import { createStudent, getStudent, listStudents, patchStudent } from './service.ts';

const tags = ['students'];

export async function studentRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/students',
    {
      schema: {
        tags,
        summary: 'Students, by name',
        querystring: StudentQuery,
        response: { 200: StudentList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listStudents(tx, query));
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
        body: NewStudent,
        response: { 201: Student, ...failures('student-number-taken') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await createStudent(context, caller, body)),
  );

  app.get(
    '/students/:id',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'One student; a student only themselves',
        params: IdParams,
        response: { 200: Student, ...failures('student-not-found') },
      },
    },
    async (request) => {
      assertOwn(request, request.params.id);
      return context.db.tenant(request.caller.tenantId, (tx) => getStudent(tx, request.params.id));
    },
  );

  app.patch(
    '/students/:id',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Change a student',
        params: IdParams,
        body: StudentPatch,
        response: { 200: Student, ...failures('student-not-found', 'student-number-taken') },
      },
    },
    async ({ caller, params, body }) => patchStudent(context, caller.tenantId, params.id, body),
  );

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
        response: { 200: ConsentAnswer, ...failures('student-not-found') },
      },
    },
    async (request) => {
      assertOwn(request, request.params.id);
      const { purpose, granted } = request.body;
      const { student, erased } = await setConsent(
        context,
        request.caller,
        request.params.id,
        purpose,
        granted,
      );
      return { consents: student.consents, erased };
    },
  );
}

/** A student asking for somebody else is told the same as for nobody. */
export function assertOwn(request: FastifyRequest, studentId: string): void {
  const { role, studentId: own } = request.caller;
  if (role === 'student' && own !== studentId) throw new ApiError('student-not-found');
}
