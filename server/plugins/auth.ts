import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import type { Role } from '../db/schema/index.ts';
import { ApiError } from '../errors.ts';
import type { Caller } from '../features/auth/tokens.ts';

export const STAFF: readonly Role[] = ['sysadmin', 'admin', 'teacher'];
export const ADMINS: readonly Role[] = ['sysadmin', 'admin'];
export const EVERYONE: readonly Role[] = ['sysadmin', 'admin', 'teacher', 'student'];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No token is needed. */
    public?: boolean;
    /** Roles that may call the route; the institution's staff when absent. */
    roles?: readonly Role[];
  }
  interface FastifyRequest {
    /** Set on every route that is not public. */
    caller: Caller;
  }
}

/**
 * Checks the access token and the caller's role before a body is read. A route is closed unless it says otherwise:
 * without `config.public` it needs a token, without `config.roles` it is for staff only. It runs after the rate limit,
 * which is an `onRequest` hook of each route, so that those without a token are limited too.
 */
export function requireCallers(app: FastifyInstance, context: AppContext): void {
  app.decorateRequest('caller', null as unknown as Caller);
  app.addHook('preParsing', async (request, _reply, body) => {
    const { config } = request.routeOptions;
    if (config.public || !request.url.startsWith('/api/')) return body;
    request.caller = await context.tokens.verify(bearerOf(request));
    if (!(config.roles ?? STAFF).includes(request.caller.role)) throw new ApiError('forbidden');
    return body;
  });
}

function bearerOf(request: FastifyRequest): string {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) throw new ApiError('unauthenticated');
  return token;
}
