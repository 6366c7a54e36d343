import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../config/paths.ts';
import { openSql } from './client.ts';
import { ended, isAlive, pause, sendSignal } from './embedded/processes.ts';
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { isDatabaseUnavailable } from './problems.ts';

const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
let folder = '';
let dataDir = '';
const running = new Set<EmbeddedPostgres>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yoklama-pg-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});
afterEach(async () => {
  for (const postgres of running) await postgres.stop();
  running.clear();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const backoff = { firstMs: 20, longestMs: 200 };
  const postgres = await startEmbeddedPostgres({ dataDir, log, backoff, ...options });
  running.add(postgres);
  return postgres;
}

async function query(postgres: EmbeddedPostgres, text: string): Promise<Record<string, unknown>[]> {
  const sql = openSql(postgres.owner('postgres'), { pool: 1, log });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A process that starts Postgres, writes rows, says so, and waits to be killed. */
async function startInProcess(): Promise<{ pid: number; postmaster: number; kill(): Promise<void> }> {
  const script = join(projectRoot, 'tests', 'support', 'postgres-holder.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
    void exited.then(() => reject(new Error('the holder ended')));
  });
  const { postmaster } = JSON.parse(said) as { postmaster: number };
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid!, postmaster, kill };
}

describe('embedded Postgres', { timeout: 90_000 }, () => {
  it('is a real Postgres 18 that syncs to disk, reachable by its socket and password only', async () => {
    const postgres = await start();
    const [settings] = await query(
      postgres,
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('fsync') as fsync,
       current_setting('listen_addresses') as addresses, current_setting('data_checksums') as checksums`,
    );
    expect(settings).toEqual({ major: 18, fsync: 'on', addresses: '', checksums: 'on' });
    expect((await stat(join(dataDir, 'run'))).mode & 0o777).toBe(0o700);
    expect((await stat(postgres.data)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'secrets', 'postgres-owner'))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dataDir, 'run'))).not.toContainEqual(expect.stringMatching(/^\.[0-9a-f]{16}$/));
    const sql = openSql(postgres.as('yoklama_owner', 'wrong', 'postgres'), { pool: 1, log });
    await expect(sql`select 1`).rejects.toMatchObject({ code: '28P01' });
    await sql.end({ timeout: 1 });
  });

  it('keeps its data over a stop, and stops completely', async () => {
    const first = await start();
    const pid = first.pid()!;
    await query(first, 'create table kept (n int); insert into kept values (7)');
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(dataDir, 'server.lock'))).toBe(false);
    expect(await query(await start(), 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('comes back when it is killed; queries fail meanwhile and say that they may be tried again', async () => {
    const postgres = await start();
    const sql = openSql(postgres.owner('postgres'), { pool: 2, log });
    await sql`create table kept (n int)`;
    await sql`insert into kept values (1)`;
    for (const signal of ['SIGKILL', 'SIGQUIT', 'SIGTERM'] as const) {
      const before = postgres.pid()!;
      sendSignal(before, signal);
      const problems: unknown[] = [];
      const deadline = Date.now() + 20_000;
      for (;;) {
        const found = await sql`select count(*)::int as n from kept`.catch((error: unknown) => {
          problems.push(error);
          return null;
        });
        if (found && postgres.pid() !== null && postgres.pid() !== before) {
          expect(found[0]).toEqual({ n: 1 });
          break;
        }
        expect(Date.now()).toBeLessThan(deadline);
        await pause(20);
      }
      for (const problem of problems) expect(isDatabaseUnavailable(problem), String(problem)).toBe(true);
    }
    await sql.end({ timeout: 1 });
  });

  it('stops with the process that started it, however that ends, and loses nothing', async () => {
    const holder = await startInProcess();
    await holder.kill();
    const again = await start();
    expect(again.pid()).not.toBe(holder.postmaster);
    expect(await query(again, 'select count(*)::int as n from kept')).toEqual([{ n: 100 }]);
  });

  it('takes over from a Postgres whose guard was killed with its server', async () => {
    const holder = await startInProcess();
    for (const guard of guardsOf(holder.pid)) sendSignal(guard, 'SIGKILL');
    await holder.kill();
    expect(isAlive(holder.postmaster)).toBe(true);
    const again = await start();
    expect(await ended(holder.postmaster, 100)).toBe(true);
    expect(await query(again, 'select count(*)::int as n from kept')).toEqual([{ n: 100 }]);
  });

  it('is not held up by the lock of a dead Postgres, also when its process id is somebody else’s now', async () => {
    const first = await start();
    await query(first, 'create table kept as select 1 as n');
    await first.stop();
    const lock = join(first.data, 'postmaster.pid');
    await writeFile(lock, `${process.pid}\n${first.data}\n1700000000\n5432\n${dataDir}/run\n\n`);
    const again = await start();
    expect(await query(again, 'select n from kept')).toEqual([{ n: 1 }]);
  });

  it('is not started twice on one data directory', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(/Another server .* is using the data directory/);
    expect(await query(first, 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  it('begins again where making the data directory was interrupted', async () => {
    await mkdir(join(dataDir, 'postgres.new', 'base'), { recursive: true });
    await writeFile(join(dataDir, 'postgres.new', 'PG_VERSION'), '18');
    expect(await query(await start(), 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  it('refuses the data of another version and leaves it alone', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(first.data, 'PG_VERSION'), '15\n');
    await expect(start()).rejects.toThrow(/is of Postgres 15/);
    await writeFile(join(first.data, 'PG_VERSION'), '18\n');
    expect(await query(await start(), 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  it('works where the path is too long for a socket', async () => {
    dataDir = join(folder, 'x'.repeat(100));
    expect(await query(await start(), 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot)
    console.warn('SKIPPED the database moves from a closed folder: only root runs Postgres as another user');
  it.skipIf(!isRoot)('moves where a folder above is closed to its user (needs root)', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await chmod(folder, 0o755);
    dataDir = join(closed, 'data');
    const systemFolder = join(folder, 'system');
    const first = await start({ systemFolder });
    expect(first.data.startsWith(systemFolder)).toBe(true);
    await query(first, 'create table kept as select 1 as n');
    await first.stop();
    const again = await start({ systemFolder });
    expect(again.data).toBe(first.data);
    expect(await query(again, 'select n from kept')).toEqual([{ n: 1 }]);
  });
});

/** The shells between a process and its Postgres. */
function guardsOf(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  const children = (parent: number) =>
    readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const isGuard = (child: number) =>
    readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('yoklama-postgres');
  const guards = children(pid).filter(isGuard);
  return guards.flatMap((guard) => [...children(guard).filter(isGuard), guard]);
}
