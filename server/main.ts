import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Config, loadConfig } from '../config/index.ts';
import { projectRoot } from '../config/paths.ts';
import { loadSecrets } from '../config/secrets.ts';
import { workerEnvironment } from '../config/worker-env.ts';
import { buildApp } from './app.ts';
import { createBackups } from './backup/service.ts';
import { createCluster, shareEvents } from './cluster/cluster.ts';
import { type AppContext, type Clock, createEvents, systemClock } from './context.ts';
import { createCrypto } from './crypto.ts';
import type { EmbeddedPostgres } from './db/embedded.ts';
import { openConfiguredDatabase } from './db/open.ts';
import { createApiKeys } from './features/api-keys/verify.ts';
import { auditTransactions } from './features/audit/service.ts';
import { openAccessTokens } from './features/auth/tokens.ts';
import { createRecorder, type Recorder } from './features/recordings/recorder.ts';
import { createLive, type Live } from './features/sessions/live.ts';
import { createOrigins } from './features/tenants/origins.ts';
import { seedFirstTenant } from './features/tenants/seed.ts';
import type { App } from './http.ts';
import { wireBackground } from './jobs/wire.ts';
import { createLog } from './log.ts';
import { createFanOut } from './realtime/fan-out.ts';
import { createHub } from './realtime/hub.ts';
import { addedUpgrades, dispatchUpgrades } from './realtime/upgrades.ts';
import { openRedis } from './redis.ts';
import { createFeeds } from './streaming/feeds.ts';
import { createPublications } from './streaming/publications.ts';
import { createSfu } from './streaming/sfu/sfu.ts';
import { createSupervisor, type PipelineSupervisor } from './streaming/supervisor.ts';
import { createViewers } from './streaming/viewers.ts';

export interface RunningServer {
  /** Where it listens, without a slash at the end. */
  url: string;
  app: App;
  context: AppContext;
  /** Null with a Postgres of one's own. */
  postgres: EmbeddedPostgres | null;
  /** Set on the first start of an empty database, where no password was configured. */
  generatedPassword: string | null;
  close(): Promise<void>;
}

export interface Overrides {
  log?: Logger;
  clock?: Clock;
  supervisor?: PipelineSupervisor;
}

