import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { Connection } from './client.ts';
import { locateBinaries } from './embedded/binaries.ts';
import { chooseLocation } from './embedded/location.ts';
import { clearPostmaster, lockDataDir } from './embedded/lock.ts';
import { initialise, OWNER, PORT, type Postmaster, startPostmaster } from './embedded/postmaster.ts';
import { ended, pause, sendSignal } from './embedded/processes.ts';
import { runAs } from './embedded/runner.ts';

/** A real Postgres in the data directory, kept running for as long as the server runs, reachable by its socket only. */
export interface EmbeddedPostgres {
  /** As the owner of the cluster, for migrations; `database` need not exist yet. */
  owner(database: string): Connection;
  as(user: string, password: string, database: string): Connection;
  /** Of the postmaster; null while it is down. */
  pid(): number | null;
  /** Where the data is, which is not always inside the data directory. */
  readonly data: string;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  log: Logger;
  maxConnections?: number;
  /** Pauses between attempts to start it again. */
  backoff?: { firstMs: number; longestMs: number };
  /** Instead of /var/lib/yoklama. */
  systemFolder?: string;
}

export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  const backoff = options.backoff ?? { firstMs: 100, longestMs: 5000 };
  const as = runAs();
  const binaries = await locateBinaries(as, options.systemFolder);
  const location = await chooseLocation(dataDir, as, options.systemFolder);
  if (location.movedBecause)
    log.warn({ data: location.data }, `the database is kept elsewhere: ${location.movedBecause}`);
  const unlock = await lockDataDir(dataDir);
  const release = async () => {
    if (location.socketDirIsTemporary) await rm(location.socketDir, { recursive: true, force: true });
    await unlock();
  };

  let current: Postmaster | null = null;
  let stopping = false;
  let settled: Promise<void> = Promise.resolve();

  const launch = async (): Promise<Postmaster> => {
    await clearPostmaster(location.data, log);
    const maxConnections = options.maxConnections ?? 60;
    const started = await startPostmaster({ binaries, location, as, log, maxConnections });
    log.debug({ pid: started.pid, data: location.data }, 'postgres is up');
    return started;
  };

  /** Starts it again for as long as it takes: queries fail meanwhile and succeed afterwards. */
  const keepUp = async (): Promise<void> => {
    for (let wait = backoff.firstMs; !stopping; ) {
      if (current) {
        const startedAt = Date.now();
        const code = await current.exited;
        current = null;
        if (stopping) return;
        log.error({ code }, 'postgres ended; starting it again');
        if (Date.now() - startedAt > 10_000) wait = backoff.firstMs;
      }
      await pause(wait);
      wait = Math.min(wait * 2, backoff.longestMs);
      if (stopping) return;
      try {
        current = await launch();
        log.info({ pid: current.pid }, 'postgres is back');
      } catch (error) {
        log.error({ err: error }, 'postgres could not be started again; trying on');
      }
    }
  };

  let password: string;
  try {
    password = await ownerPassword(dataDir);
    await initialise({ binaries, location, as, password });
    current = await firstLaunch(launch, log);
  } catch (error) {
    await release();
    throw error;
  }
  settled = keepUp();

  return {
    data: location.data,
    owner: (database) => connection(OWNER, password, database),
    as: connection,
    pid: () => current?.pid ?? null,
    async stop() {
      if (stopping) return settled;
      stopping = true;
      const running = current;
      running?.stop();
      if (running && !(await ended(running.pid, 20_000))) sendSignal(running.pid, 'SIGQUIT');
      await settled;
      // A start that was under way when we were asked to stop.
      const late = current;
      if (late && late !== running) {
        late.stop();
        await late.exited;
      }
      await release();
    },
  };

  function connection(user: string, secret: string, database: string): Connection {
    return { socketDir: location.socketDir, port: PORT, database, user, password: secret };
  }
}

/** Processes of a killed Postgres hold its shared memory for a moment longer. */
async function firstLaunch(launch: () => Promise<Postmaster>, log: Logger): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch();
    } catch (error) {
      const passing = /shared memory block|lock file|has just started/.test((error as Error).message);
      if (!passing || attempt === 20) throw error;
      log.info('processes of an earlier Postgres are still ending; trying again');
      await pause(500);
    }
  }
}

async function ownerPassword(dataDir: string): Promise<string> {
  const path = join(dataDir, 'secrets', 'postgres-owner');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  await writeFile(path, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}
