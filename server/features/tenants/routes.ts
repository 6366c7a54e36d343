import multipart from '@fastify/multipart';
import { and, eq } from 'drizzle-orm';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { tenants } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, NoContent, Uuid } from '../../http.ts';
import { ADMINS, EVERYONE, SYSADMINS } from '../../plugins/auth.ts';
import {
  addTenant,
  listTenants,
  patchAnyTenant,
  patchOwnTenant,
  publicTenant,
  readSummary,
  readTenant,
  tenantOfHost,
  versionOf,
} from './institutions.ts';
import { keepLogo, LOGO_BYTES, readLogo } from './logo.ts';
import {
  AnyTenantPatch,
  NewTenant,
  Tenant,
  TenantList,
  TenantPatch,
  TenantPublic,
  TenantQuery,
  TenantSummary,
} from './schemas.ts';

export async function tenantRoutes(app: App, context: AppContext): Promise<void> {
  const tags = ['tenant'];

  app.get(
    '/tenant',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'The caller’s institution',
        description: 'With its settings; what was never set has its default.',
        response: { 200: Tenant },
      },
    },
    async ({ caller }) => context.db.tenant(caller.tenantId, (tx) => readTenant(tx, caller.tenantId)),
  );

  app.patch(
    '/tenant',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Change the institution',
        description:
          'Settings that are left out stay as they are. The policy cannot be changed; the mode of emotion only within it, ' +
          'for sessions opened from then on. The domain is set by a system administrator.',
        body: TenantPatch,
        response: { 200: Tenant, ...failures('timezone-unknown', 'emotion-prohibited') },
      },
    },
    async ({ caller, body }) => patchOwnTenant(context, caller.tenantId, body),
  );

  app.get(
    '/tenant/public',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'What a sign-in page shows',
        description:
          'Of the institution whose domain is the host name of the request; without such a one of the only institution, ' +
          'and of none where there are several.',
        response: { 200: TenantPublic },
      },
    },
    async (request, reply) => {
      reply.header('vary', 'host').header('cache-control', 'public, max-age=60');
      return publicTenant(context, request.hostname);
    },
  );

  await logoRoutes(app, context);
  sysadminRoutes(app, context);
}

async function logoRoutes(app: App, context: AppContext): Promise<void> {
  const tags = ['tenant'];
  await app.register(multipart, {
    limits: { fileSize: LOGO_BYTES, files: 1, fields: 5, fieldSize: 1000, parts: 6 },
  });

  app.put(
    '/tenant/logo',
    {
      bodyLimit: LOGO_BYTES + 64 * 1024,
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Set the institution’s logo',
        description:
          'multipart/form-data with one file: PNG, JPEG or WebP, at most 1 MB, 32 to 4096 pixels a side. Kept as PNG ' +
          'within 512 pixels.',
        consumes: ['multipart/form-data'],
        response: { 200: Tenant, ...failures('logo-invalid', 'photo-missing', 'photo-too-large') },
      },
    },
    async (request) => {
      const file = await request.file();
      if (!file) throw new ApiError('photo-missing');
      const logo = await readLogo(await file.toBuffer());
      const { tenantId } = request.caller;
      await keepLogo(context, tenantId, logo);
      return context.db.tenant(tenantId, (tx) => readTenant(tx, tenantId));
    },
  );

  app.delete(
    '/tenant/logo',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Remove the institution’s logo',
        description: 'Pages show its name instead.',
        response: { 204: NoContent },
      },
    },
    async ({ caller }, reply) => {
      await keepLogo(context, caller.tenantId, null);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/tenant/logo',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'The logo of an institution',
        description:
          'Of the one that is named, else of the one that the host name of the request belongs to.',
        produces: ['image/png'],
        querystring: Type.Object({
          id: Type.Optional(Uuid('The institution.')),
          v: Type.Optional(
            Type.String({ maxLength: 64, description: 'As in `logoUrl`: may be kept for ever.' }),
          ),
        }),
        response: {
          200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary', description: 'PNG' }),
          ...failures('logo-not-found'),
        },
      },
    },
    async ({ query, hostname }, reply) => {
      const row = await context.db.system(async (tx) => {
        if (query.id === undefined) return tenantOfHost(tx, hostname);
        const [found] = await tx
          .select()
          .from(tenants)
          .where(and(eq(tenants.id, query.id), eq(tenants.active, true)));
        return found ?? null;
      });
      if (!row?.logo) throw new ApiError('logo-not-found');
      const version = versionOf(row.logo);
      const lasting = query.v === version && query.id !== undefined;
      reply
        .header('etag', `"${version}"`)
        .header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'public, max-age=300')
        .header('cross-origin-resource-policy', 'cross-origin');
      return reply.type(row.logoType ?? 'image/png').send(row.logo);
    },
  );
}

function sysadminRoutes(app: App, context: AppContext): void {
  const tags = ['tenants'];
  const config = { roles: SYSADMINS };

  app.get(
    '/tenants',
    {
      config,
      schema: {
        tags,
        summary: 'All institutions',
        description: 'For system administrators; nothing of what is in them.',
        querystring: TenantQuery,
        response: { 200: TenantList },
      },
    },
    async ({ query }) => {
      const found = await context.db.system((tx) => listTenants(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/tenants',
    {
      config,
      schema: {
        tags,
        summary: 'Add an institution and its first administrator',
        description:
          'Without a password the administrator is invited by e-mail. The policy is fixed from then on.',
        body: NewTenant,
        response: {
          201: TenantSummary,
          ...failures(
            'timezone-unknown',
            'emotion-prohibited',
            'domain-taken',
            'email-taken',
            'password-too-weak',
          ),
        },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await addTenant(context, body, caller)),
  );

  app.get(
    '/tenants/:id',
    {
      config,
      schema: {
        tags,
        summary: 'One institution',
        description: 'For system administrators.',
        params: IdParams,
        response: { 200: TenantSummary, ...failures('tenant-not-found') },
      },
    },
    async ({ params }) => context.db.system((tx) => readSummary(tx, params.id)),
  );

  app.patch(
    '/tenants/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change, suspend or resume an institution',
        description:
          'Suspended, nobody of it can sign in or call, with a token or a key, from then on; other servers take notice ' +
          'within seconds. Nothing is deleted.',
        params: IdParams,
        body: AnyTenantPatch,
        response: {
          200: TenantSummary,
          ...failures('tenant-not-found', 'timezone-unknown', 'domain-taken', 'own-tenant'),
        },
      },
    },
    async ({ caller, params, body }) => patchAnyTenant(context, caller, params.id, body),
  );
}
