import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { commandOf, ended, isAlive, sendSignal, startOf } from './processes.ts';

/** Two servers on one data directory would stop each other's Postgres. Returns what gives the lock back. */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'server.lock');
  const mine = JSON.stringify({ pid: process.pid, start: startOf(process.pid) });
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await writeFile(path, mine, { flag: 'wx', mode: 0o600 });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder && isAlive(holder.pid) && startOf(holder.pid) === holder.start) {
      throw new Error(
        `Another server (process ${holder.pid}) is using the data directory ${dataDir}. Stop it, or set DATA_DIR.`,
      );
    }
    await rm(path, { force: true });
  }
  throw new Error(`The lock ${path} cannot be taken.`);
}

async function readHolder(path: string): Promise<{ pid: number; start: string | null } | null> {
  try {
    const read = JSON.parse(await readFile(path, 'utf8')) as { pid?: unknown; start?: unknown };
    if (typeof read.pid !== 'number') return null;
    return { pid: read.pid, start: typeof read.start === 'string' ? read.start : null };
  } catch {
    return null;
  }
}

/**
 * Makes sure that no Postgres runs on a data directory whose server is gone: one that is still shutting down is waited
 * for, an orphan is stopped, and the lock file of one that was killed is removed, even if its process id now belongs
 * to somebody else.
 */
export async function clearPostmaster(data: string, log: Logger): Promise<void> {
  const path = join(data, 'postmaster.pid');
  let pid: number;
  try {
    pid = Math.abs(Number((await readFile(path, 'utf8')).split('\n')[0]));
  } catch {
    return;
  }
  if (Number.isInteger(pid) && pid > 1 && isPostmasterOf(pid, data)) {
    log.info({ pid }, 'a Postgres of an earlier server is still running; stopping it');
    sendSignal(pid, 'SIGINT');
    if (!(await ended(pid, 10_000))) {
      log.warn({ pid }, 'it did not stop in time; stopping it at once, its log is replayed at the start');
      sendSignal(pid, 'SIGQUIT');
      if (!(await ended(pid, 10_000))) {
        throw new Error(`A Postgres (process ${pid}) that does not stop is using ${data}.`);
      }
    }
    return clearFile(path, data);
  }
  log.info({ pid }, 'removing the lock of a Postgres that was killed');
  await clearFile(path, data);
}

async function clearFile(path: string, data: string): Promise<void> {
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).split('\n')[0]);
  if (pid > 1 && isPostmasterOf(pid, data))
    throw new Error(`A Postgres (process ${pid}) has just started in ${data}.`);
  await rm(path, { force: true });
}

function isPostmasterOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false;
  const command = commandOf(pid);
  return command !== null && /postgres/.test(command) && ` ${command} `.includes(` -D ${data} `);
}
