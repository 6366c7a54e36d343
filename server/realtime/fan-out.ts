import { setTimeout as pause } from 'node:timers/promises';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Logger } from 'pino';
import { openRedisConnection, REDIS_PREFIX, type RedisClient } from '../redis.ts';

/** How messages for the sockets of other servers get there: over a stream and a channel of Redis. */
export interface FanOut {
  adapter: ReturnType<typeof createAdapter>;
  /** Whether what may be dropped should be sent at all. */
  keepsUp(): boolean;
  close(): void;
}

/** Messages of the stream that a server which lost its connection for a moment catches up with. */
const KEPT_MESSAGES = 5000;
/** Channel messages under way: with a Redis that hangs, pictures would fill the memory. */
const MOST_UNDER_WAY = 64;
const RETRY_MS = 250;

export function createFanOut(url: string, log: Logger): FanOut {
  const opened: RedisClient[] = [];
  let underWay = 0;
  let closed = false;

  /**
   * The adapter leaves promises of its commands alone and asks again at once when a read fails: a Redis that goes away
   * would end the process or keep it busy. Here they end quietly, and a failed read waits.
   */
  function careful(client: RedisClient): RedisClient {
    opened.push(client);
    const quiet = {
      duplicate: () => careful(client.duplicate() as RedisClient),
      connect: () => client.connect().catch(() => undefined),
      // Ended by `close`, which does not wait for a Redis that is away.
      disconnect: async () => undefined,
      subscribe: (...given: Parameters<RedisClient['subscribe']>) =>
        client
          .subscribe(...given)
          .catch((error) => log.debug({ err: error }, 'messages of other servers are not heard yet')),
      async publish(...given: Parameters<RedisClient['publish']>) {
        if (underWay >= MOST_UNDER_WAY) return 0;
        underWay += 1;
        try {
          return await client.publish(...given);
        } catch {
          return 0;
        } finally {
          underWay -= 1;
        }
      },
      async xRead(...given: Parameters<RedisClient['xRead']>) {
        try {
          if (!closed) return await client.xRead(...given);
        } catch (error) {
          log.debug({ err: error }, 'messages of other servers cannot be read now');
        }
        await pause(RETRY_MS, undefined, { ref: false });
        return null;
      },
    };
    return new Proxy(client, {
      get(target, name) {
        if (Object.hasOwn(quiet, name)) return quiet[name as keyof typeof quiet];
        const found: unknown = Reflect.get(target, name, target);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  }

  const client = openRedisConnection(url, log);
  return {
    adapter: createAdapter(careful(client), {
      streamName: `${REDIS_PREFIX}live`,
      channelPrefix: `${REDIS_PREFIX}live`,
      maxLen: KEPT_MESSAGES,
    }),
    keepsUp: () => client.isReady && underWay < MOST_UNDER_WAY,
    close() {
      closed = true;
      for (const connection of opened) connection.destroy();
    },
  };
}
