import { LRUCache } from 'lru-cache';
import { REDIS_PREFIX, type Redis } from '../redis.ts';

export interface Window {
  /** Requests in the present window, this one included. */
  current: number;
  /** Milliseconds to its end. */
  ttl: number;
}

/** Addresses and callers that one server remembers; who is pushed out starts anew. */
const MAX_KEYS = 20_000;
const COUNT = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) left = tonumber(ARGV[1]) end
return { count, left }`;

/**
 * Counts requests by fixed windows: in Redis where there is one, so that the limits hold for all servers together; in
 * this process otherwise, and while Redis is away. Time is what has passed, not the clock: setting that back must not
 * hold anybody up.
 */
export function createRateWindows(
  redis: () => Redis | null,
): (key: string, windowMs: number) => Promise<Window> {
  const local = new LRUCache<string, { current: number; endsAt: number }>({ max: MAX_KEYS });

  function countHere(key: string, windowMs: number): Window {
    const now = performance.now();
    const held = local.get(key);
    if (!held || held.endsAt <= now) {
      local.set(key, { current: 1, endsAt: now + windowMs });
      return { current: 1, ttl: windowMs };
    }
    held.current += 1;
    return { current: held.current, ttl: held.endsAt - now };
  }

  return async (key, windowMs) => {
    const shared = redis();
    if (!shared?.isUp()) return countHere(key, windowMs);
    try {
      const answer = await shared.ask(() =>
        shared.client.eval(COUNT, {
          keys: [`${REDIS_PREFIX}rate:${key}`],
          arguments: [String(windowMs)],
        }),
      );
      const [current, ttl] = answer as unknown as [number, number];
      return { current: Number(current), ttl: Number(ttl) };
    } catch {
      return countHere(key, windowMs);
    }
  };
}

type Counted = (error: Error | null, result?: Window) => void;

/** The same in the shape that @fastify/rate-limit asks for: a class, with a child for each route that has its own limit. */
export function rateStore(redis: () => Redis | null) {
  const count = createRateWindows(redis);
  return class RateStore {
    private readonly name: string;

    constructor(options: object) {
      const { method = '', url = '' } =
        (options as { routeInfo?: { method?: unknown; url?: unknown } }).routeInfo ?? {};
      this.name = `${String(method)}${String(url)}`;
    }

    incr(key: string, done: Counted, windowMs: number): void {
      count(`${this.name}:${key}`, windowMs).then((result) => done(null, result), done);
    }

    child(options: object): RateStore {
      return new RateStore(options);
    }
  };
}
