import { and, eq } from 'drizzle-orm';
import { Type } from 'typebox';
import type { AppContext } from '../../../context.ts';
import { tenants } from '../../../db/schema/index.ts';
import { type App, failures, IdParams, NoContent, Uuid } from '../../../http.ts';
import { ADMINS } from '../../../plugins/auth.ts';
import { enabledProviders, tenantOfHost } from '../../tenants/institutions.ts';
import { TokenAnswer } from '../schemas.ts';
import { originOf } from '../sign-in.ts';
import {
  addProvider,
  listProviders,
  NewOidcProvider,
  OidcProvider,
  OidcProviderList,
  OidcProviderPatch,
  OidcProviderQuery,
  patchProvider,
  removeProvider,
} from './providers.ts';
import { createOidc } from './service.ts';

const ID = '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d';
const OfferedProviders = Type.Object(
  { items: Type.Array(Type.Object({ id: Uuid('The provider.'), name: Type.String() })) },
  { title: 'OfferedProviders', examples: [{ items: [{ id: ID, name: 'Kampüs' }] }] },
);
const OidcStart = Type.Object(
  {
    authorizationUrl: Type.String({ description: 'Where to send the browser.' }),
    state: Type.String({
      description: 'To be kept by the page that starts, and compared with what comes back to /oidc/callback.',
    }),
  },
  {
    title: 'OidcStart',
    examples: [{ authorizationUrl: 'https://login.example.edu/auth?client_id=yoklama&state=s', state: 's' }],
  },
);
const OidcCallback = Type.Object(
  {
    code: Type.String({ minLength: 1, maxLength: 4000 }),
    state: Type.String({ minLength: 1, maxLength: 500 }),
    iss: Type.Optional(
      Type.String({ maxLength: 500, description: 'RFC 9207, where the provider sends it.' }),
    ),
  },
  {
    title: 'OidcCallback',
    examples: [{ code: 'from the provider', state: 's', iss: 'https://login.example.edu' }],
  },
);

export async function oidcRoutes(app: App, context: AppContext): Promise<void> {
  const oidc = createOidc(context);
  const tags = ['auth'];
  const config = {
    public: true,
    rateLimit: { max: context.config.limits.loginsPerMinute, timeWindow: '1 minute' },
  };

  app.get(
    '/auth/oidc/providers',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Providers to sign in with',
        description:
          'Of the institution with that domain, or of the one that the host name of the request belongs to.',
        querystring: Type.Object({ domain: Type.Optional(Type.String({ maxLength: 253 })) }),
        response: { 200: OfferedProviders },
      },
    },
    async ({ query, hostname }) =>
      context.db.system(async (tx) => {
        const tenant =
          query.domain === undefined ? await tenantOfHost(tx, hostname) : await byDomain(query.domain);
        return { items: tenant ? await enabledProviders(tx, tenant.id) : [] };

        async function byDomain(domain: string) {
          const [found] = await tx
            .select({ id: tenants.id })
            .from(tenants)
            .where(and(eq(tenants.domain, domain.toLowerCase()), eq(tenants.active, true)));
          return found ?? null;
        }
      }),
  );

  app.get(
    '/auth/oidc/:id/start',
    {
      config,
      schema: {
        tags,
        summary: 'Begin to sign in through a provider',
        description:
          'Authorization code with PKCE, state and nonce. The provider sends the browser back to /oidc/callback with `code` ' +
          'and `state`, which go to POST /auth/oidc/callback within ten minutes.',
        params: IdParams,
        response: {
          200: OidcStart,
          ...failures(
            'oidc-provider-not-found',
            'oidc-provider-unreachable',
            'oidc-address-forbidden',
            'institution-suspended',
          ),
        },
      },
    },
    async ({ params }, reply) => {
      reply.header('cache-control', 'no-store');
      return oidc.start(params.id);
    },
  );

  app.post(
    '/auth/oidc/callback',
    {
      config,
      schema: {
        tags,
        summary: 'Finish signing in through a provider',
        description:
          'Signs in who signed in with the provider before, or whose e-mail address, which the provider must vouch for, an ' +
          'account of the institution has; makes an account where the provider may. A second factor is the provider’s matter.',
        body: OidcCallback,
        response: {
          200: TokenAnswer,
          ...failures(
            'oidc-state-invalid',
            'oidc-refused',
            'oidc-email-unverified',
            'oidc-no-account',
            'oidc-provider-not-found',
            'oidc-provider-unreachable',
            'account-disabled',
            'account-waiting',
            'institution-suspended',
          ),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return oidc.finish(request.body, originOf(request));
    },
  );
  providerRoutes(app, context);
}

function providerRoutes(app: App, context: AppContext): void {
  const tags = ['oidc-providers'];
  const config = { roles: ADMINS };

  app.get(
    '/oidc-providers',
    {
      config,
      schema: {
        tags,
        summary: 'Sign-in providers of the institution',
        description: 'By name. Client secrets are never answered.',
        querystring: OidcProviderQuery,
        response: { 200: OidcProviderList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listProviders(context, tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/oidc-providers',
    {
      config,
      schema: {
        tags,
        summary: 'Add a sign-in provider',
        description:
          'Any OpenID Connect provider with discovery. The address has to be https and public, or in a network that the ' +
          'server’s configuration allows.',
        body: NewOidcProvider,
        response: { 201: OidcProvider, ...failures('oidc-address-forbidden', 'oidc-provider-taken') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await addProvider(context, caller, body)),
  );

  app.patch(
    '/oidc-providers/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a sign-in provider',
        description:
          'All but the issuer, which accounts are linked to: for another one add another provider.',
        params: IdParams,
        body: OidcProviderPatch,
        response: { 200: OidcProvider, ...failures('oidc-provider-not-found', 'oidc-provider-taken') },
      },
    },
    async ({ caller, params, body }) => patchProvider(context, caller, params.id, body),
  );

  app.delete(
    '/oidc-providers/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove a sign-in provider',
        description: 'Accounts stay, and can be signed in to with a password once one is set.',
        params: IdParams,
        response: { 204: NoContent, ...failures('oidc-provider-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await removeProvider(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );
}
