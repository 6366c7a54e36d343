import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import type { Config } from '../../config/index.ts';
import type { AppContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import type { Caller } from '../features/auth/tokens.ts';
import { rateStore } from './rate-store.ts';

const MINUTE = 60_000;

/** Headers that browsers go by, the origins that may call, and how often an address may. */
export async function secure(app: FastifyInstance, context: AppContext): Promise<void> {
  const { config } = context;
  const https = config.publicUrl.startsWith('https:');
  // Worked out once, not for each answer.
  const setHeaders = helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // Preact sets style attributes; no style sheet comes from elsewhere.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        // Recordings are put together by the page.
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        frameAncestors: ["'self'"],
        upgradeInsecureRequests: https ? [] : null,
      },
    },
    strictTransportSecurity: https,
    crossOriginEmbedderPolicy: false,
  });
  app.addHook('onRequest', (request, reply, done) =>
    setHeaders(request.raw, reply.raw, (error) => done(error as Error | undefined)),
  );
  await app.register(cors, {
    // Without an Origin it is no browser's cross-site request.
    origin: async (origin: string | undefined) =>
      origin !== undefined && (await context.origins.allows(origin)),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'etag',
      'link',
      'location',
      'retry-after',
      'x-request-id',
      'idempotency-replayed',
      'x-valid-until',
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
    ],
    maxAge: 600,
  });
  await app.register(rateLimit, {
    max: config.limits.requestsPerMinute,
    timeWindow: MINUTE,
    enableDraftSpec: true,
    store: rateStore(() => context.redis),
    allowList: (request) => !request.url.startsWith('/api/') && !request.url.startsWith('/graphql'),
    errorResponseBuilder: (_request, limit) => new ApiError('rate-limited', { retryAfter: limit.ttl / 1000 }),
  });
}

/**
 * How often a signed-in user or an API key may call, from whatever addresses. The headers tell of whichever limit is
 * nearer: that of the address or this one.
 */
export function callerLimit(
  app: FastifyInstance,
  config: Config,
): (request: FastifyRequest, reply: FastifyReply, caller: Caller) => Promise<void> {
  const { accountRequestsPerMinute, keyRequestsPerMinute } = config.limits;
  const callers = new WeakMap<FastifyRequest, Caller>();
  const limiter = (kind: Caller['kind'], max: number) =>
    app.createRateLimit({
      max,
      timeWindow: MINUTE,
      allowList: () => false,
      keyGenerator: (request) => `${kind}:${callers.get(request)!.userId}`,
    });
  const limiters = {
    user: limiter('user', accountRequestsPerMinute),
    'api-key': limiter('api-key', keyRequestsPerMinute),
  };
  return async (request, reply, caller) => {
    callers.set(request, caller);
    const limit = await limiters[caller.kind](request);
    if (limit.isAllowed) return;
    const left = Number(reply.getHeader('ratelimit-remaining') ?? Number.POSITIVE_INFINITY);
    if (limit.remaining <= left || limit.isExceeded) {
      reply.header('ratelimit-limit', limit.max);
      reply.header('ratelimit-remaining', limit.remaining);
      reply.header('ratelimit-reset', limit.ttlInSeconds);
    }
    if (limit.isExceeded) throw new ApiError('rate-limited', { retryAfter: limit.ttl / 1000 });
  };
}
