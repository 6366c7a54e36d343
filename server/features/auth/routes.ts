import { eq } from 'drizzle-orm';
import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { users } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { createLoginGuard } from './login-guard.ts';
import { LoginBody, RefreshBody, SignedInUser, TokenAnswer } from './schemas.ts';
import { login, logout, type Origin, refresh, toSignedInUser } from './service.ts';

const tags = ['auth'];

export async function authRoutes(app: App, context: AppContext): Promise<void> {
  const guard = createLoginGuard(context.clock);
  const limited = { rateLimit: { max: context.config.limits.loginsPerMinute, timeWindow: '1 minute' } };

  app.post(
    '/auth/login',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Sign in with e-mail address and password',
        description: 'After five wrong passwords an account has to wait, longer each time.',
        body: LoginBody,
        response: { 200: TokenAnswer, ...failures('wrong-credentials', 'account-disabled', 'rate-limited') },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return login(context, guard, request.body, originOf(request));
    },
  );

  app.post(
    '/auth/refresh',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Exchange a refresh token for the next pair of tokens',
        description:
          'A refresh token works once. One that comes back a second time ends every session from that sign-in.',
        body: RefreshBody,
        response: { 200: TokenAnswer, ...failures('refresh-invalid', 'refresh-reused', 'account-disabled') },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return refresh(context, request.body.refresh_token, originOf(request));
    },
  );

  app.post(
    '/auth/logout',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'End the sign-in that a refresh token belongs to',
        description: 'The access token stays valid until it expires.',
        body: RefreshBody,
        response: { 204: NoContent },
      },
    },
    async (request, reply) => {
      await logout(context, request.body.refresh_token);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/auth/me',
    {
      config: { roles: EVERYONE },
      schema: { tags, summary: 'The signed-in user', response: { 200: SignedInUser } },
    },
    async ({ caller }) => {
      const user = await context.db.tenant(caller.tenantId, async (tx) => {
        const [found] = await tx.select().from(users).where(eq(users.id, caller.userId));
        return found;
      });
      if (!user?.active) throw new ApiError('unauthenticated');
      return toSignedInUser(user);
    },
  );
}

function originOf(request: FastifyRequest): Origin {
  return { userAgent: request.headers['user-agent'] ?? null, address: request.ip };
}
