import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { NewUser, User, UserList, UserPatch, UserQuery } from './schemas.ts';
import { createUser, listUsers, patchUser } from './service.ts';

const tags = ['users'];
const config = { roles: ADMINS };

export async function userRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/users',
    {
      config,
      schema: {
        tags,
        summary: 'Users of the institution',
        querystring: UserQuery,
        response: { 200: UserList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listUsers(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/users',
    {
      config,
      schema: {
        tags,
        summary: 'Add a user',
        body: NewUser,
        response: { 201: User, ...failures('email-taken', 'password-too-weak', 'student-not-found') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await createUser(context, caller.tenantId, body)),
  );

  app.patch(
    '/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a user',
        description: 'A new password or role, or switching the account off, ends the user’s sign-ins.',
        params: IdParams,
        body: UserPatch,
        response: { 200: User, ...failures('user-not-found', 'password-too-weak', 'last-admin') },
      },
    },
    async ({ caller, params, body }) => patchUser(context, caller.tenantId, params.id, body),
  );
}
