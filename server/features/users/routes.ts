import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { removeUser } from './remove.ts';
import { NewUser, User, UserList, UserPatch, UserQuery } from './schemas.ts';
import { createUser, getUser, listUsers, patchUser, resetSecondFactor } from './service.ts';

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
        description: 'By name unless `sort` says otherwise.',
        querystring: UserQuery,
        response: { 200: UserList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.read(caller.tenantId, (tx) => listUsers(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/users',
    {
      config,
      schema: {
        tags,
        summary: 'Add a user with a password',
        description: 'To let them choose their own, invite them (POST /invitations).',
        body: NewUser,
        response: { 201: User, ...failures('email-taken', 'password-too-weak', 'student-not-found') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await createUser(context, caller.tenantId, body)),
  );

  app.get(
    '/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'One user',
        description: 'Of the own institution.',
        params: IdParams,
        response: { 200: User, ...failures('user-not-found') },
      },
    },
    async ({ caller, params }) => context.db.tenant(caller.tenantId, (tx) => getUser(tx, params.id)),
  );

  app.patch(
    '/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a user',
        description:
          'A new password or role, or switching the account off, ends the user’s sign-ins: their access tokens are refused ' +
          'from then on, by other servers within seconds. A student who waits is let in by naming the roster entry.',
        params: IdParams,
        body: UserPatch,
        response: {
          200: User,
          ...failures(
            'user-not-found',
            'password-too-weak',
            'last-admin',
            'student-not-found',
            'email-taken',
          ),
        },
      },
    },
    async ({ caller, params, body }) => patchUser(context, caller, params.id, body),
  );

  app.delete(
    '/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove an account',
        description:
          'For good, with its sign-ins, links and messages. What it did stays under its id, which names nobody any more. ' +
          'A student or teacher stays on the roster: `DELETE /students/{id}` and `DELETE /teachers/{id}` remove those.',
        params: IdParams,
        response: { 204: NoContent, ...failures('user-not-found', 'forbidden', 'last-admin') },
      },
    },
    async ({ caller, params }, reply) => {
      await removeUser(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/users/:id/second-factor',
    {
      config,
      schema: {
        tags,
        summary: 'Take a user’s second factor away',
        description: 'For who lost telephone and backup codes. Ends their sign-ins.',
        params: IdParams,
        response: { 204: NoContent, ...failures('user-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await resetSecondFactor(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );
}
