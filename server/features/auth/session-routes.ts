import { failures, IdParams, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import type { AuthScope } from './password-routes.ts';
import { Ended, SignIns } from './schemas.ts';
import { endOtherSignIns, endSignIn, signInsOf } from './sessions.ts';

const tags = ['auth'];
const config = { roles: EVERYONE };

export function sessionListRoutes({ app, context }: AuthScope): void {
  app.get(
    '/auth/sessions',
    {
      config,
      schema: {
        tags,
        summary: 'One’s own sign-ins',
        description: 'Where one is signed in: device, address, since when, last used; the last used first.',
        response: { 200: SignIns },
      },
    },
    async ({ caller }) => {
      const now = new Date(context.clock.now());
      return { items: await context.db.tenant(caller.tenantId, (tx) => signInsOf(tx, caller, now)) };
    },
  );

  app.delete(
    '/auth/sessions/:id',
    {
      config,
      schema: {
        tags,
        summary: 'End one of one’s sign-ins',
        description: 'Its tokens are refused from then on, by other servers within seconds.',
        params: IdParams,
        response: { 204: NoContent, ...failures('sign-in-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await endSignIn(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/auth/sessions',
    {
      config,
      schema: {
        tags,
        summary: 'End all of one’s other sign-ins',
        description: 'The one that asks goes on.',
        response: { 200: Ended },
      },
    },
    async ({ caller }) => ({ ended: await endOtherSignIns(context, caller) }),
  );
}
