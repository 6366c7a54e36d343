import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './live.ts';
import { freeUdpPort } from './udp-proxy.ts';

/** For `describe.skipIf(skipWithoutTurn(…))`: says what is left out and why. In CI nothing is left out. */
export function skipWithoutTurn(suite: string): boolean {
  const { status, error } = spawnSync('turnserver', ['--version'], { encoding: 'utf8', timeout: 20_000 });
  if (status === 0) return false;
  const why = `no turnserver (${error?.message ?? status}): apt-get install coturn`;
  if (process.env.CI === 'true') throw new Error(`${suite}: ${why}`);
  console.warn(`SKIPPED ${suite}: ${why}`);
  return true;
}

/** A real coturn as a process of its own, on loopback in both directions, with its files in a temporary folder. */
export interface TurnServer {
  /** As `TURN_URLS` has it. */
  url(transport: 'udp' | 'tcp'): string;
  /** What it has said so far: who was let in, and who was not. */
  log(): string;
  close(): Promise<void>;
}

export async function startTurn(secret: string): Promise<TurnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'yoklama-turn-'));
  const port = await freeUdpPort('127.0.0.1');
  const child = spawn(
    'turnserver',
    [
      // Without the machine's own settings, services and log files.
      ...['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file', 'stdout', '--verbose'],
      ...['--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'users')],
      ...['--listening-ip', '127.0.0.1', '--listening-port', String(port), '--relay-ip', '127.0.0.1'],
      // The media worker of a test is on loopback; a real one is not, and this would be a hole.
      '--allow-loopback-peers',
      // As docs/webrtc.md has it: it carries nothing to anywhere but the media worker.
      ...['--denied-peer-ip', '0.0.0.0-255.255.255.255', '--allowed-peer-ip', '127.0.0.1'],
      ...['--use-auth-secret', '--static-auth-secret', secret, '--realm', 'yoklama.test'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-200_000);
    });
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await eventually(() => {
      if (child.exitCode !== null) throw new Error('turnserver ended');
      return answers(port);
    }, 20_000);
  } catch (error) {
    await close();
    throw new Error(`${(error as Error).message}: ${words}`);
  }
  return { url: (transport) => `turn:127.0.0.1:${port}?transport=${transport}`, log: () => words, close };
}

/** It listens on both, UDP first. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
