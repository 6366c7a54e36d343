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
  /** Whether commands can be sent now, and are answered. */
  isUp(): boolean;
  /**
   * The answer to commands; rejects where Redis is away, and soon where it does not answer. From then on it counts as
   * away until it has answered to a `PING`, so that a Redis that hangs holds up one request and not all.
   */
  ask<T>(work: () => Promise<T>): Promise<T>;
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

const DEADLINE_MS = 500;
const PROBE_MS = 500;

/** Connects in the background: a server starts without Redis, too. */
export function openRedis(url: string, log: Logger): Redis {
  const client = make(url, false);
  const listeners: (() => void)[] = [];
  let away = false;
  let hanging = false;
  client.on('error', (error: Error) => {
    if (!away) log.warn({ err: error }, 'Redis cannot be reached; going on without, and trying again');
    away = true;
  });
  client.on('ready', () => {
    if (away) log.info('Redis is back');
    away = false;
    if (!hanging) tellUp();
  });
  const tellUp = () => {
    for (const listener of listeners) listener();
  };
  const isUp = () => client.isReady && !hanging;

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    if (!isUp()) throw new Error('Redis is away.');
    return inTime(work());
  }

  async function inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        if (!hanging) void probe();
        reject(new Error(`Redis did not answer in ${DEADLINE_MS} ms.`));
      }, DEADLINE_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for an answer, however long it takes; one that was lost with its connection is asked for again. */
  async function probe(): Promise<void> {
    hanging = true;
    log.warn('Redis does not answer; going on without');
    while (client.isOpen) {
      const answered = client.isReady && (await client.ping().catch(() => null)) !== null;
      if (answered) break;
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS).unref());
    }
    hanging = false;
    if (!client.isReady) return;
    log.info('Redis answers again');
    tellUp();
  }
  void client.connect().catch((error) => log.debug({ err: error }, 'the connection to Redis was given up'));
  return {
    client,
    bytes: bytesOf(client),
    isUp,
    ask,
    async ping() {
      await ask(() => client.ping());
    },
    onUp(listener) {
      listeners.push(listener);
      if (isUp()) listener();
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
