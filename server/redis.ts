import type { Logger } from 'pino';
import { createClient, RESP_TYPES } from 'redis';

/**
 * The connection to Redis that cache, rate limits and sockets share. It comes back by itself however long Redis is
 * away; until then every command rejects at once, and whoever sent it does without.
 */
export interface Redis {
  /** Answers with strings. */
  readonly client: RedisClient;
  /** The same connection, answering with bytes. */
  readonly bytes: ReturnType<typeof bytesOf>;
  /** Whether commands can be sent now. */
  isUp(): boolean;
  /** Rejects where Redis does not answer. */
  ping(): Promise<void>;
  /** Called every time that the connection is there (again). */
  onUp(listener: () => void): void;
  close(): Promise<void>;
}

export type RedisClient = ReturnType<typeof make>;

/** Before every key and channel of ours. */
export const REDIS_PREFIX = 'yoklama:';
/** Pause before the n-th attempt to connect. */
export const reconnectAfterMs = (attempt: number): number => Math.min(100 * 2 ** Math.min(attempt, 10), 3000);

function make(url: string, offlineQueue: boolean) {
  return createClient({
    url,
    disableOfflineQueue: !offlineQueue,
    commandsQueueMaxLength: 10_000,
    pingInterval: 20_000,
    socket: { connectTimeout: 5000, reconnectStrategy: reconnectAfterMs },
  });
}

const bytesOf = (client: RedisClient) => client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

/** Connects in the background: a server starts without Redis, too. */
export function openRedis(url: string, log: Logger): Redis {
  const client = make(url, false);
  const listeners: (() => void)[] = [];
  let away = false;
  client.on('error', (error: Error) => {
    if (!away) log.warn({ err: error }, 'Redis cannot be reached; going on without, and trying again');
    away = true;
  });
  client.on('ready', () => {
    if (away) log.info('Redis is back');
    away = false;
    for (const listener of listeners) listener();
  });
  void client.connect().catch((error) => log.debug({ err: error }, 'the connection to Redis was given up'));
  return {
    client,
    bytes: bytesOf(client),
    isUp: () => client.isReady,
    async ping() {
      await client.ping();
    },
    onUp(listener) {
      listeners.push(listener);
      if (client.isReady) listener();
    },
    async close() {
      client.destroy();
    },
  };
}

/** A connection of one's own, for what blocks it or subscribes; commands wait while Redis is away. */
export function openRedisConnection(url: string, log: Logger): RedisClient {
  const client = make(url, true);
  client.on('error', (error: Error) => log.debug({ err: error }, 'a connection to Redis'));
  void client.connect().catch(() => undefined);
  return client;
}
