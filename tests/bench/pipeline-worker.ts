import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from '../../config/paths.ts';
import type { FromWorker, ReadyMessage, StreamSpec, ToWorker } from '../../pipeline/messages.ts';

/** A real pipeline worker, started as the server starts it. */
export interface BenchWorker {
  pid: number;
  send(message: ToWorker): void;
  on(listener: (message: FromWorker) => void): void;
  close(): Promise<void>;
}

export async function startWorker(): Promise<BenchWorker> {
  const child = fork(join(projectRoot, 'pipeline/main.ts'), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
    env: { ...process.env, NODE_ENV: 'test', LOG_LEVEL: 'error', CAMERA_ALLOW_LOOPBACK: 'true' },
  });
  const listeners: ((message: FromWorker) => void)[] = [];
  const ready = new Promise<ReadyMessage>((resolve, reject) => {
    child.on('message', (message: FromWorker) => {
      if (message.type === 'ready') resolve(message);
      for (const listener of listeners) listener(message);
    });
    child.once('exit', (code) => reject(new Error(`the pipeline worker left with ${code}`)));
  });
  await ready;
  return {
    pid: child.pid!,
    send: (message) => void child.send(message),
    on: (listener) => void listeners.push(listener),
    async close() {
      if (child.exitCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

export const fullPurposes: StreamSpec['purposes'] = {
  identify: true,
  attention: true,
  emotion: 'individual',
  liveness: true,
};

export const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));
