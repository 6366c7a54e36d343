import { and, asc, count, desc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { type Static, Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { apiKeys } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import {
  type App,
  failures,
  IdParams,
  Instant,
  ListOf,
  NoContent,
  Nullable,
  OneOf,
  PageQuery,
  Uuid,
} from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { searchColumns } from '../students/search.ts';
import { newApiKey } from './verify.ts';

const EXAMPLE = {
  id: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d',
  name: 'LMS',
  prefix: 'yk_4f0a91c2',
  scopes: ['students:read', 'attendance:read'],
  status: 'active',
  expiresAt: '2027-09-01T00:00:00.000Z',
  lastUsedAt: null,
  createdAt: '2026-11-21T08:00:00.000Z',
};
const shape = {
  id: Uuid('The key; writes with it stand under this id in the audit log.'),
  name: Type.String(),
  prefix: Type.String({ description: 'How the key begins, to recognise it by.' }),
  scopes: Type.Array(Type.String()),
  status: OneOf(['active', 'expired', 'revoked']),
  expiresAt: Nullable(Instant('Works until then; null: until it is revoked.')),
  lastUsedAt: Nullable(Instant('To the minute.')),
  createdAt: Instant('When it was made.'),
};
const ApiKey = Type.Object(shape, { title: 'ApiKey', examples: [EXAMPLE] });
type ApiKey = Static<typeof ApiKey>;
const FreshApiKey = Type.Object(
  { ...shape, key: Type.String({ description: 'The key itself; told only now.' }) },
  {
    title: 'FreshApiKey',
    examples: [{ ...EXAMPLE, key: 'yk_4f0a91c2_Zl0m9yq4n1Vw8aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1' }],
  },
);
const ApiKeyList = ListOf(ApiKey, 'ApiKeyList');
Object.assign(ApiKeyList, { examples: [{ total: 1, skip: 0, limit: 50, items: [EXAMPLE] }] });
const Scopes = Type.Object(
  { scopes: Type.Array(Type.String()) },
  { title: 'ApiScopes', examples: [{ scopes: ['attendance:read', 'students:read', 'students:write'] }] },
);
const NewApiKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
    scopes: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 100, uniqueItems: true }),
    expiresInDays: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3650, description: 'Left out: until it is revoked.' }),
    ),
  },
  {
    title: 'NewApiKey',
    examples: [{ name: 'LMS', scopes: ['students:read', 'attendance:read'], expiresInDays: 365 }],
  },
);
const ApiKeyQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the name.' })),
  status: Type.Optional(OneOf(['active', 'expired', 'revoked'])),
  sort: Type.Optional(
    OneOf(['name', '-name', 'createdAt', '-createdAt', 'lastUsedAt', '-lastUsedAt'], 'Default `name`.'),
  ),
  ...PageQuery,
});

type Row = typeof apiKeys.$inferSelect;
const tags = ['api-keys'];
const config = { roles: ADMINS };

export async function apiKeyRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/api-keys',
    {
      config,
      schema: {
        tags,
        summary: 'API keys of the institution',
        description: 'Without the keys themselves, which are not kept.',
        querystring: ApiKeyQuery,
        response: { 200: ApiKeyList },
      },
    },
    async ({ caller, query }) => {
      const now = context.clock.now();
      const at = sql`${new Date(now).toISOString()}::timestamptz`;
      const status = {
        active: sql`${apiKeys.revokedAt} is null and (${apiKeys.expiresAt} is null or ${apiKeys.expiresAt} > ${at})`,
        expired: sql`${apiKeys.revokedAt} is null and ${apiKeys.expiresAt} <= ${at}`,
        revoked: sql`${apiKeys.revokedAt} is not null`,
      };
      const conditions: (SQL | undefined)[] = [
        query.status === undefined ? undefined : status[query.status],
        ...searchColumns(query.search, apiKeys.name),
      ];
      const where = and(...conditions);
      const sort = query.sort ?? 'name';
      const columns: Record<string, SQL> = {
        name: sql`${apiKeys.name} collate "und-x-icu"`,
        createdAt: sql`${apiKeys.createdAt}`,
        lastUsedAt: sql`coalesce(${apiKeys.lastUsedAt}, '-infinity')`,
      };
      const column = columns[sort.replace(/^-/, '')]!;
      return context.db.tenant(caller.tenantId, async (tx) => {
        const [counted] = await tx.select({ total: count() }).from(apiKeys).where(where);
        const rows = await tx
          .select()
          .from(apiKeys)
          .where(where)
          .orderBy(sort.startsWith('-') ? desc(column) : asc(column), asc(apiKeys.id))
          .offset(query.skip)
          .limit(query.limit);
        return {
          total: counted?.total ?? 0,
          skip: query.skip,
          limit: query.limit,
          items: rows.map((row) => toApiKey(row, now)),
        };
      });
    },
  );

  app.get(
    '/api-keys/scopes',
    {
      config,
      schema: {
        tags,
        summary: 'Every scope that a key may have',
        description: 'The subject of a route and whether it reads or writes.',
        response: { 200: Scopes },
      },
    },
    async () => ({ scopes: [...app.apiScopes].sort() }),
  );

  app.post(
    '/api-keys',
    {
      config,
      schema: {
        tags,
        summary: 'Make an API key',
        description:
          'For machines: sent as `Authorization: Bearer yk_…` or `X-API-Key`. It reaches what an administrator reaches, ' +
          'within its scopes, and never accounts, keys or institutions. Told in this answer only.',
        body: NewApiKey,
        response: { 201: FreshApiKey, ...failures('scope-unknown') },
      },
    },
    async ({ caller, body }, reply) => {
      const unknown = body.scopes.filter((scope) => !app.apiScopes.has(scope));
      if (unknown.length > 0) {
        throw new ApiError('scope-unknown', { details: { unknown, scopes: [...app.apiScopes].sort() } });
      }
      const now = context.clock.now();
      const { key, prefix, keyHash } = newApiKey();
      const row: Row = {
        id: newId(),
        tenantId: caller.tenantId,
        name: body.name.trim(),
        prefix: `yk_${prefix}`,
        keyHash,
        scopes: body.scopes,
        expiresAt: body.expiresInDays === undefined ? null : new Date(now + body.expiresInDays * 86_400_000),
        lastUsedAt: null,
        revokedAt: null,
        createdBy: caller.userId,
        createdAt: new Date(now),
      };
      await context.db.tenant(caller.tenantId, (tx) => tx.insert(apiKeys).values(row));
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...toApiKey(row, now), key });
    },
  );

  app.delete(
    '/api-keys/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Revoke an API key',
        description: 'It is refused from then on, by other servers within seconds. It stays on the list.',
        params: IdParams,
        response: { 204: NoContent, ...failures('api-key-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      const revoked = await context.db.tenant(caller.tenantId, (tx) =>
        tx
          .update(apiKeys)
          .set({ revokedAt: new Date(context.clock.now()) })
          .where(and(eq(apiKeys.id, params.id), isNull(apiKeys.revokedAt)))
          .returning({ id: apiKeys.id }),
      );
      if (revoked.length === 0) throw new ApiError('api-key-not-found');
      await context.apiKeys.forget(params.id);
      return reply.code(204).send(null);
    },
  );
}

function toApiKey(row: Row, now: number): ApiKey {
  const { id, name, prefix, scopes } = row;
  const expired = row.expiresAt !== null && row.expiresAt.getTime() <= now;
  return {
    id,
    name,
    prefix,
    scopes,
    status: row.revokedAt !== null ? 'revoked' : expired ? 'expired' : 'active',
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
