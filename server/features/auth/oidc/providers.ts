import { and, asc, count, eq, ilike } from 'drizzle-orm';
import { type Static, Type } from 'typebox';
import type { AppContext } from '../../../context.ts';
import { newId } from '../../../db/ids.ts';
import { violatedUnique } from '../../../db/problems.ts';
import { oidcProviders } from '../../../db/schema/index.ts';
import type { Tx } from '../../../db/tenancy.ts';
import { ApiError } from '../../../errors.ts';
import { ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../../http.ts';
import { tenantCrypto } from '../../tenants/service.ts';
import type { Caller } from '../tokens.ts';
import { assertProviderUrl } from './outbound.ts';

const EXAMPLE = {
  id: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d',
  name: 'Kampüs',
  issuer: 'https://login.example.edu',
  clientId: 'yoklama',
  hasSecret: true,
  scopes: 'openid email profile',
  provisionRole: null,
  enabled: true,
  redirectUri: 'https://yoklama.example.edu/oidc/callback',
};
export const OidcProvider = Type.Object(
  {
    id: Uuid('The provider.'),
    name: Type.String(),
    issuer: Type.String(),
    clientId: Type.String(),
    hasSecret: Type.Boolean({ description: 'Whether a client secret is kept; it is never answered.' }),
    scopes: Type.String(),
    provisionRole: Nullable(OneOf(['teacher', 'student'])),
    enabled: Type.Boolean(),
    redirectUri: Type.String({ description: 'To be registered at the provider.' }),
  },
  { title: 'OidcProvider', examples: [EXAMPLE] },
);
export type OidcProvider = Static<typeof OidcProvider>;
export const OidcProviderList = ListOf(OidcProvider, 'OidcProviderList');
Object.assign(OidcProviderList, { examples: [{ total: 1, skip: 0, limit: 50, items: [EXAMPLE] }] });

const fields = {
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  issuer: Type.String({
    minLength: 8,
    maxLength: 500,
    description: 'https address; the rest is discovered.',
  }),
  clientId: Type.String({ minLength: 1, maxLength: 300 }),
  clientSecret: Nullable(
    Type.String({ minLength: 1, maxLength: 1000, format: 'password', description: 'null: a public client.' }),
  ),
  scopes: Type.String({ pattern: '^openid( [a-zA-Z0-9_.:/-]+)*$', maxLength: 300 }),
  provisionRole: Nullable(
    OneOf(
      ['teacher', 'student'],
      'Whoever signs in first gets an account with this role; null: nobody does.',
    ),
  ),
  enabled: Type.Boolean(),
};
export const NewOidcProvider = Type.Object(
  {
    name: fields.name,
    issuer: fields.issuer,
    clientId: fields.clientId,
    clientSecret: Type.Optional(fields.clientSecret),
    scopes: Type.Optional(fields.scopes),
    provisionRole: Type.Optional(fields.provisionRole),
    enabled: Type.Optional(fields.enabled),
  },
  {
    title: 'NewOidcProvider',
    examples: [
      { name: 'Kampüs', issuer: EXAMPLE.issuer, clientId: 'yoklama', clientSecret: 'from the provider' },
    ],
  },
);
export type NewOidcProvider = Static<typeof NewOidcProvider>;
export const OidcProviderPatch = Type.Object(
  {
    name: Type.Optional(fields.name),
    clientId: Type.Optional(fields.clientId),
    clientSecret: Type.Optional(fields.clientSecret),
    scopes: Type.Optional(fields.scopes),
    provisionRole: Type.Optional(fields.provisionRole),
    enabled: Type.Optional(fields.enabled),
  },
  { title: 'OidcProviderPatch', minProperties: 1, examples: [{ enabled: false }] },
);
export type OidcProviderPatch = Static<typeof OidcProviderPatch>;
export const OidcProviderQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the name.' })),
  ...PageQuery,
});

export type ProviderRow = typeof oidcProviders.$inferSelect;

/** Purpose of the sealed bytes in `oidc_providers.client_secret`. */
export const oidcSecretPurpose = (providerId: string): string => `oidc:${providerId}`;

