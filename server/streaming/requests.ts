import { randomUUID } from 'node:crypto';
import type { ToWorker, WorkerFailure } from '../../pipeline/messages.ts';
import type { WorkerSlot } from './worker-slot.ts';

interface Waiting<Result> {
  id: string;
  message: ToWorker;
  worker: number | null;
  timer: NodeJS.Timeout;
  resolve(result: Result | WorkerFailure): void;
}

/**
 * Questions to the workers with an answer: at most `inFlight` per worker, at most `waiting` in line (the next one is
 * told `busy`), each with a time-out that counts from the asking. A worker that dies fails what it was working on,
 * because a photo that kills one worker must not be handed to the next.
 */
export interface Requests<Result> {
  ask(build: (requestId: string) => ToWorker, timeoutMs?: number): Promise<Result | WorkerFailure>;
  answer(requestId: string, result: Result | WorkerFailure): void;
  pump(): void;
  fail(worker: number): void;
  waiting(): number;
  close(): void;
}

export function createRequests<Result>(
  slots: WorkerSlot[],
  limits: { inFlight: number; waiting: number; timeoutMs: number },
): Requests<Result> {
  const line: Waiting<Result>[] = [];
  const flying = new Map<string, Waiting<Result>>();
  let closed = false;

  function settle(request: Waiting<Result>, result: Result | WorkerFailure): void {
    clearTimeout(request.timer);
    flying.delete(request.id);
    const at = line.indexOf(request);
    if (at >= 0) line.splice(at, 1);
    request.resolve(result);
    pump();
  }

  function pump(): void {
    while (line.length > 0) {
      const load = slots.map(() => 0);
      for (const request of flying.values()) load[request.worker!]!++;
      const free = slots
        .map((slot, index) => ({ slot, index, load: load[index]! }))
        .filter(({ slot, load }) => slot.isReady() && load < limits.inFlight)
        .sort((a, b) => a.load - b.load)[0];
      if (!free) return;
      const request = line.shift()!;
      if (!free.slot.send(request.message)) {
        line.unshift(request);
        return;
      }
      request.worker = free.index;
      flying.set(request.id, request);
    }
  }

  return {
    ask: (build, timeoutMs = limits.timeoutMs) =>
      new Promise((resolve) => {
        if (closed) return resolve(failure('internal', 'The server is shutting down.'));
        if (line.length >= limits.waiting) {
          return resolve(
            failure('busy', 'Too many requests are waiting for the pipeline; try again shortly.'),
          );
        }
        const id = randomUUID();
        const request: Waiting<Result> = {
          id,
          message: build(id),
          worker: null,
          timer: setTimeout(
            () => settle(request, failure('busy', `The pipeline did not answer within ${timeoutMs} ms.`)),
            timeoutMs,
          ),
          resolve,
        };
        line.push(request);
        pump();
      }),
    answer(requestId, result) {
      const request = flying.get(requestId);
      if (request) settle(request, result);
    },
    pump,
    fail(worker) {
      for (const request of [...flying.values()]) {
        if (request.worker === worker) {
          settle(request, failure('internal', 'The pipeline worker ended while it worked on this.'));
        }
      }
    },
    waiting: () => line.length + flying.size,
    close() {
      closed = true;
      for (const request of [...line, ...flying.values()]) {
        settle(request, failure('internal', 'The server is shutting down.'));
      }
    },
  };
}

function failure(code: WorkerFailure['code'], message: string): WorkerFailure {
  return { ok: false, code, message };
}
