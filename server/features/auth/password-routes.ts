import type { AppContext } from '../../context.ts';
import { type App, failures, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import type { LoginGuard } from './login-guard.ts';
import { changePassword, requestReset, resetPassword } from './passwords-service.ts';
import { Accepted, ChangePasswordBody, ForgotBody, ResetBody } from './schemas.ts';
import { originOf } from './sign-in.ts';

/** What the parts of the sign-in share. */
export interface AuthScope {
  app: App;
  context: AppContext;
  guard: LoginGuard;
  /** Rate limit of routes that something could be guessed at. */
  limited: { rateLimit: { max: number; timeWindow: string } };
}

const tags = ['auth'];

export function passwordRoutes({ app, context, guard, limited }: AuthScope): void {
  app.post(
    '/auth/password/forgot',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Ask for a link to set a new password',
        description:
          'The answer is the same, and takes as long, whether the address is known or not. The link works once, for an ' +
          'hour; an account is sent three an hour at most.',
        body: ForgotBody,
        response: { 202: Accepted },
      },
    },
    async (request, reply) => {
      await requestReset(context, request.body.email);
      return reply.code(202).send({ status: 'accepted' as const });
    },
  );

  app.post(
    '/auth/password/reset',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Set a new password with the link',
        description: 'Ends every sign-in of the account. A second factor stays on.',
        body: ResetBody,
        response: { 204: NoContent, ...failures('link-invalid', 'password-too-weak') },
      },
    },
    async (request, reply) => {
      await resetPassword(context, request.body.token, request.body.password);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/password/change',
    {
      config: { roles: EVERYONE, ...limited },
      schema: {
        tags,
        summary: 'Change one’s own password',
        description: 'Needs the old one. The sign-in that asks goes on, all others end.',
        body: ChangePasswordBody,
        response: { 204: NoContent, ...failures('password-wrong', 'password-missing', 'password-too-weak') },
      },
    },
    async (request, reply) => {
      await changePassword(context, guard, request.caller, request.body, originOf(request));
      return reply.code(204).send(null);
    },
  );
}
