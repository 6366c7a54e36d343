import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import type { Backups } from './backup/service.ts';
import type { Cache } from './cache/cache.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Crypto } from './crypto.ts';
import type { Database } from './db/client.ts';
import type { ApiKeys } from './features/api-keys/verify.ts';
import type { AccessTokens } from './features/auth/tokens.ts';
import type { Recorder } from './features/recordings/recorder.ts';
import type { Live } from './features/sessions/live.ts';
import type { Origins } from './features/tenants/origins.ts';
import type { JobQueue } from './jobs/queue.ts';
import type { OutboxRelay } from './jobs/relay.ts';
import type { Retention } from './jobs/retention.ts';
import type { Schedule } from './jobs/schedule.ts';
import type { Hub } from './realtime/hub.ts';
import type { Redis } from './redis.ts';
import type { Storage } from './storage/storage.ts';
import type { Feeds } from './streaming/feeds.ts';
import type { Publications } from './streaming/publications.ts';
import type { Sfu } from './streaming/sfu/sfu.ts';
import type { PipelineSupervisor } from './streaming/supervisor.ts';
import type { Viewers } from './streaming/viewers.ts';

/** Everything that features need, built once in main.ts, passed down, disposed in reverse order. */
export interface AppContext {
  config: Config;
  log: Logger;
  clock: Clock;
  crypto: Crypto;
  db: Database;
  tokens: AccessTokens;
  apiKeys: ApiKeys;
  /** Web pages that may call from a browser. */
  origins: Origins;
  supervisor: PipelineSupervisor;
  /** Browsers' and encoders' video in, and out to viewers. */
  sfu: Sfu;
  /** What is published into the pipeline now. */
  publications: Publications;
  /** Streams' video for viewers and recordings. */
  feeds: Feeds;
  /** Who watches them. */
  viewers: Viewers;
  /** This server among others on the same database. */
  cluster: Cluster;
  /** Messages to the sockets of `/live`. */
  hub: Hub;
  /** The open sessions of this server. */
  live: Live;
  /** What is recorded of the open sessions. */
  recorder: Recorder;
  /** Null: everything stays in this process and the database. */
  redis: Redis | null;
  cache: Cache;
  queue: JobQueue;
  /** Consumers of what transactions announce. */
  outbox: OutboxRelay;
  schedule: Schedule;
  retention: Retention;
  storage: Storage;
  backups: Backups;
  /** What one feature tells the others; see `DomainEvents`. */
  events: EventEmitter<DomainEvents>;
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/**
 * Sent after the transaction that made it so. Live sessions listen, so that a student enrolled in mid-session is
 * recognised from then on, and one who withdraws consent no longer is.
 */
export interface DomainEvents {
  /** Templates or consent of a student changed: galleries with them are out of date. */
  'gallery:changed': [change: { tenantId: string; studentId: string }];
  /** Students were added to or removed from a course. */
  'roster:changed': [change: { tenantId: string; courseId: string; studentIds: string[] }];
  /** A student's name or number changed. */
  'student:changed': [change: { tenantId: string; studentId: string }];
  /** A student and all that was kept about them are gone. */
  'student:erased': [change: { tenantId: string; studentId: string }];
}

export function createEvents(): EventEmitter<DomainEvents> {
  return new EventEmitter<DomainEvents>().setMaxListeners(100);
}

/**
 * A context to describe the API with: routes can be registered on it, none can be called. Any use of the database,
 * the pipeline or a key throws.
 */
export function documentContext(config: Config, log: Logger): AppContext {
  const absent = (name: string) =>
    new Proxy(
      {},
      {
        get() {
          throw new Error(`There is no ${name} while the API is only described.`);
        },
      },
    );
  const silent = (name: string, ...methods: string[]) =>
    Object.setPrototypeOf(
      Object.fromEntries(methods.map((method) => [method, () => undefined])),
      absent(name),
    );
  return {
    config,
    log,
    clock: systemClock,
    crypto: absent('key') as Crypto,
    db: absent('database') as Database,
    tokens: absent('key') as AccessTokens,
    apiKeys: absent('key') as ApiKeys,
    origins: absent('origin') as Origins,
    supervisor: absent('pipeline') as PipelineSupervisor,
    // A feature listens where it registers its routes.
    sfu: Object.setPrototypeOf({ events: new EventEmitter() }, absent('sfu')) as Sfu,
    publications: absent('publications') as Publications,
    feeds: absent('feeds') as Feeds,
    viewers: absent('viewers') as Viewers,
    cluster: absent('cluster') as Cluster,
    hub: absent('hub') as Hub,
    live: absent('session') as Live,
    recorder: absent('recorder') as Recorder,
    redis: null,
    cache: absent('cache') as Cache,
    // Features say what they do with jobs and events where they register their routes.
    queue: silent('queue', 'define') as JobQueue,
    outbox: silent('outbox', 'on', 'onAny') as OutboxRelay,
    schedule: silent('schedule', 'daily', 'machine') as Schedule,
    retention: silent('retention', 'register') as Retention,
    storage: absent('storage') as Storage,
    backups: absent('backup') as Backups,
    events: createEvents(),
  };
}
