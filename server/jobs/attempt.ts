import type { Job, JobData, JobOptions } from './queue.ts';

/** A job's handler and its options, all of them. */
export interface Definition {
  name: string;
  concurrency: number;
  attempts: number;
  backoffMs: number;
  timeoutMs: number;
  handler: (job: Job<JobData>) => Promise<unknown>;
}

const DEFAULTS = { concurrency: 1, attempts: 5, backoffMs: 5000, timeoutMs: 10 * 60_000 };

export function definition<T extends JobData>(
  name: string,
  options: JobOptions,
  handler: (job: Job<T>) => Promise<unknown>,
): Definition {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name)) throw new TypeError(`${name} is no name of a job.`);
  return { name, ...DEFAULTS, ...options, handler: handler as Definition['handler'] };
}

export class JobTimeout extends Error {
  override name = 'JobTimeout';
}

/**
 * One attempt. Fails after `timeoutMs` even if the handler does not listen to its signal: it is then given up, and may
 * still be running when the next attempt starts.
 */
export async function runAttempt(
  found: Definition,
  job: Omit<Job<JobData>, 'signal'>,
  stop: AbortSignal,
): Promise<unknown> {
  const ended = new AbortController();
  const onStop = () => ended.abort(stop.reason);
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  const timer = setTimeout(() => {
    ended.abort(new JobTimeout(`${found.name} took longer than ${found.timeoutMs} ms`));
  }, found.timeoutMs);
  const given = new Promise<never>((_resolve, reject) => {
    ended.signal.addEventListener('abort', () => reject(ended.signal.reason), { once: true });
  });
  try {
    ended.signal.throwIfAborted();
    return await Promise.race([found.handler({ ...job, signal: ended.signal }), given]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
  }
}

/** What is kept of a failure: for people, without its stack. */
export function failureText(error: unknown): string {
  const text =
    error instanceof Error
      ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}`
      : String(error);
  return text.slice(0, 2000);
}

/** What is kept of a result: JSON objects of a sensible size. */
export function resultOf(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object') return {};
  const text = JSON.stringify(value);
  return text.length > 10_000 ? {} : (JSON.parse(text) as Record<string, unknown>);
}
