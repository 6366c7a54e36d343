import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import type { Role } from '../db/schema/index.ts';
import { ApiError } from '../errors.ts';
import { isApiKey } from '../features/api-keys/verify.ts';
import type { Caller } from '../features/auth/tokens.ts';
import { callerLimit } from './security.ts';

export const STAFF: readonly Role[] = ['sysadmin', 'admin', 'teacher'];
export const ADMINS: readonly Role[] = ['sysadmin', 'admin'];
export const SYSADMINS: readonly Role[] = ['sysadmin'];
export const EVERYONE: readonly Role[] = ['sysadmin', 'admin', 'teacher', 'student'];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No token is needed. */
    public?: boolean;
    /** Roles that may call the route; the institution's staff when absent. */
    roles?: readonly Role[];
    /** What an API key must be allowed; from the route's first tag and its method when absent. `false`: no key may. */
    scope?: string | false;
    /** Open to who still has to set up a second factor. */
    setup?: boolean;
  }
  interface FastifyRequest {
    /** Set on every route that is not public. */
    caller: Caller;
  }
}

/** What is for people only: accounts, keys, institutions. */
const NEVER_BY_KEY = new Set([
  'auth',
  'users',
  'invitations',
  'activation-codes',
  'api-keys',
  'oidc-providers',
  'tenants',
  'tenant:write',
  'privacy:write',
]);

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Described {
  method?: string | readonly string[];
  config?: { scope?: string | false };
  schema?: { tags?: readonly string[] };
}

/** The scope that a key needs for a route, such as `attendance:read`; `false` where no key may call it. */
export function scopeOf({ method = 'GET', config, schema }: Described): string | false {
  if (config?.scope !== undefined) return config.scope;
  const tag = schema?.tags?.[0];
  if (tag === undefined) return false;
  const reads = (typeof method === 'string' ? [method] : method).every((one) => READS.has(one));
  const scope = `${tag}:${reads ? 'read' : 'write'}`;
  return NEVER_BY_KEY.has(tag) || NEVER_BY_KEY.has(scope) ? false : scope;
}

/**
 * Checks the access token or API key and what its holder may do before a body is read. A route is closed unless it
 * says otherwise: without `config.public` it needs a token, without `config.roles` it is for staff only. It runs after
 * the rate limit by address, which is an `onRequest` hook of each route, so that those without a token are limited too;
 * the limit by account or key follows here, as it needs the caller.
 */
export function requireCallers(app: FastifyInstance, context: AppContext): void {
  app.decorateRequest('caller', null as unknown as Caller);
  const limit = callerLimit(app, context.config);
  const scopes = new Set<string>();
  app.decorate('apiScopes', scopes);
  app.addHook('onRoute', (route) => {
    if (!needsCaller(route.url, route.config)) return;
    const scope = scopeOf(route as Described);
    if (scope && !(route.config?.roles && !route.config.roles.includes('admin'))) scopes.add(scope);
  });
  app.addHook('preParsing', async (request, reply, body) => {
    const { config, url = request.url } = request.routeOptions;
    if (!needsCaller(url, config)) return body;
    const caller = await callerBy(context, request.headers, { setup: config.setup === true });
    await limit(request, reply, caller);
    if (!(config.roles ?? STAFF).includes(caller.role)) throw new ApiError('forbidden');
    if (caller.scopes !== null) {
      const { method, schema } = request.routeOptions;
      assertScope(caller.scopes, scopeOf({ method, config, schema: schema as { tags?: string[] } }));
    }
    request.caller = caller;
    return body;
  });
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every scope that a route asks for. */
    apiScopes: ReadonlySet<string>;
  }
}

/** By the route's own address, not the request's, which may be spelt in many ways. */
function needsCaller(
  url: string,
  config: { public?: boolean; roles?: readonly Role[] } | undefined,
): boolean {
  return config?.public !== true && (url.startsWith('/api/') || config?.roles !== undefined);
}

/**
 * Who the headers of a request name, by access token or API key; asked again later, whether it is still so. Throws what
 * `AccessTokens.verify` and `ApiKeys.verify` throw.
 */
export async function callerBy(
  context: AppContext,
  headers: FastifyRequest['headers'],
  options: { setup?: boolean } = {},
): Promise<Caller> {
  const header = headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return context.apiKeys.verify(header);
  const token = bearerOf(headers.authorization);
  if (isApiKey(token)) return context.apiKeys.verify(token);
  return context.tokens.verify(token, options);
}

function assertScope(held: readonly string[], needed: string | false): void {
  if (needed === false) throw new ApiError('key-not-allowed');
  if (!held.includes(needed)) throw new ApiError('scope-missing', { details: { scope: needed } });
}

function bearerOf(authorization: string | undefined): string {
  const [scheme, token] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) throw new ApiError('unauthenticated');
  return token;
}
