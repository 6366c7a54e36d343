import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { PostgresBinaries } from './binaries.ts';
import type { Location } from './location.ts';
import { privateFolder, type RunAs } from './runner.ts';

export const OWNER = 'yoklama_owner';
export const PORT = 5432;

/** Makes the data directory, whole or not at all: one that was interrupted is begun again. */
export async function initialise(o: {
  binaries: PostgresBinaries;
  location: Location;
  as: RunAs;
  password: string;
}): Promise<void> {
  const { data } = o.location;
  if (existsSync(join(data, 'PG_VERSION'))) return checkVersion(data, o.binaries.version);
  const draft = `${data}.new`;
  await rm(draft, { recursive: true, force: true });
  await privateFolder(draft, o.as);
  const passwordFile = join(o.location.socketDir, `.${randomBytes(8).toString('hex')}`);
  await writeFile(passwordFile, `${o.password}\n`, { mode: 0o600 });
  if (o.as.uid !== undefined) await chown(passwordFile, o.as.uid, o.as.gid!);
  try {
    await run(
      o.binaries.initdb,
      [
        ...['-D', draft, '-U', OWNER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '-E', 'UTF8'],
        ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums'],
      ],
      o.as,
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, data);
}

async function checkVersion(data: string, version: string): Promise<void> {
  const [major] = version.split('.');
  const found = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (found !== major) {
    throw new Error(
      `The database in ${data} is of Postgres ${found}, the installed one is ${major}. See docs/data.md.`,
    );
  }
}

/**
 * The guard between server and Postgres. It waits on its standard input: when the server goes, however it goes, the
 * pipe ends and Postgres gets a fast shutdown. When Postgres ends by itself, so does the guard.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
P=$!
( trap '' INT; read _ <&3; kill -INT $P ) >/dev/null 2>&1 &
W=$!
trap 'kill -INT $P' TERM INT HUP
wait $P; R=$?
while kill -0 $P 2>/dev/null; do wait $P; R=$?; done
kill -KILL $W 2>/dev/null
exit $R
`;

export interface Postmaster {
  child: ChildProcess;
  pid: number;
  exited: Promise<number | null>;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): void;
}

/** A sixteenth of the memory: less than is usual, for video and models want theirs. */
const sharedBuffersMb = (): number => Math.min(512, Math.max(128, Math.round(totalmem() / 2 ** 24)));

/** Starts Postgres and resolves when it accepts connections; rejects with its own words when it does not. */
export async function startPostmaster(o: {
  binaries: PostgresBinaries;
  location: Location;
  as: RunAs;
  log: Logger;
  maxConnections: number;
}): Promise<Postmaster> {
  const { data, socketDir } = o.location;
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    port: PORT,
    max_connections: o.maxConnections,
    shared_buffers: `${sharedBuffersMb()}MB`,
    fsync: 'on',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    logging_collector: 'off',
    // Rows and statements would put names and addresses of people into the log.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_line_prefix: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(
    '/bin/sh',
    ['-c', GUARD, 'yoklama-postgres', o.binaries.postgres, '-D', data, ...args],
    {
      ...o.as,
      cwd: dirname(data),
      // A session of its own: Ctrl-C in a terminal reaches the server, which stops Postgres last.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    },
  );
  child.stdin!.on('error', () => undefined);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  await untilReady(child, exited, o.log);
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  return { child, pid, exited, stop: () => child.stdin!.end() };
}

const LONGEST_START_MS = 60_000;

async function untilReady(child: ChildProcess, exited: Promise<number | null>, log: Logger): Promise<void> {
  const last: string[] = [];
  let rest = '';
  const ready = new Promise<void>((resolve) => {
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(-10_000);
      for (const line of lines) {
        last.push(line);
        if (last.length > 8) last.shift();
        const severe = /^(FATAL|PANIC|ERROR):/.test(line);
        if (severe && !/the database system is (starting|shutting|not yet)/.test(line))
          log.warn({ postgres: line }, 'postgres');
        else log.debug({ postgres: line }, 'postgres');
        // A plain kill lets Postgres wait for its last client, which is our pool: it would refuse new ones for ever.
        if (line.includes('received smart shutdown request')) child.kill('SIGINT');
        if (line.includes('database system is ready to accept connections')) resolve();
      }
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), LONGEST_START_MS);
  });
  const first = await Promise.race([
    ready.then(() => 'ready' as const),
    exited.then(() => 'exited' as const),
    late,
  ]);
  clearTimeout(timer);
  if (first === 'ready') return;
  child.stdin!.end();
  const words = last.join(' · ') || 'it said nothing';
  const hint = /No space left on device/.test(words) ? 'The disk is full. ' : '';
  throw new Error(`${hint}Postgres did not start: ${words}`);
}

function run(program: string, args: string[], as: RunAs): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...as,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C' },
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words = (words + chunk).slice(-4000);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) return resolve();
      const hint = /No space left on device/.test(words) ? 'The disk is full. ' : '';
      reject(new Error(`${hint}The database could not be made: ${words.trim()}`));
    });
  });
}
