import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { REDIS_PREFIX, type Redis } from '../redis.ts';
import { type Cache, MAX_TTL_MS } from './cache.ts';

/** Invalidations that are held while Redis is away; with more of them everything is invalidated. */
const MAX_HELD = 1000;
/** A tag of every entry. */
const EVERYTHING = '*';
/** Larger answers are not worth their way over the network. */
const MAX_ENTRY = 4 * 1024 * 1024;

/**
 * In Redis, for all servers. A tag has a version, and an entry remembers the versions of its tags: to invalidate a tag
 * is to give it another version, and an entry of an older one does not count. Versions are random and live longer
 * than entries, so one that Redis has forgotten never comes back.
 */
export function createRedisCache(redis: Redis, log: Logger): Cache {
  const entryKey = (key: string) => `${REDIS_PREFIX}cache:${key}`;
  const tagKey = (tag: string) => `${REDIS_PREFIX}tag:${tag}`;

  async function versions(tags: readonly string[]): Promise<string> {
    const found = await redis.client.mGet([EVERYTHING, ...tags].map(tagKey));
    return found.map((version) => version ?? '').join(',');
  }

  /** A failure is a miss, and so is an answer that takes longer than the database would. */
  async function attempt<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    if (!redis.isUp()) return otherwise;
    try {
      return await redis.ask(work);
    } catch (error) {
      log.debug({ err: error }, 'the cache did not answer');
      return otherwise;
    }
  }

  const held = new Set<string>();

  async function forget(tags: readonly string[]): Promise<true> {
    const version = randomBytes(9).toString('base64url');
    const expiration = { type: 'PX', value: 2 * MAX_TTL_MS } as const;
    await Promise.all(tags.map((tag) => redis.client.set(tagKey(tag), version, { expiration })));
    return true;
  }

  async function forgetHeld(): Promise<void> {
    const tags = held.size > MAX_HELD ? [EVERYTHING] : [...held];
    if (tags.length === 0 || !(await attempt(() => forget(tags), false))) return;
    if (tags[0] === EVERYTHING) held.clear();
    else for (const tag of tags) held.delete(tag);
  }
  redis.onUp(() => void forgetHeld());

  return {
    kind: 'redis',
    get: (key) =>
      attempt(async () => {
        if (held.size > 0) await forgetHeld();
        if (held.size > 0) return null;
        const kept = await redis.bytes.get(entryKey(key));
        if (kept === null) return null;
        const length = kept.readUInt32BE(0);
        const { tags, mark } = JSON.parse(kept.toString('utf8', 4, 4 + length)) as {
          tags: string[];
          mark: string;
        };
        return (await versions(tags)) === mark ? kept.subarray(4 + length) : null;
      }, null),
    mark: (tags) => attempt(() => versions(tags), '!'),
    set: (key, parts, { ttlMs, tags, mark }) =>
      attempt(async () => {
        const length = parts.reduce((sum, part) => sum + part.length, 0);
        if (!(ttlMs >= 1) || length > MAX_ENTRY || mark === '!') return;
        const head = Buffer.from(JSON.stringify({ tags, mark: mark ?? (await versions(tags)) }));
        const size = Buffer.alloc(4);
        size.writeUInt32BE(head.length);
        const PX = Math.min(Math.ceil(ttlMs), MAX_TTL_MS);
        await redis.client.set(entryKey(key), Buffer.concat([size, head, ...parts]), {
          expiration: { type: 'PX', value: PX },
        });
      }, undefined),
    async invalidate(...tags) {
      if (tags.length === 0 || (await attempt(() => forget(tags), false))) return;
      for (const tag of tags) if (held.size <= MAX_HELD) held.add(tag);
    },
    ping: () => redis.ping(),
    close: async () => undefined,
  };
}
