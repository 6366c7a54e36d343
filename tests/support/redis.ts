import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For `describe.skipIf(skipWithoutRedis(…))`: says what is left out and why. In CI nothing is left out. */
export function skipWithoutRedis(suite: string): boolean {
  const { status, error } = spawnSync('redis-server', ['--version'], { encoding: 'utf8', timeout: 20_000 });
  if (status === 0) return false;
  const why = `no redis-server (${error?.message ?? status}): apt-get install redis-server`;
  if (process.env.CI === 'true') throw new Error(`${suite}: ${why}`);
  console.warn(`SKIPPED ${suite}: ${why}`);
  return true;
}

/** A real Redis as a process of its own, with its data in a temporary folder: killed and started again on one port. */
export interface RedisServer {
  readonly url: string;
  /** At once, as a power cut would. */
  kill(): Promise<void>;
  /** It neither answers nor hangs up, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** With the data that it had written; every write is on the disk. */
  start(): Promise<void>;
  /** Stopped for good, folder removed. */
  close(): Promise<void>;
}

export interface RedisOptions {
  password?: string;
}

export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'yoklama-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const settings: Record<string, string> = {
      port: String(port),
      bind: '127.0.0.1',
      dir: folder,
      appendonly: 'yes',
      appendfsync: 'always',
      save: '',
      daemonize: 'no',
      ...(options.password ? { requirepass: options.password } : {}),
    };
    const started = spawn(
      'redis-server',
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = started;
    let words = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        words += text;
        if (words.includes('Ready to accept connections')) resolve();
      });
      started.once('error', reject);
      started.once('exit', () => reject(new Error(`redis-server ended: ${words}`)));
    });
    started.stdout.removeAllListeners('data').resume();
  }

  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  const signal = (name: NodeJS.Signals) => void child?.kill(name);

  await start();
  const login = options.password ? `:${encodeURIComponent(options.password)}@` : '';
  return {
    url: `redis://${login}127.0.0.1:${port}/0`,
    kill,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    start,
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
