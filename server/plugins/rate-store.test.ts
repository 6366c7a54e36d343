import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, skipWithoutRedis, startRedis } from '../../tests/support/redis.ts';
import { openRedis, type Redis } from '../redis.ts';
import { createRateWindows } from './rate-store.ts';

describe('rate windows of one server', () => {
  it('count each key by itself, and start anew when the window is over', async () => {
    const count = createRateWindows(() => null);
    expect((await count('a', 60)).current).toBe(1);
    expect((await count('a', 60)).current).toBe(2);
    expect((await count('b', 60)).current).toBe(1);
    const { ttl } = await count('a', 60);
    expect(ttl).toBeLessThanOrEqual(60);
    await new Promise((resolve) => setTimeout(resolve, ttl + 5));
    expect((await count('a', 60)).current).toBe(1);
  });
});

describe.skipIf(skipWithoutRedis('rate windows in Redis'))('rate windows in Redis', () => {
  let server: RedisServer;
  const connections: Redis[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const redis of connections) await redis.close();
    await server?.close();
  });
  const connect = async () => {
    const redis = openRedis(server.url, pino({ level: 'silent' }));
    connections.push(redis);
    await new Promise<void>((resolve) => redis.onUp(resolve));
    return redis;
  };

  it('are shared by all servers, and go on in each while Redis is away', async () => {
    const [one, two] = [await connect(), await connect()];
    const [first, second] = [createRateWindows(() => one), createRateWindows(() => two)];
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? first : second)('shared', 60_000)),
    );
    expect(counts.map(({ current }) => current).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    expect(Math.max(...counts.map(({ ttl }) => ttl))).toBeLessThanOrEqual(60_000);
    await server.kill();
    expect((await first('shared', 60_000)).current).toBe(1);
    expect((await first('shared', 60_000)).current).toBe(2);
  });
});
