import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { JWKS_MAX_AGE_SECONDS } from './signing-keys.ts';

/** The public halves of the keys that access tokens are signed with (RFC 7517), for whoever verifies them elsewhere. */
export function publishKeys(app: FastifyInstance, context: AppContext): void {
  app.get(
    '/.well-known/jwks.json',
    { config: { public: true, rateLimit: false }, schema: { hide: true } },
    async (_request, reply) =>
      reply
        .header('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`)
        .header('access-control-allow-origin', '*')
        .type('application/jwk-set+json')
        .send(JSON.stringify(await context.tokens.published())),
  );
}
