import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { NewTeacher, Teacher, TeacherList, TeacherPatch, TeacherQuery } from './schemas.ts';
import { createTeacher, deleteTeacher, getTeacher, listTeachers, patchTeacher } from './service.ts';

const tags = ['teachers'];
const cache = { seconds: 60, tags: ['rosters'] } as const;
const config = { roles: ADMINS };

export async function teacherRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/teachers',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'Teachers, by name',
        description:
          'Who teaches at the institution, with or without an account. All staff may read the list.',
        querystring: TeacherQuery,
        response: { 200: TeacherList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.read(caller.tenantId, (tx) => listTeachers(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/teachers',
    {
      config,
      schema: {
        tags,
        summary: 'Add a teacher',
        description:
          'An account with the role `teacher` gets its teacher by itself; add those here who have no account yet. The ' +
          'account that is made later with the same e-mail address is theirs.',
        body: NewTeacher,
        response: { 201: Teacher, ...failures('user-not-found', 'teacher-taken') },
      },
    },
    async ({ caller, body }, reply) =>
      reply.code(201).send(await createTeacher(context, caller.tenantId, body)),
  );

  app.get(
    '/teachers/:id',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'One teacher',
        description: 'With the number of courses; `GET /courses?teacherId=` lists them.',
        params: IdParams,
        response: { 200: Teacher, ...failures('teacher-not-found') },
      },
    },
    async ({ caller, params }) => context.db.read(caller.tenantId, (tx) => getTeacher(tx, params.id)),
  );

  app.patch(
    '/teachers/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a teacher',
        description: 'Archiving takes the teacher off all courses; the account is switched off under /users.',
        params: IdParams,
        body: TeacherPatch,
        response: { 200: Teacher, ...failures('teacher-not-found', 'user-not-found', 'teacher-taken') },
      },
    },
    async ({ caller, params, body }) => patchTeacher(context, caller.tenantId, params.id, body),
  );

  app.delete(
    '/teachers/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove a teacher',
        description: 'From the institution’s list and all courses. An account stays.',
        params: IdParams,
        response: { 204: NoContent, ...failures('teacher-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteTeacher(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );
}
