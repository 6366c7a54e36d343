import { LRUCache } from 'lru-cache';
import { type Cache, MAX_TTL_MS } from './cache.ts';
import { createRing } from './ring.ts';

const MAX_BYTES = 64 * 1024 * 1024;
/** Half a kilobyte each, for keys and tags, besides their bytes. */
const MAX_ENTRIES = 20_000;
/** Invalidations that are remembered for entries under way; older marks count as out of date. */
const REMEMBERED_TAGS = 20_000;

/** In this process: bounded in bytes and in entries, the oldest goes first. */
export function createMemoryCache(options: { maxBytes?: number } = {}): Cache {
  const byTag = new Map<string, Set<string>>();
  const bytes = createRing(options.maxBytes ?? MAX_BYTES, (key) => entries.delete(key));
  const entries = new LRUCache<string, { tags: readonly string[] }>({
    max: MAX_ENTRIES,
    ttlAutopurge: false,
    dispose: ({ tags }, key) => {
      bytes.delete(key);
      for (const tag of tags) {
        const keys = byTag.get(tag);
        keys?.delete(key);
        if (keys?.size === 0) byTag.delete(tag);
      }
    },
  });

  let moment = 0;
  /** Marks before this one may have missed an invalidation that is no longer remembered. */
  let forgottenUntil = 0;
  const invalidated = new LRUCache<string, number>({
    max: REMEMBERED_TAGS,
    dispose: (at, _tag, reason) => {
      if (reason === 'evict') forgottenUntil = Math.max(forgottenUntil, at);
    },
  });

  return {
    kind: 'memory',
    get: async (key) => (entries.get(key) ? bytes.get(key) : null),
    mark: async () => String(moment),
    async set(key, parts, { ttlMs, tags, mark }) {
      if (!(ttlMs >= 1)) return;
      if (mark !== undefined) {
        const taken = Number(mark);
        if (taken < forgottenUntil || tags.some((tag) => (invalidated.peek(tag) ?? 0) > taken)) return;
      }
      // The old entry's tags leave the index first: `dispose` of an overwritten entry would take the new one's along.
      entries.delete(key);
      if (!bytes.put(key, parts)) return;
      entries.set(key, { tags }, { ttl: Math.min(ttlMs, MAX_TTL_MS) });
      for (const tag of tags) {
        const keys = byTag.get(tag);
        if (keys) keys.add(key);
        else byTag.set(tag, new Set([key]));
      }
    },
    async invalidate(...tags) {
      moment += 1;
      for (const tag of tags) {
        invalidated.set(tag, moment);
        for (const key of [...(byTag.get(tag) ?? [])]) entries.delete(key);
      }
    },
    async close() {
      entries.clear();
      byTag.clear();
      bytes.clear();
    },
  };
}
