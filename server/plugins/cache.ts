import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CacheMark } from '../cache/cache.ts';
import type { AppContext } from '../context.ts';
import { utf8 } from './utf8.ts';

/** What answers depend on. The database says which of them changed: see the triggers `notice_change`. */
export type CacheTag =
  | 'attendance'
  | 'reviews'
  | 'sessions'
  | 'rosters'
  | 'engagement'
  | 'notifications'
  | 'institution';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer of this GET route may be given again for so long, unless something behind one of the tags changed. */
    cache?: { seconds: number; tags: readonly CacheTag[] };
    /** All that a successful write of this route can change; everything of the institution when absent. */
    changes?: readonly CacheTag[];
  }
}

const CHANNEL = 'yoklama_changed';
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Conditional requests for every answer of the API, and a cache for the routes that ask for one.
 *
 * An entry belongs to an institution and to one reach: administrators of a role share theirs, everybody else has
 * their own, so that nobody is answered what another may see. It is forgotten when the database says that something
 * behind its tags changed, on every server; on the server that wrote, before the write is answered, so that a client
 * reads what it wrote.
 */
export function cacheAnswers(app: FastifyInstance, context: AppContext): CacheStats {
  const stats: CacheStats = { hits: 0, misses: 0, forgotten: 0 };
  const misses = new WeakMap<FastifyRequest, { key: string; mark: CacheMark; tags: string[] }>();

  app.addHook('preHandler', async (request, reply) => {
    const rule = request.routeOptions.config.cache;
    if (!rule || request.method !== 'GET' || !request.caller) return;
    const { tenantId } = request.caller;
    const key = keyOf(request);
    const held = await context.cache.get(key);
    if (held) {
      stats.hits++;
      const { etag, type, body } = unpack(held);
      return reply.headers({ etag, 'content-type': type }).send(body);
    }
    stats.misses++;
    const tags = [tenantId, ...rule.tags.flatMap((tag) => [`${tenantId} ${tag}`, `* ${tag}`]), '*'];
    misses.set(request, { key, tags, mark: await context.cache.mark(tags) });
    return;
  });

  app.addHook('onSend', async (request, reply, payload) => {
    if (!READS.has(request.method)) {
      const { caller, routeOptions } = request;
      if (caller && reply.statusCode < 400) {
        const { changes } = routeOptions.config;
        await context.cache.invalidate(
          ...(changes ? changes.map((tag) => `${caller.tenantId} ${tag}`) : [caller.tenantId]),
        );
      }
      return payload;
    }
    if (!isConditional(request, reply) || !(typeof payload === 'string' || Buffer.isBuffer(payload))) {
      return payload;
    }
    const known = reply.getHeader('etag');
    const type = String(reply.getHeader('content-type') ?? 'application/octet-stream');
    const miss = misses.get(request);
    const rule = request.routeOptions.config.cache;
    // Written as bytes once: what is kept, what the tag is made of, and what is sent.
    const body = Buffer.isBuffer(payload) ? payload : Buffer.from(utf8(payload));
    const etag = typeof known === 'string' ? known : etagOf(body);
    reply.header('etag', etag);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache');
    if (miss && rule) {
      const { key, tags, mark } = miss;
      const head = Buffer.from(`${etag}\n${type}\n`);
      await context.cache.set(key, [head, body], { ttlMs: rule.seconds * 1000, tags, mark });
    }
    if (!matches(request.headers['if-none-match'], etag)) return body;
    reply.code(304);
    for (const name of ['content-length', 'content-type']) reply.removeHeader(name);
    return null;
  });

  // Not before: a description of the API has no database, and nothing is cached until requests come.
  app.addHook('onListen', async () => {
    await context.db.listen(
      CHANNEL,
      (payload) => {
        const [tenantId, tag] = payload.split(' ');
        stats.forgotten++;
        void context.cache.invalidate(`${tenantId} ${tag}`);
      },
      // Whatever was sent while nobody listened is not known.
      () => void context.cache.invalidate('*'),
    );
  });
  return stats;
}

export interface CacheStats {
  hits: number;
  misses: number;
  /** Notices from the database. */
  forgotten: number;
}

function isConditional(request: FastifyRequest, reply: FastifyReply): boolean {
  return (
    request.method === 'GET' &&
    request.url.startsWith('/api/') &&
    reply.statusCode === 200 &&
    !String(reply.getHeader('cache-control') ?? '').includes('no-store')
  );
}

function keyOf({ caller, url, headers }: FastifyRequest): string {
  const { tenantId, role, userId, kind } = caller;
  const shared = kind !== 'api-key' && (role === 'admin' || role === 'sysadmin');
  const reach = shared ? role : `${role} ${userId}`;
  const language = headers['accept-language'] ?? '';
  return `http ${tenantId} ${createHash('sha256').update([reach, language, url].join('\0')).digest('base64url')}`;
}

const ETAG_LENGTH = 24;

/** Of 22 characters of base64url, quoted. */
const etagOf = (body: Buffer): string =>
  `"${createHash('sha256')
    .update(body)
    .digest('base64url')
    .slice(0, ETAG_LENGTH - 2)}"`;

/** Weak comparison (RFC 9110 section 13.1.2): a list of tags, or `*`. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(etag));
}

interface Packed {
  etag: string;
  type: string;
  body: Buffer;
}

/** An entry: the tag and the type, a line each, and the body. */
function unpack(bytes: Buffer): Packed {
  const first = bytes.indexOf(10);
  const second = bytes.indexOf(10, first + 1);
  return {
    etag: bytes.toString('utf8', 0, first),
    type: bytes.toString('utf8', first + 1, second),
    body: bytes.subarray(second + 1),
  };
}