/** Builds everything in order and listens; whatever was built is disposed in reverse, also when a later step fails. */
export async function startServer(config: Config, overrides: Overrides = {}): Promise<RunningServer> {
  const log = overrides.log ?? createLog(config);
  const clock = overrides.clock ?? systemClock;
  const disposers: [name: string, dispose: () => Promise<unknown>][] = [];
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= disposeAll(disposers, log);
    return closing;
  };
  try {
    const secrets = await loadSecrets(config);
    if (secrets.origin === 'generated') {
      const say = config.env === 'production' ? 'warn' : 'info';
      log[say](
        { path: secrets.path },
        'a master key was generated; keep a copy, without it encrypted data is lost',
      );
    }
    const crypto = createCrypto(secrets.masterKey);
    const database = await openConfiguredDatabase(config, crypto, log);
    disposers.push(['database', database.close]);
    auditTransactions(database.db, clock);
    const supervisor =
      overrides.supervisor ??
      createSupervisor({
        entry: join(projectRoot, 'pipeline', 'main.ts'),
        workers: config.pipeline.workers,
        log: log.child({ part: 'pipeline' }),
        env: workerEnvironment(config),
      });
    disposers.push(['pipeline', () => supervisor.close()]);
    const sfu = createSfu(config.webrtc, log.child({ part: 'sfu' }));
    disposers.push(['media workers', () => sfu.close()]);
    const origins = createOrigins(database.db, [new URL(config.publicUrl).origin, ...config.corsOrigins]);
    const cluster = createCluster(database.db, log.child({ part: 'cluster' }));
    const hub = createHub({
      log,
      origins: origins.allows,
      peers: cluster.peers,
      fanOut: config.redisUrl === null ? null : createFanOut(config.redisUrl, log.child({ part: 'redis' })),
    });
    const context: AppContext = {
      config,
      log,
      clock,
      crypto,
      db: database.db,
      tokens: openAccessTokens(config, { db: database.db, crypto, clock, log }),
      apiKeys: createApiKeys({ db: database.db, clock }),
      origins,
      supervisor,
      sfu,
      publications: createPublications(supervisor, config.webrtc, log.child({ part: 'sfu' })),
      // Made of the others below.
      feeds: undefined as unknown as AppContext['feeds'],
      viewers: createViewers(config.webrtc.maxViewers),
      cluster,
      hub,
      // Made of the context itself, in the next line.
      live: undefined as unknown as Live,
      recorder: undefined as unknown as Recorder,
      redis: config.redisUrl === null ? null : openRedis(config.redisUrl, log.child({ part: 'redis' })),
      cache: undefined as unknown as AppContext['cache'],
      queue: undefined as unknown as AppContext['queue'],
      storage: undefined as unknown as AppContext['storage'],
      backups: createBackups(config, { owner: database.owner, crypto, clock, log }),
      outbox: undefined as unknown as AppContext['outbox'],
      schedule: undefined as unknown as AppContext['schedule'],
      retention: undefined as unknown as AppContext['retention'],
      events: createEvents(),
    };
    shareEvents(context.events, cluster.peers);
    disposers.push(['the other servers', () => leave(context)]);
    const background = wireBackground(context, database.connection, log);
    disposers.push(['cache and queue', background.dispose]);
    disposers.push(['publishers', async () => context.publications.close()]);
    context.live = createLive(context, hub);
    disposers.push(['live sessions', () => context.live.close()]);
    context.recorder = createRecorder(context);
    disposers.push(['recordings', () => context.recorder.close()]);
    context.feeds = createFeeds({
      ...{ sfu, supervisor, publications: context.publications, log: log.child({ part: 'sfu' }) },
      sessionOf: (streamId) => context.live.ofStream(streamId)?.id ?? null,
    });
    const seeded = await seedFirstTenant(context);

    const app = await buildApp(context);
    disposers.push(['sockets and requests', () => closeFront(app, () => hub.close())]);
    await app.ready();
    disposers.push(['jobs', background.stop]);
    await background.start();
    dispatchUpgrades(
      app.server,
      addedUpgrades(app.server, () => hub.attach(app.server)),
    );
    supervisor.start();
    await sfu.start();
    cluster.peers.start();
    context.live.start();
    const url = await app.listen({ host: config.host, port: config.port });
    return {
      url: url.replace(/\/$/, ''),
      app,
      context,
      postgres: database.embedded,
      generatedPassword: seeded?.generatedPassword ?? null,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Others take over what ran here. */
async function leave({ cluster: { leases, peers } }: AppContext): Promise<void> {
  try {
    await leases.leave();
    peers.tell('left', {});
  } finally {
    await peers.close();
  }
}

async function closeFront(app: App, closeSockets: () => Promise<void>): Promise<void> {
  // Both end the HTTP server, which waits for its last connection: half a request would hold it up for ever.
  const socketsClosed = closeSockets();
  app.server.closeAllConnections();
  await app.close();
  await socketsClosed;
}

async function disposeAll(disposers: [string, () => Promise<unknown>][], log: Logger): Promise<void> {
  for (const [name, dispose] of disposers.reverse()) {
    try {
      await dispose();
    } catch (error) {
      log.error({ err: error }, `closing failed: ${name}`);
    }
  }
}

/** `yoklama serve`: runs until SIGINT or SIGTERM; resolves with the process's exit code. */
export async function serve(): Promise<number> {
  let server: RunningServer;
  try {
    const config = loadConfig();
    server = await startServer(config);
    announce(server, config);
  } catch (error) {
    process.stderr.write(`yoklama cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve(name));
  });
  server.context.log.info({ signal }, 'shutting down');
  await server.close();
  return 0;
}

function announce(server: RunningServer, config: Config): void {
  const lines = [`yoklama is at ${server.url}`, `API documentation: ${server.url}/docs`];
  if (server.generatedPassword !== null) {
    lines.push(`First sign-in: ${config.seed.adminEmail} / ${server.generatedPassword} (shown only now)`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
