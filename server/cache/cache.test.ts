import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RedisServer, skipWithoutRedis, startRedis } from '../../tests/support/redis.ts';
import { openRedis, type Redis } from '../redis.ts';
import type { Cache } from './cache.ts';
import { createMemoryCache } from './memory.ts';
import { createRedisCache } from './redis.ts';

const log = pino({ level: 'silent' });
const bytes = (text: string) => [Buffer.from(text)];
const MINUTE = 60_000;

async function ready(redis: Redis): Promise<void> {
  await vi.waitFor(() => expect(redis.isUp()).toBe(true), { timeout: 10_000 });
}

describe.each([
  ['memory', false],
  ['redis', skipWithoutRedis('the cache on Redis')],
] as const)('the cache in %s', (kind, skipped) => {
  describe.skipIf(skipped)('', () => {
    let cache: Cache;
    let close: () => Promise<void> = async () => undefined;

    beforeAll(async () => {
      if (kind === 'memory') {
        cache = createMemoryCache();
        return;
      }
      const server = await startRedis();
      const redis = openRedis(server.url, log);
      await ready(redis);
      cache = createRedisCache(redis, log);
      close = async () => {
        await redis.close();
        await server.close();
      };
    });
    afterAll(() => close());

    it('answers with the bytes that were kept, and with nothing otherwise', async () => {
      const value = Buffer.from([0, 1, 2, 255, 254, 10, 13]);
      expect(await cache.get('none')).toBeNull();
      await cache.set('some', [value.subarray(0, 3), value.subarray(3)], { ttlMs: MINUTE, tags: ['a'] });
      expect(await cache.get('some')).toEqual(value);
      await cache.set('some', bytes('newer'), { ttlMs: MINUTE, tags: [] });
      expect((await cache.get('some'))!.toString()).toBe('newer');
    });

    it('forgets by any of its tags, and nothing else', async () => {
      await cache.set('one', bytes('1'), { ttlMs: MINUTE, tags: ['course:1', 'attendance'] });
      await cache.set('two', bytes('2'), { ttlMs: MINUTE, tags: ['course:2', 'attendance'] });
      await cache.set('three', bytes('3'), { ttlMs: MINUTE, tags: ['course:3'] });
      await cache.invalidate('course:1');
      expect(await cache.get('one')).toBeNull();
      expect(await cache.get('two')).not.toBeNull();
      await cache.invalidate('attendance', 'nothing');
      expect(await cache.get('two')).toBeNull();
      expect(await cache.get('three')).not.toBeNull();
      await cache.set('one', bytes('again'), { ttlMs: MINUTE, tags: ['course:1', 'attendance'] });
      expect((await cache.get('one'))!.toString()).toBe('again');
    });

    it('keeps the tags of an overwritten entry apart from the new one’s', async () => {
      await cache.set('key', bytes('old'), { ttlMs: MINUTE, tags: ['old'] });
      await cache.set('key', bytes('new'), { ttlMs: MINUTE, tags: ['new'] });
      await cache.invalidate('old');
      expect((await cache.get('key'))!.toString()).toBe('new');
      await cache.invalidate('new');
      expect(await cache.get('key')).toBeNull();
    });

    it('forgets by age', async () => {
      await cache.set('short', bytes('x'), { ttlMs: 40, tags: [] });
      await vi.waitFor(async () => expect(await cache.get('short')).toBeNull(), {
        timeout: 5000,
        interval: 20,
      });
      await cache.set('never', bytes('x'), { ttlMs: 0, tags: [] });
      expect(await cache.get('never')).toBeNull();
    });

    it('does not keep what was invalidated while it was being read', async () => {
      const mark = await cache.mark(['race']);
      await cache.invalidate('race');
      await cache.set('stale', bytes('old'), { ttlMs: MINUTE, tags: ['race'], mark });
      expect(await cache.get('stale')).toBeNull();
      const later = await cache.mark(['race']);
      await cache.set('stale', bytes('new'), { ttlMs: MINUTE, tags: ['race'], mark: later });
      expect((await cache.get('stale'))!.toString()).toBe('new');
    });
  });
});

describe('the cache in memory', () => {
  it('is bounded in bytes; the oldest goes first, and none is too large', async () => {
    const cache = createMemoryCache({ maxBytes: 100_000 });
    const value = Buffer.alloc(20_000);
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const key of keys) await cache.set(key, [value], { ttlMs: MINUTE, tags: ['t', key] });
    const held = async () => {
      const found = await Promise.all(keys.map((key) => cache.get(key)));
      return keys.filter((_, at) => found[at] !== null).join('');
    };
    expect(await held()).toBe('cdefg');
    await cache.set('huge', [Buffer.alloc(60_000)], { ttlMs: MINUTE, tags: ['t'] });
    expect(await cache.get('huge')).toBeNull();
    await cache.invalidate('d', 'f');
    expect(await held()).toBe('ceg');
    await cache.set('b', [value], { ttlMs: MINUTE, tags: ['b'] });
    expect(await held()).toBe('beg');
    await cache.invalidate('t');
    expect(await held()).toBe('b');
  });

  it('gives a copy: what is being sent is not written over', async () => {
    const cache = createMemoryCache({ maxBytes: 1000 });
    await cache.set('a', bytes('a'.repeat(200)), { ttlMs: MINUTE, tags: [] });
    const sending = (await cache.get('a'))!;
    for (let at = 0; at < 10; at++)
      await cache.set(`b${at}`, bytes('b'.repeat(200)), { ttlMs: MINUTE, tags: [] });
    expect(sending.toString()).toBe('a'.repeat(200));
    expect(await cache.get('a')).toBeNull();
  });
});

describe.skipIf(skipWithoutRedis('the cache while Redis is away'))('the cache while Redis is away', () => {
  it('is empty, never fails, and works when Redis is back; servers share it', async () => {
    const server: RedisServer = await startRedis();
    const [first, second] = [openRedis(server.url, log), openRedis(server.url, log)];
    try {
      await ready(first);
      await ready(second);
      const here = createRedisCache(first, log);
      const there = createRedisCache(second, log);
      await here.set('shared', bytes('x'), { ttlMs: MINUTE, tags: ['t'] });
      await here.set('kept', bytes('x'), { ttlMs: MINUTE, tags: ['u'] });
      await here.set('other', bytes('x'), { ttlMs: MINUTE, tags: ['v'] });
      expect((await there.get('shared'))!.toString()).toBe('x');
      await there.invalidate('t');
      expect(await here.get('shared')).toBeNull();

      await server.kill();
      expect(await here.get('shared')).toBeNull();
      await here.set('shared', bytes('y'), { ttlMs: MINUTE, tags: ['t'], mark: await here.mark(['t']) });
      await here.invalidate('u');
      await server.start();
      await ready(first);
      // Redis had kept it, and did not hear that it was invalidated.
      expect(await here.get('kept')).toBeNull();
      expect(await here.get('other')).not.toBeNull();
      await here.set('shared', bytes('z'), { ttlMs: MINUTE, tags: ['t'] });
      expect((await here.get('shared'))!.toString()).toBe('z');
    } finally {
      await first.close();
      await second.close();
      await server.close();
    }
  });
});
