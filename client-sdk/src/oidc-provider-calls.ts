import { type Http, unwrap } from './http.ts';
import type * as api from './institution-types.ts';

/** Where else the people of the institution may sign in, by OpenID Connect. Client secrets are never answered. */
export function oidcProviderCalls(http: Http) {
  const of = (id: string) => ({ params: { path: { id } } });
  return {
    list: (query: api.PageOf = {}) => unwrap(http.GET('/api/v1/oidc-providers', { params: { query } })),
    /** Is not tried: `check` does that. `redirectUri` of the answer is to be registered at the provider. */
    create: (body: api.NewOidcProvider) => unwrap(http.POST('/api/v1/oidc-providers', { body })),
    update: (id: string, body: api.OidcProviderPatch) =>
      unwrap(http.PATCH('/api/v1/oidc-providers/{id}', { ...of(id), body })),
    /** Accounts stay; without a password they wait for one to be set. */
    remove: (id: string) => unwrap(http.DELETE('/api/v1/oidc-providers/{id}', of(id))),
    /**
     * Reads the provider's description, as the first step of signing in does. Throws `oidc-provider-unreachable`,
     * `oidc-address-forbidden`, and `oidc-provider-not-found` where it is switched off. Client id and secret are seen
     * by the provider at the first sign-in only.
     */
    async check(id: string): Promise<void> {
      await unwrap(http.GET('/api/v1/auth/oidc/{id}/start', of(id)));
    },
  };
}
