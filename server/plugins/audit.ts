import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import { type AuditScope, closeScope, openScope } from '../features/audit/scope.ts';
import { recordFailure, recordLate, recordView } from '../features/audit/service.ts';

/** What a reading route shows that a view of is kept; `export`: data that leave as a file. */
export type AuditView = 'biometric' | 'emotion' | 'recording' | 'export';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Each answer of this reading route is a view that the audit log keeps; `false`: a write that changes nothing. */
    audit?: AuditView | false;
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Every successful write request, and every view of biometric or emotion data or of a recording, becomes an entry of the audit log. A
 * write's entry is added at the end of the first transaction that writes (features/audit/scope.ts), so there is no write
 * without one; a request that wrote in no transaction of the institution, and a view, get theirs before the answer is
 * sent.
 */
export function auditRequests(app: FastifyInstance, context: AppContext): void {
  app.addHook('preValidation', (request, _reply, done) => {
    // The route's own address: the request's may be spelt in many ways.
    if (!/^\/(api\/|graphql$)/.test(request.routeOptions.url ?? '')) return done();
    const scope = scopeOf(request);
    // Reading adds no entry to a transaction; of who comes by a link it is only found out on the way whom it is about.
    if (scope.reads && scope.tenantId !== null) return done();
    openScope(scope, done);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const scope = scopes.get(request);
    if (scope) closeScope(scope);
    // What is answered again was told of when it was done.
    if (!scope || reply.hasHeader('idempotency-replayed')) return payload;
    if (reply.statusCode >= 400) {
      inBackground(recordFailure(context, scope, request, reply.statusCode));
      return payload;
    }
    const file = String(reply.getHeader('content-disposition') ?? '').startsWith('attachment');
    const view = scope.view ?? (scope.reads && file ? 'export' : null);
    if (view) await recordView(context, scope, view);
    else if (!scope.reads && !scope.recorded) await recordLate(context, scope, payload);
    return payload;
  });

  const atWork = new Set<Promise<void>>();
  const inBackground = (work: Promise<void>) => {
    const settled = work
      .catch((error: unknown) => context.log.warn({ err: error }, 'an audit entry could not be written'))
      .finally(() => atWork.delete(settled));
    atWork.add(settled);
  };
  app.addHook('onClose', async () => {
    await Promise.all(atWork);
  });

  // What goes on in the background of a request that has been answered is not the request's.
  app.addHook('onResponse', async (request) => {
    const scope = scopes.get(request);
    if (scope) scope.recorded = true;
  });
}

const scopes = new WeakMap<FastifyRequest, AuditScope>();

function scopeOf(request: FastifyRequest): AuditScope {
  const { config, url = '' } = request.routeOptions;
  const { audit } = config;
  const reads = READS.has(request.method) || url === '/graphql' || audit === false;
  const caller = (request.caller as FastifyRequest['caller'] | null) ?? null;
  const route = url.replace(/^\/api\/v1/, '').replace(/:(\w+)/g, '{$1}');
  const scope: AuditScope = {
    tenantId: caller?.tenantId ?? null,
    actorId: caller?.userId ?? null,
    actorKind: caller?.kind ?? 'system',
    action: `${request.method} ${route}`,
    ...subjectOf(route, (request.params ?? {}) as Record<string, string>),
    fields: fieldsOf(request),
    address: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, 300) ?? null,
    requestId: request.id,
    reads,
    view: audit || null,
    recorded: false,
  };
  scopes.set(request, scope);
  return scope;
}

/** `/students/{id}/face/{templateId}` is about a face template; a route without an id about what it makes. */
function subjectOf(route: string, params: Record<string, string>) {
  const parts = route.split('/').filter(Boolean);
  const last = parts.findLastIndex((part) => part.startsWith('{'));
  const name = last > 0 ? parts[last - 1]! : (parts[0] ?? 'request');
  const id = last > 0 ? params[parts[last]!.slice(1, -1)] : undefined;
  return { subjectType: singular(name), subjectId: id !== undefined && UUID.test(id) ? id : null };
}

function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  return name.endsWith('s') && !name.endsWith('ss') ? name.slice(0, -1) : name;
}

/** Only names that the route knows: others could be anything. */
function fieldsOf(request: FastifyRequest): string[] {
  const { body } = request;
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return [];
  const schema = request.routeOptions.schema?.body as { properties?: Record<string, unknown> } | undefined;
  return Object.keys(body).filter((name) => Object.hasOwn(schema?.properties ?? {}, name));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
