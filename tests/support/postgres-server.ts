import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { locateBinaries } from '../../server/db/embedded/binaries.ts';
import { privateFolder, runAs } from '../../server/db/embedded/runner.ts';

export interface PostgresServer {
  port: number;
  /** Of a superuser, for setting the scene. */
  admin: string;
  stop(): Promise<void>;
}

/** A Postgres that listens on a port like anybody's own, to try DATABASE_URL with. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const as = runAs();
  const { initdb, postgres: program } = await locateBinaries(as);
  const folder = await mkdtemp(join(tmpdir(), 'yoklama-own-'));
  await chmod(folder, 0o755);
  const data = join(folder, 'data');
  await privateFolder(data, as);
  const made = spawnSync(
    initdb,
    ['-D', data, '-U', 'root', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    {
      ...as,
      cwd: '/',
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'fsync=off'];
  const child = spawn(program, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...as,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('ready to accept connections')) resolve();
    });
    void exited.then(() => reject(new Error('Postgres ended')));
  });
  return {
    port,
    admin: `postgres://root@127.0.0.1:${port}/postgres`,
    async stop() {
      child.kill('SIGINT');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs statements one by one, as a superuser. */
export async function asAdmin(server: PostgresServer, ...statements: string[]): Promise<void> {
  const sql = postgres(server.admin, { max: 1, onnotice: () => undefined });
  for (const statement of statements) await sql.unsafe(statement);
  await sql.end();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
