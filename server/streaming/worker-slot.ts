import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { FromWorker, ReadyMessage, ToWorker } from '../../pipeline/messages.ts';
import { createInbox } from './inbox.ts';

export interface WorkerSlotOptions {
  index: number;
  entry: string;
  env?: NodeJS.ProcessEnv;
  log: Logger;
  backoff: { firstMs: number; longestMs: number; healthyAfterMs: number };
  readyTimeoutMs: number;
  onReady(message: ReadyMessage): void;
  onMessage(message: FromWorker): void;
  onExit(code: number | null, signal: string | null, retryInMs: number): void;
}

/** One place for a worker process: what runs in it may change, its index and its streams stay. */
export interface WorkerSlot {
  readonly index: number;
  start(): void;
  isReady(): boolean;
  /** False when there is no worker to take it; what must survive a restart is resent on `ready`. */
  send(message: ToWorker): boolean;
  dropped(): number;
  pid(): number | null;
  close(): Promise<void>;
}

/** A worker that has not gone after this long does not get a second polite word. */
const SHUTDOWN_GRACE_MS = 3000;

export function createWorkerSlot(options: WorkerSlotOptions): WorkerSlot {
  const { log, backoff } = options;
  let child: ChildProcess | null = null;
  let ready = false;
  let closing = false;
  let pauseMs = backoff.firstMs;
  let restartTimer: NodeJS.Timeout | null = null;
  const inbox = createInbox((message) => {
    if (message.type === 'ready') {
      ready = true;
      options.onReady(message);
    } else options.onMessage(message);
  });

  function start(): void {
    if (closing || child) return;
    const startedAt = Date.now();
    const worker = fork(options.entry, [], {
      execArgv: ['--import', import.meta.resolve('tsx')],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own, with every decoder that it starts: they go with it, however it goes.
      detached: process.platform !== 'win32',
      ...(options.env ? { env: options.env } : {}),
    });
    child = worker;
    forward(worker.stdout, log);
    forward(worker.stderr, log);
    const readyTimer = setTimeout(() => {
      log.error({ timeoutMs: options.readyTimeoutMs }, 'pipeline worker never became ready; killing it');
      worker.kill('SIGKILL');
    }, options.readyTimeoutMs);
    readyTimer.unref();
    worker.on('message', (message) => {
      if ((message as FromWorker).type === 'ready') clearTimeout(readyTimer);
      if (child === worker) inbox.put(message as FromWorker);
    });
    // A failed fork or a broken channel ends in `exit` or here; both lead to one restart.
    worker.on('error', (error) => {
      log.error({ err: error }, 'pipeline worker error');
      if (worker.pid === undefined) ended(null, 'spawn-failed');
    });
    worker.once('exit', (code, signal) => ended(code, signal));

    function ended(code: number | null, signal: string | null): void {
      clearTimeout(readyTimer);
      if (child !== worker) return;
      if (worker.pid !== undefined) killGroup(worker.pid);
      child = null;
      ready = false;
      inbox.clear();
      if (Date.now() - startedAt >= backoff.healthyAfterMs) pauseMs = backoff.firstMs;
      const retryInMs = pauseMs;
      pauseMs = Math.min(pauseMs * 2, backoff.longestMs);
      if (!closing) {
        log.warn({ code, signal, retryInMs }, 'pipeline worker ended; starting another');
        restartTimer = setTimeout(start, retryInMs);
      }
      options.onExit(code, signal, retryInMs);
    }
  }

  return {
    index: options.index,
    start,
    isReady: () => ready,
    pid: () => child?.pid ?? null,
    dropped: () => inbox.dropped(),
    send(message) {
      if (!child?.connected || (!ready && message.type !== 'shutdown')) return false;
      child.send(message, (error) => {
        // The channel closes before `exit` is reported; the restart resends what matters.
        if (error) log.debug({ err: error, type: message.type }, 'message to pipeline worker not delivered');
      });
      return true;
    },
    async close() {
      closing = true;
      if (restartTimer) clearTimeout(restartTimer);
      const worker = child;
      if (!worker || worker.exitCode !== null) return;
      const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      if (worker.connected) worker.send({ type: 'shutdown' } satisfies ToWorker, () => {});
      const timer = setTimeout(() => worker.kill('SIGKILL'), SHUTDOWN_GRACE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** A decoder that gets no packets writes nothing, and would never notice that its reader has gone. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
}

/** The workers write JSON lines; anything else (a native library's own words) is passed on as a text. */
function forward(stream: Readable | null, log: Logger): void {
  if (!stream) return;
  createInterface({ input: stream }).on('line', (line) => {
    const entry = parse(line);
    if (!entry) {
      if (line.trim()) log.warn({ from: 'worker' }, line.slice(0, 2000));
      return;
    }
    const { level, msg, time: _time, pid: _pid, hostname: _hostname, ...rest } = entry;
    const text = typeof msg === 'string' ? msg : '';
    if (Number(level) >= 50) log.error(rest, text);
    else if (Number(level) >= 40) log.warn(rest, text);
    else if (Number(level) >= 30) log.info(rest, text);
    else log.debug(rest, text);
  });
}

function parse(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
