import { Worker } from 'node:worker_threads';
import type { Cell, ReportDocument, WriterWords } from './document.ts';

export type ExportFormat = 'excel' | 'pdf' | 'csv';

export type ToRenderer =
  | {
      type: 'open';
      id: number;
      format: ExportFormat;
      document: ReportDocument;
      words: WriterWords;
      /** The section that becomes the CSV file. */
      section: string;
    }
  | { type: 'rows'; id: number; rows: Cell[][] }
  | { type: 'end'; id: number }
  | { type: 'drop'; id: number };

export type FromRenderer =
  | { type: 'taken'; id: number }
  | { type: 'done'; id: number; bytes: Uint8Array }
  | { type: 'failed'; id: number; error: string };

export interface Renderer {
  /** The file. `rows` brings those of the streamed section; the next are asked for once the last are written. */
  render(
    given: Omit<Extract<ToRenderer, { type: 'open' }>, 'type' | 'id'>,
    rows?: AsyncIterable<Cell[][]>,
  ): Promise<Uint8Array>;
  close(): Promise<void>;
}

const IDLE_MS = 30_000;

interface Waiting {
  /** The thread that was asked: one that has ended says nothing of what its successor does. */
  on: Worker;
  resolve(bytes: Uint8Array | null): void;
  reject(error: Error): void;
}

/** One thread for all reports, started with the first and ended when none has been asked for in a while. */
export function createRenderer(idleMs: number = IDLE_MS): Renderer {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | null = null;
  let lastId = 0;
  let active = 0;
  const waiting = new Map<number, Waiting>();

  function thread(): Worker {
    if (idle) clearTimeout(idle);
    idle = null;
    if (worker) return worker;
    const made = new Worker(new URL('./render-entry.mjs', import.meta.url), {
      // A report that needs more fails alone.
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
      stdout: false,
    });
    made.unref();
    made.on('message', (message: FromRenderer) => {
      const asked = waiting.get(message.id);
      if (!asked) return;
      waiting.delete(message.id);
      if (message.type === 'failed') asked.reject(new Error(message.error));
      else asked.resolve(message.type === 'done' ? message.bytes : null);
    });
    const lost = (error: Error) => {
      if (worker === made) worker = null;
      for (const [id, asked] of waiting) {
        if (asked.on !== made) continue;
        waiting.delete(id);
        asked.reject(error);
      }
    };
    made.on('error', lost);
    made.on('exit', (code) => lost(new Error(`The thread that makes files ended with ${code}.`)));
    worker = made;
    return made;
  }

  function ask(on: Worker, message: ToRenderer): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      waiting.set(message.id, { on, resolve, reject });
      on.postMessage(message);
    });
  }

  return {
    async render(given, rows) {
      const on = thread();
      lastId += 1;
      const id = lastId;
      active += 1;
      // A thread that nobody waits for must not keep the process alive, one at work must.
      on.ref();
      try {
        await ask(on, { type: 'open', id, ...given });
        if (rows) for await (const chunk of rows) await ask(on, { type: 'rows', id, rows: chunk });
        return (await ask(on, { type: 'end', id })) ?? new Uint8Array();
      } catch (error) {
        on.postMessage({ type: 'drop', id } satisfies ToRenderer);
        throw error;
      } finally {
        active -= 1;
        if (active === 0) {
          on.unref();
          idle = setTimeout(() => {
            worker = null;
            void on.terminate();
          }, idleMs);
          idle.unref();
        }
      }
    },
    async close() {
      if (idle) clearTimeout(idle);
      const last = worker;
      worker = null;
      await last?.terminate();
    },
  };
}