export async function listProviders(
  context: AppContext,
  tx: Tx,
  query: Static<typeof OidcProviderQuery>,
): Promise<{ total: number; items: OidcProvider[] }> {
  const where = and(
    query.search ? ilike(oidcProviders.name, `%${query.search.replace(/[\\%_]/g, '\\$&')}%`) : undefined,
  );
  const [counted] = await tx.select({ total: count() }).from(oidcProviders).where(where);
  const rows = await tx
    .select()
    .from(oidcProviders)
    .where(where)
    .orderBy(asc(oidcProviders.name), asc(oidcProviders.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map((row) => toProvider(context, row)) };
}

/** Throws `oidc-address-forbidden`, `oidc-provider-taken`. */
export async function addProvider(
  context: AppContext,
  caller: Caller,
  given: NewOidcProvider,
): Promise<OidcProvider> {
  assertProviderUrl(given.issuer, context.config.oidc);
  const id = newId();
  return taken(() =>
    context.db.tenant(caller.tenantId, async (tx) => {
      const [row] = await tx
        .insert(oidcProviders)
        .values({
          id,
          tenantId: caller.tenantId,
          name: given.name.trim(),
          issuer: given.issuer,
          clientId: given.clientId,
          clientSecret: await sealed(context, tx, caller.tenantId, id, given.clientSecret ?? null),
          ...(given.scopes === undefined ? {} : { scopes: given.scopes }),
          provisionRole: given.provisionRole ?? null,
          enabled: given.enabled ?? true,
        })
        .returning();
      return toProvider(context, row!);
    }),
  );
}

/** Throws `oidc-provider-not-found`, `oidc-provider-taken`. */
export async function patchProvider(
  context: AppContext,
  caller: Caller,
  id: string,
  patch: OidcProviderPatch,
): Promise<OidcProvider> {
  const { clientSecret, ...rest } = patch;
  return taken(() =>
    context.db.tenant(caller.tenantId, async (tx) => {
      const [before] = await tx.select().from(oidcProviders).where(eq(oidcProviders.id, id)).for('update');
      if (!before) throw new ApiError('oidc-provider-not-found');
      const secret =
        clientSecret === undefined
          ? before.clientSecret
          : await sealed(context, tx, caller.tenantId, id, clientSecret);
      const [row] = await tx
        .update(oidcProviders)
        .set({
          name: rest.name?.trim() ?? before.name,
          clientId: rest.clientId ?? before.clientId,
          scopes: rest.scopes ?? before.scopes,
          provisionRole: rest.provisionRole === undefined ? before.provisionRole : rest.provisionRole,
          enabled: rest.enabled ?? before.enabled,
          clientSecret: secret,
        })
        .where(eq(oidcProviders.id, id))
        .returning();
      return toProvider(context, row!);
    }),
  );
}

/** Accounts stay; they are just linked to it no more. Throws `oidc-provider-not-found`. */
export async function removeProvider(context: AppContext, caller: Caller, id: string): Promise<void> {
  const gone = await context.db.tenant(caller.tenantId, (tx) =>
    tx.delete(oidcProviders).where(eq(oidcProviders.id, id)).returning({ id: oidcProviders.id }),
  );
  if (gone.length === 0) throw new ApiError('oidc-provider-not-found');
}

export const redirectUri = (context: AppContext): string => `${context.config.publicUrl}/oidc/callback`;

function toProvider(context: AppContext, row: ProviderRow): OidcProvider {
  const { id, name, issuer, clientId, scopes, provisionRole, enabled } = row;
  return {
    id,
    name,
    issuer,
    clientId,
    hasSecret: row.clientSecret !== null,
    scopes,
    provisionRole,
    enabled,
    redirectUri: redirectUri(context),
  };
}

async function sealed(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  id: string,
  secret: string | null,
): Promise<Buffer | null> {
  if (secret === null) return null;
  return (await tenantCrypto(context, tx, tenantId)).seal(oidcSecretPurpose(id), Buffer.from(secret));
}

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) !== null) throw new ApiError('oidc-provider-taken', { cause: error });
    throw error;
  }
}
