import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { skipWithoutRedis } from '../../tests/support/redis.ts';
import type { FailedJob } from './dead-letters.ts';
import { type Backend, type OpenedQueue, openQueue, startBackend } from './fixtures/backends.ts';
import type { Job, JobData } from './queue.ts';

const TENANT = '00000000-0000-7000-8000-000000000001';
const HOLDER = fileURLToPath(new URL('fixtures/job-holder.ts', import.meta.url));
const soon = { timeout: 15_000, interval: 20 };
function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

interface Numbered extends JobData {
  n: number;
}

describe.each([
  ['pg-boss', false],
  ['bull', skipWithoutRedis('jobs on Bull')],
] as const)('the queue on %s', (kind, skipped) => {
  describe.skipIf(skipped)('', () => {
    let backend: Backend;
    const opened: OpenedQueue[] = [];
    let count = 0;
    /** A name of its own for each test: what one leaves behind is not another's. */
    const fresh = () => `test-${kind}-${++count}`;

    beforeAll(async () => {
      backend = await startBackend(kind);
    }, 60_000);
    afterEach(async () => {
      for (const queue of opened.splice(0)) await queue.close(500);
    });
    afterAll(() => backend.close());

    function open(options: Parameters<typeof openQueue>[1] = {}) {
      const made = openQueue(backend.place, options);
      opened.push(made);
      return made.queue;
    }

    it('delivers a job once, with its data, on one of two servers', async () => {
      const name = fresh();
      const seen: number[] = [];
      for (let server = 0; server < 2; server++) {
        const queue = open();
        queue.define<Numbered>(name, { concurrency: 2 }, async ({ data, attempt }) => {
          expect(data.tenantId).toBe(TENANT);
          expect(attempt).toBe(1);
          seen.push(data.n);
        });
        await queue.start();
      }
      const queue = opened[0]!.queue;
      await Promise.all(Array.from({ length: 20 }, (_, n) => queue.add(name, { tenantId: TENANT, n })));
      await vi.waitFor(() => expect(seen).toHaveLength(20), soon);
      await pause(300);
      expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
      expect(await queue.stats()).toEqual([{ name, waiting: 0, active: 0, delayed: 0, failed: 0 }]);
    });

    it('takes no more at once than it may', async () => {
      const name = fresh();
      let now = 0;
      let most = 0;
      let done = 0;
      const queue = open();
      queue.define(name, { concurrency: 2 }, async () => {
        most = Math.max(most, ++now);
        await pause(60);
        now -= 1;
        done += 1;
      });
      await queue.start();
      for (let n = 0; n < 6; n++) await queue.add(name, { tenantId: TENANT });
      await vi.waitFor(() => expect(done).toBe(6), soon);
      expect(most).toBe(2);
    });

    it('makes jobs of one key one, while they wait or run, and not after that', async () => {
      const name = fresh();
      const gate = deferred();
      const seen: number[] = [];
      const queue = open();
      queue.define<Numbered>(name, { concurrency: 3 }, async ({ data }) => {
        seen.push(data.n);
        await gate.promise;
      });
      await queue.start();
      await Promise.all([1, 2, 3].map((n) => queue.add(name, { tenantId: TENANT, n }, { key: 'same:key' })));
      await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
      await queue.add(name, { tenantId: TENANT, n: 4 }, { key: 'same:key' });
      await queue.add(name, { tenantId: TENANT, n: 5 }, { key: 'another' });
      await vi.waitFor(() => expect(seen).toContain(5), soon);
      expect(seen).toHaveLength(2);
      gate.resolve();
      await vi.waitFor(async () => expect((await queue.stats())[0]!.active).toBe(0), soon);
      await queue.add(name, { tenantId: TENANT, n: 6 }, { key: 'same:key' });
      await vi.waitFor(() => expect(seen).toContain(6), soon);
    });

    it('waits with a delayed job', async () => {
      const name = fresh();
      const added = performance.now();
      let after = 0;
      const queue = open();
      queue.define(name, {}, async () => {
        after = performance.now() - added;
      });
      await queue.start();
      await queue.add(name, { tenantId: TENANT }, { delayMs: 700 });
      expect((await queue.stats())[0]).toMatchObject({ delayed: 1, waiting: 0 });
      await vi.waitFor(() => expect(after).toBeGreaterThan(0), soon);
      expect(after).toBeGreaterThanOrEqual(690);
    });

    it('tries again, later each time, and then keeps a dead letter', async () => {
      const name = fresh();
      const attempts: { attempt: number; at: number }[] = [];
      const dead: FailedJob[] = [];
      const queue = open({ keepDeadLetter: async (failed) => void dead.push(failed) });
      queue.define(name, { attempts: 3, backoffMs: 300 }, async ({ attempt }) => {
        attempts.push({ attempt, at: performance.now() });
        throw new TypeError(`no luck with ${attempt}`);
      });
      await queue.start();
      await queue.add(name, { tenantId: TENANT, n: 7 } as Numbered);
      await vi.waitFor(() => expect(dead).toHaveLength(1), soon);
      expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      const [first, second, third] = attempts.map(({ at }) => at) as [number, number, number];
      expect(second - first).toBeGreaterThanOrEqual(290);
      expect(third - second).toBeGreaterThanOrEqual(590);
      expect(dead[0]).toMatchObject({ job: name, attempts: 3, data: { tenantId: TENANT, n: 7 } });
      expect(dead[0]!.error).toContain('no luck with 3');
      await vi.waitFor(async () => expect((await queue.stats())[0]!.failed).toBe(0), soon);
    });

    it('keeps a failed job until its dead letter is written', async () => {
      const name = fresh();
      let writable = false;
      const dead: string[] = [];
      const keepDeadLetter = async ({ letterId }: FailedJob) => {
        if (!writable) throw new Error('the database is away');
        dead.push(letterId);
      };
      const queue = open({ keepDeadLetter });
      queue.define(name, { attempts: 1 }, async () => {
        throw new Error('no');
      });
      await queue.start();
      await queue.add(name, { tenantId: TENANT });
      await vi.waitFor(async () => expect((await queue.stats())[0]!.failed).toBe(1), soon);
      writable = true;
      // Another failure, or the next look after a while, brings it along.
      await queue.add(name, { tenantId: TENANT });
      await vi.waitFor(() => expect(new Set(dead).size).toBe(2), soon);
    });

    it('ends an attempt that takes too long, and tells its handler', async () => {
      const name = fresh();
      const told: string[] = [];
      const dead: FailedJob[] = [];
      const queue = open({ keepDeadLetter: async (failed) => void dead.push(failed) });
      queue.define(name, { attempts: 1, timeoutMs: 150 }, async ({ signal }) => {
        signal.addEventListener('abort', () => told.push((signal.reason as Error).name));
        await pause(60_000, undefined, { ref: false });
      });
      await queue.start();
      await queue.add(name, { tenantId: TENANT });
      await vi.waitFor(() => expect(dead).toHaveLength(1), soon);
      expect(told).toEqual(['JobTimeout']);
      expect(dead[0]!.error).toContain('150 ms');
    });

    it('holds the job of a slow worker for as long as it works', async () => {
      const name = fresh();
      let started = 0;
      let ended = 0;
      for (let server = 0; server < 2; server++) {
        const queue = open({ leaseSeconds: 1 });
        queue.define(name, {}, async () => {
          started += 1;
          await pause(3500);
          ended += 1;
        });
        await queue.start();
      }
      await opened[0]!.queue.add(name, { tenantId: TENANT });
      await vi.waitFor(() => expect(ended).toBe(1), soon);
      expect(started).toBe(1);
    });

    it('delivers the job of a killed server again', async () => {
      const name = fresh();
      const adder = open();
      adder.define(name, {}, async () => undefined);
      await adder.add(name, { tenantId: TENANT, n: 9 } as Numbered);
      const holder = spawn(
        process.execPath,
        ['--import', 'tsx', HOLDER, JSON.stringify(backend.place), name],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const [said] = (await once(holder.stdout, 'data')) as [Buffer];
      expect(JSON.parse(said.toString())).toEqual({ tenantId: TENANT, n: 9 });
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;

      const jobs: Job<Numbered>[] = [];
      const queue = open();
      queue.define<Numbered>(name, { backoffMs: 10 }, async (job) => void jobs.push(job));
      await queue.start();
      await vi.waitFor(() => expect(jobs).toHaveLength(1), soon);
      expect(jobs[0]!.data).toEqual({ tenantId: TENANT, n: 9 });
    });

    it('lets a running job end when it closes, and gives back one that does not', async () => {
      const quick = fresh();
      const slow = fresh();
      const ended: string[] = [];
      const first = openQueue(backend.place);
      const quickBegun = deferred();
      first.queue.define(quick, {}, async () => {
        quickBegun.resolve();
        await pause(200);
        ended.push('quick');
      });
      const begun = deferred();
      first.queue.define(slow, { attempts: 1 }, async () => {
        begun.resolve();
        await pause(60_000, undefined, { ref: false });
      });
      await first.queue.start();
      await first.queue.add(quick, { tenantId: TENANT });
      await first.queue.add(slow, { tenantId: TENANT });
      await Promise.all([quickBegun.promise, begun.promise]);
      await first.close(600);
      expect(ended).toEqual(['quick']);

      const second = open();
      second.define(quick, {}, async () => void ended.push('quick'));
      second.define(slow, { attempts: 2 }, async ({ attempt }) => void ended.push(`slow ${attempt}`));
      await second.start();
      await vi.waitFor(() => expect(ended).toContain('slow 1'), soon);
      expect(ended.filter((what) => what === 'quick')).toHaveLength(1);
    });
  });
});

describe.skipIf(skipWithoutRedis('jobs while Redis is away'))('jobs on Bull while Redis is away', () => {
  it('says so, starts without it, and goes on when it is back', async () => {
    const backend = await startBackend('bull');
    const redis = backend.redis!;
    await redis.kill();
    const { queue, close } = openQueue(backend.place);
    try {
      const seen: number[] = [];
      queue.define<Numbered>('away', {}, async ({ data }) => void seen.push(data.n));
      await queue.start();
      await expect(queue.add('away', { tenantId: TENANT, n: 1 })).rejects.toMatchObject({
        code: 'queue-unavailable',
      });
      await redis.start();
      await vi.waitFor(() => queue.add('away', { tenantId: TENANT, n: 2 }), soon);
      await vi.waitFor(() => expect(seen).toEqual([2]), soon);

      await redis.kill();
      await vi.waitFor(
        () =>
          expect(queue.add('away', { tenantId: TENANT, n: 3 })).rejects.toMatchObject({
            code: 'queue-unavailable',
          }),
        soon,
      );
      await redis.start();
      await vi.waitFor(() => queue.add('away', { tenantId: TENANT, n: 4 }), soon);
      await vi.waitFor(() => expect(seen).toContain(4), soon);
    } finally {
      await close(500);
      await backend.close();
    }
  });
});
