import { eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { users } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { joinRoutes } from './join-routes.ts';
import { createLoginGuard } from './login-guard.ts';
import { passwordRoutes } from './password-routes.ts';
import { LoginBody, MePatch, RefreshBody, SignedInUser, TokenAnswer } from './schemas.ts';
import { secondFactorRoutes } from './second-factor-routes.ts';
import { login, logout, refresh } from './service.ts';
import { sessionListRoutes } from './session-routes.ts';
import { originOf, toSignedInUser } from './sign-in.ts';

const tags = ['auth'];

export async function authRoutes(app: App, context: AppContext): Promise<void> {
  const guard = createLoginGuard(context);
  const limited = { rateLimit: { max: context.config.limits.loginsPerMinute, timeWindow: '1 minute' } };
  // Answers have tokens and secrets in them, or say who somebody is.
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });

  app.post(
    '/auth/login',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Sign in with e-mail address and password',
        description:
          'After five wrong passwords an account has to wait, longer each time; `Retry-After` says how long. Where the ' +
          'account has a second factor, the answer is `second-factor-required` and `details.challenge` goes to ' +
          '/auth/2fa/login with a code.',
        body: LoginBody,
        response: {
          200: TokenAnswer,
          ...failures(
            'wrong-credentials',
            'second-factor-required',
            'account-disabled',
            'account-waiting',
            'institution-suspended',
            'rate-limited',
          ),
        },
      },
    },
    async (request) => login(context, guard, request.body, originOf(request)),
  );

  app.post(
    '/auth/refresh',
    {
      // Goes on with a sign-in that the audit log has; a token used twice it notes as a failure.
      config: { public: true, audit: false, ...limited },
      schema: {
        tags,
        summary: 'Exchange a refresh token for the next pair of tokens',
        description:
          'A refresh token works once. One that comes back a second time ends every session from that sign-in.',
        body: RefreshBody,
        response: {
          200: TokenAnswer,
          ...failures('refresh-invalid', 'refresh-reused', 'account-disabled', 'institution-suspended'),
        },
      },
    },
    async (request) => refresh(context, request.body.refresh_token, originOf(request)),
  );

  app.post(
    '/auth/logout',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'End the sign-in that a refresh token belongs to',
        description: 'Its access tokens are refused from then on, by other servers within seconds.',
        body: RefreshBody,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await logout(context, request.body.refresh_token);
      return reply.code(204).send(null);
    },
  );

  const ownUser = (tenantId: string, userId: string) =>
    context.db.tenant(tenantId, async (tx) => {
      const [found] = await tx.select().from(users).where(eq(users.id, userId));
      if (!found?.active) throw new ApiError('unauthenticated');
      return toSignedInUser(found);
    });

  app.get(
    '/auth/me',
    {
      config: { roles: EVERYONE, setup: true },
      schema: {
        tags,
        summary: 'The signed-in user',
        description: 'Also while a second factor still has to be set up.',
        response: { 200: SignedInUser },
      },
    },
    async ({ caller }) => ownUser(caller.tenantId, caller.userId),
  );

  app.patch(
    '/auth/me',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'Change one’s own name or language',
        description:
          'Address and role are changed by an administrator, the password at /auth/password/change.',
        body: MePatch,
        response: { 200: SignedInUser },
      },
    },
    async ({ caller, body }) => {
      await context.db.tenant(caller.tenantId, (tx) =>
        tx
          .update(users)
          .set({
            ...(body.name === undefined ? {} : { name: body.name.trim() }),
            ...(body.locale === undefined ? {} : { locale: body.locale }),
            updatedAt: new Date(context.clock.now()),
          })
          .where(eq(users.id, caller.userId)),
      );
      return ownUser(caller.tenantId, caller.userId);
    },
  );

  const shared = { app, context, guard, limited };
  joinRoutes(shared);
  passwordRoutes(shared);
  secondFactorRoutes(shared);
  sessionListRoutes(shared);
}
