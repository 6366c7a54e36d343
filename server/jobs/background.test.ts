import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { pino } from 'pino';
import type postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addTenant, startTestServer, type TestServer } from '../../tests/support/server.ts';
import type { AppContext } from '../context.ts';
import { openSql } from '../db/client.ts';
import { newId } from '../db/ids.ts';
import { deadLetters, jobRuns, outbox } from '../db/schema/index.ts';
import { ApiError } from '../errors.ts';
import { createDeadLetters } from './dead-letters.ts';
import { enqueue, publish } from './outbox.ts';
import { createPgBossQueue } from './pg-boss.ts';
import type { JobQueue } from './queue.ts';
import { createRelay, OUTBOX_ATTEMPTS, type OutboxRelay } from './relay.ts';
import { createSchedule, type Schedule } from './schedule.ts';

const log = pino({ level: 'silent' });
const soon = { timeout: 15_000, interval: 20 };
let server: TestServer;
let first: string;
let second: string;
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  server = await startTestServer();
  first = server.seeded!.tenantId;
  const other = await addTenant(server, 'berlin');
  second = (await other.get<{ tenantId: string }>('/auth/me')).body.tenantId;
  // Its own background work would be faster than the test's.
  await server.context.schedule.close();
  await server.context.outbox.close();
  await server.context.queue.close();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  for (const tenantId of [first, second]) {
    await server.context.db.tenant(tenantId, async (tx) => {
      await tx.delete(outbox);
      await tx.delete(jobRuns);
      await tx.delete(deadLetters);
    });
  }
});
afterAll(() => server?.close());

interface Background {
  context: AppContext;
  queue: JobQueue;
  relay: OutboxRelay;
  schedule: Schedule;
  clock: { at: number };
  start(): Promise<void>;
}

/** Queue, outbox and schedule of one more server on the same database, with a clock of its own. */
function background(now: string, wrapQueue: (queue: JobQueue) => JobQueue = (queue) => queue): Background {
  const client: postgres.Sql = openSql(server.postgres!.owner('yoklama'), { pool: 3, log });
  const clock = { at: Date.parse(now) };
  const context: AppContext = { ...server.context, log, clock: { now: () => clock.at } };
  context.queue = wrapQueue(
    createPgBossQueue({ sql: client, log, keepDeadLetter: createDeadLetters(context.db, log) }),
  );
  context.outbox = createRelay(context, client);
  context.schedule = createSchedule(context);
  open.push(async () => {
    await context.schedule.close();
    await context.outbox.close();
    await context.queue.close(500);
    await client.end({ timeout: 1 });
  });
  const { queue, outbox: relay, schedule } = context;
  return {
    context,
    queue,
    relay,
    schedule,
    clock,
    async start() {
      await queue.start();
      await relay.start();
    },
  };
}

const announce = (tenantId: string, excuseId = newId()) =>
  server.context.db.tenant(tenantId, (tx) =>
    publish(tx, tenantId, 'excuse.opened', { excuseId, studentId: newId() }),
  );
const rowsOf = (tenantId: string) => server.context.db.tenant(tenantId, (tx) => tx.select().from(outbox));
const real = () => new Date().toISOString();

describe('the outbox', () => {
  it('hands an event of any institution to its consumers, in its tenant’s transaction, once, on one of two servers', async () => {
    const seen: string[] = [];
    const all: string[] = [];
    for (let n = 0; n < 2; n++) {
      const { relay, start } = background(real());
      relay.on('excuse.opened', async (tx, event) => {
        const [row] = await tx.execute<{ tenant: string }>(
          sql`select current_setting('app.tenant_id') as tenant`,
        );
        expect(row!.tenant).toBe(event.tenantId);
        seen.push(event.payload.excuseId);
      });
      relay.onAny(async (_tx, { type }) => void all.push(type));
      await start();
    }
    const ids = Array.from({ length: 20 }, () => newId());
    for (const [n, id] of ids.entries()) await announce(n % 2 === 0 ? first : second, id);
    await vi.waitFor(
      async () => expect([...(await rowsOf(first)), ...(await rowsOf(second))]).toEqual([]),
      soon,
    );
    expect([...seen].sort()).toEqual([...ids].sort());
    expect(all).toHaveLength(20);
  });

  it('announces nothing of a transaction that was undone', async () => {
    const seen: string[] = [];
    const { relay, start } = background(real());
    relay.on('excuse.opened', async (_tx, event) => void seen.push(event.payload.excuseId));
    await start();
    await expect(
      server.context.db.tenant(first, async (tx) => {
        await publish(tx, first, 'excuse.opened', { excuseId: newId(), studentId: newId() });
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    const id = newId();
    await announce(first, id);
    await vi.waitFor(() => expect(seen).toEqual([id]), soon);
  });

  it('undoes what consumers wrote when one of them fails, tries again later, and gives up at last', async () => {
    const background1 = background(real());
    let failing = true;
    let attempts = 0;
    const mark = async (tx: Parameters<Parameters<OutboxRelay['onAny']>[0]>[0], tenantId: string) => {
      await tx.insert(jobRuns).values({
        id: newId(),
        tenantId,
        name: 'consumer',
        period: 'once',
        status: 'done',
        startedAt: new Date(),
      });
    };
    background1.relay.on('excuse.opened', async (tx, { tenantId }) => mark(tx, tenantId));
    background1.relay.on('excuse.opened', async (_tx, { attempt }) => {
      attempts = attempt;
      if (failing) throw new Error(`not the ${attempt}. time`);
    });
    await announce(first);
    await background1.relay.drain();
    expect(await rowsOf(first)).toMatchObject([{ attempts: 1, lastError: 'not the 1. time', deadAt: null }]);
    expect(await server.context.db.tenant(first, (tx) => tx.select().from(jobRuns))).toEqual([]);
    await background1.relay.drain();
    expect(attempts).toBe(1);
    for (let n = 2; n <= OUTBOX_ATTEMPTS; n++) {
      background1.clock.at += 3_600_000 * n;
      await background1.relay.drain();
      expect(attempts).toBe(n);
    }
    expect((await rowsOf(first))[0]!.deadAt).not.toBeNull();
    expect(await background1.relay.stats()).toMatchObject({ dead: 1, waiting: 0 });

    failing = false;
    await server.context.db.tenant(first, (tx) => tx.update(outbox).set({ deadAt: null, dueAt: new Date() }));
    await background1.relay.drain();
    expect(await rowsOf(first)).toEqual([]);
    expect(await server.context.db.tenant(first, (tx) => tx.select().from(jobRuns))).toHaveLength(1);
  });

  it('keeps jobs while the queue is away, not events, and gives each to it once it is back', async () => {
    let away = true;
    const seen: string[] = [];
    const given: unknown[] = [];
    const { relay, queue, start } = background(real(), (inner) => ({
      ...inner,
      add: (name, data, options) => {
        if (away) throw new ApiError('queue-unavailable');
        return inner.add(name, data, options);
      },
    }));
    queue.define<{ tenantId: string; n: number }>('counted', {}, async ({ data }) => void given.push(data));
    relay.on('excuse.opened', async (_tx, event) => void seen.push(event.id));
    await server.context.db.tenant(first, (tx) => enqueue(tx, first, 'counted', { n: 1 }));
    await announce(first);
    await start();
    await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    // Who is given it hears of it before the transaction ends that takes it away.
    const kept = [expect.objectContaining({ type: 'job:counted', attempts: 0 })];
    await vi.waitFor(async () => expect(await rowsOf(first)).toEqual(kept), soon);
    expect((await relay.stats()).waiting).toBe(1);
    away = false;
    await vi.waitFor(() => expect(given).toEqual([{ tenantId: first, n: 1 }]), soon);
    await vi.waitFor(async () => expect(await rowsOf(first)).toEqual([]), soon);
  });

  it('waits with what is not due yet, and makes jobs of one key one', async () => {
    const given: number[] = [];
    const { relay, queue, clock, start } = background(real());
    queue.define<{ tenantId: string; n: number }>('keyed', {}, async ({ data }) => void given.push(data.n));
    await server.context.db.tenant(first, async (tx) => {
      for (const n of [1, 2]) await enqueue(tx, first, 'keyed', { n }, { key: 'same' });
      await enqueue(tx, first, 'keyed', { n: 3 }, { dueAt: new Date(clock.at + 3_600_000) });
    });
    await relay.drain();
    expect(await rowsOf(first)).toHaveLength(1);
    await start();
    await vi.waitFor(() => expect(given).toEqual([1]), soon);
    clock.at += 3_600_001;
    await relay.drain();
    await vi.waitFor(() => expect(given).toEqual([1, 3]), soon);
  });
});

describe('the schedule', () => {
  const runs = (tenantId: string) =>
    server.context.db.tenant(tenantId, (tx) => tx.select().from(jobRuns).orderBy(jobRuns.period));
  type Seen = [tenantId: string, period: string];

  function scheduled(now: string, at: string, seen: Seen[], weekday?: number) {
    const made = background(now);
    made.schedule.daily(
      'test-daily',
      { at: () => at, ...(weekday ? { weekday } : {}) },
      async ({ tenantId, period }) => {
        seen.push([tenantId, period]);
        return { counted: 1 };
      },
    );
    return made;
  }

  it('runs once for each institution, day by day in its zone, whatever two servers and a restart do', async () => {
    const seen: Seen[] = [];
    // 18:00 is 15:00 in Istanbul and 17:00 in Berlin, as UTC has it.
    const servers = [1, 2].map(() => scheduled('2027-01-15T14:59:00Z', '18:00', seen));
    for (const each of servers) await each.start();
    const tick = async (now: string) => {
      for (const each of servers) each.clock.at = Date.parse(now);
      await Promise.all(servers.map((each) => each.schedule.tick()));
    };
    // What was due yesterday is caught up.
    await tick('2027-01-15T14:59:00Z');
    await vi.waitFor(() => expect(seen).toHaveLength(2), soon);
    expect(new Set(seen.map(([, period]) => period))).toEqual(new Set(['2027-01-14']));
    await tick('2027-01-15T15:00:05Z');
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([first, '2027-01-15']), soon);
    await tick('2027-01-15T17:00:05Z');
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([second, '2027-01-15']), soon);
    const restarted = scheduled('2027-01-15T17:01:00Z', '18:00', seen);
    await restarted.start();
    await restarted.schedule.tick();
    // The clock set back is no new day.
    await tick('2027-01-15T13:00:00Z');
    await tick('2027-01-15T17:30:00Z');
    await vi.waitFor(
      async () => expect((await runs(first)).every(({ status }) => status === 'done')).toBe(true),
      soon,
    );
    expect(seen).toHaveLength(4);
    expect((await runs(first)).map(({ period, attempts, result }) => [period, attempts, result])).toEqual([
      ['2027-01-14', 1, { counted: 1 }],
      ['2027-01-15', 1, { counted: 1 }],
    ]);
  });

  it('catches up once after days away, and nothing older than a day', async () => {
    const seen: Seen[] = [];
    const weekly = scheduled('2027-02-03T12:00:00Z', '18:00', seen, 7);
    await weekly.start();
    await weekly.schedule.tick();
    // Wednesday: last Sunday is too long ago.
    expect(await runs(first)).toEqual([]);
    weekly.clock.at = Date.parse('2027-02-08T10:00:00Z');
    await weekly.schedule.tick();
    await vi.waitFor(() => expect(seen).toHaveLength(2), soon);
    expect(new Set(seen.map(([, period]) => period))).toEqual(new Set(['2027-W05']));
  });

  it.each([
    ['left out', '2027-03-27T20:00:00Z', '2027-03-29T20:00:00Z', ['2027-03-27', '2027-03-28', '2027-03-29']],
    [
      'there twice',
      '2027-10-30T20:00:00Z',
      '2027-11-01T20:00:00Z',
      ['2027-10-30', '2027-10-31', '2027-11-01'],
    ],
  ])('runs once on the day on which 02:30 is %s', async (_what, from, until, expected) => {
    const seen: Seen[] = [];
    const made = scheduled(from, '02:30', seen);
    await made.start();
    for (let at = Date.parse(from); at <= Date.parse(until); at += 30 * 60_000) {
      made.clock.at = at;
      await made.schedule.tick();
    }
    const mine = () => seen.filter(([tenantId]) => tenantId === second).map(([, period]) => period);
    await vi.waitFor(() => expect(mine()).toHaveLength(expected.length), soon);
    expect([...mine()].sort()).toEqual(expected);
  });

  it('runs what belongs to the machine once for all, in the zone that it was set up with', async () => {
    const seen: Seen[] = [];
    const made = background('2027-04-01T00:00:30Z');
    made.schedule.machine('test-machine', '03:00', async ({ tenantId, period }) => {
      seen.push([tenantId, period]);
      return {};
    });
    await made.start();
    await made.schedule.tick();
    await vi.waitFor(() => expect(seen).toEqual([[first, '2027-04-01']]), soon);
    expect(await runs(second)).toEqual([]);
  });

  it('says why a run failed, tries again, and runs again when asked', async () => {
    let failing = true;
    let count = 0;
    const made = background('2027-05-01T16:00:00Z');
    made.schedule.daily(
      'test-failing',
      { at: '18:00' },
      async () => {
        count += 1;
        if (failing) throw new Error('no paper');
        return {};
      },
      { attempts: 2, backoffMs: 10 },
    );
    await made.start();
    await made.schedule.tick();
    await vi.waitFor(async () => {
      const letters = await server.context.db.tenant(first, (tx) => tx.select().from(deadLetters));
      expect(letters).toMatchObject([{ job: 'test-failing', error: 'no paper', attempts: 2 }]);
    }, soon);
    expect((await runs(first))[0]).toMatchObject({ status: 'failed', error: 'no paper', attempts: 2 });
    failing = false;
    const before = count;
    await server.context.db.tenant(first, async (tx) => {
      const [tenant] = await tx.execute<{ settings: Record<string, unknown> }>(
        sql`select settings from tenants`,
      );
      const institution = { id: first, timezone: 'Europe/Istanbul', settings: tenant!.settings };
      expect(await made.schedule.runNow(tx, institution, 'test-failing')).toBe('2027-05-01');
    });
    await vi.waitFor(
      async () => expect((await runs(first))[0]).toMatchObject({ status: 'done', error: null }),
      soon,
    );
    expect(count).toBeGreaterThan(before);
  });
});

describe('the storage', () => {
  const filesOf = async (tenantId: string): Promise<string[]> => {
    const base = join(server.config.dataDir, 'files', tenantId);
    const folders = await readdir(base).catch(() => [] as string[]);
    const names = await Promise.all(
      folders.map(async (folder) =>
        (await readdir(join(base, folder))).map((name) => join(base, folder, name)),
      ),
    );
    return names.flat();
  };
  const pdf = { kind: 'report', name: 'Kasım raporu.pdf', type: 'application/pdf' } as const;

  it('keeps a file encrypted, private, and for its institution only', async () => {
    const { db, storage } = server.context;
    const content = Buffer.from('%PDF something that must not be readable');
    const stored = await db.tenant(first, (tx) => storage.put(tx, first, { ...pdf, content }));
    expect(stored).toMatchObject({ ...pdf, bytes: content.length });
    const [path] = await filesOf(first);
    expect((await stat(path!)).mode & 0o777).toBe(0o600);
    expect((await readFile(path!)).includes('something')).toBe(false);
    const read = await db.tenant(first, (tx) => storage.get(tx, first, stored.id));
    expect(read.content).toEqual(content);
    await expect(db.tenant(second, (tx) => storage.get(tx, second, stored.id))).rejects.toMatchObject({
      code: 'file-not-found',
    });
    await db.tenant(first, (tx) => storage.remove(tx, first, [stored.id]));
    expect(await storage.sweep(first, { youngMs: 0 })).toBe(1);
    expect(await filesOf(first)).toEqual([]);
  });

  it('does not give out what has expired', async () => {
    const { db, storage, clock } = server.context;
    const expiresAt = new Date(clock.now() - 1);
    const stored = await db.tenant(first, (tx) =>
      storage.put(tx, first, { ...pdf, content: Buffer.of(1), expiresAt }),
    );
    await expect(db.tenant(first, (tx) => storage.get(tx, first, stored.id))).rejects.toMatchObject({
      code: 'file-not-found',
    });
    await db.tenant(first, (tx) => storage.remove(tx, first, [stored.id]));
  });

  it('removes bytes whose row was never written, but not those of a transaction under way', async () => {
    const { db, storage } = server.context;
    await expect(
      db.tenant(first, async (tx) => {
        await storage.put(tx, first, { ...pdf, content: Buffer.of(1, 2, 3) });
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    const kept = await db.tenant(first, (tx) => storage.put(tx, first, { ...pdf, content: Buffer.of(4) }));
    const orphans = (await filesOf(first)).filter((path) => !path.endsWith(kept.id));
    expect(orphans.length).toBeGreaterThan(0);
    expect(await storage.sweep(first)).toBe(0);
    const old = new Date(Date.now() - 2 * 3_600_000);
    for (const path of orphans) await utimes(path, old, old);
    await writeFile(`${orphans[0]}.part`, 'left by a crash');
    await utimes(`${orphans[0]}.part`, old, old);
    expect(await storage.sweep(first)).toBe(orphans.length + 1);
    expect(await filesOf(first)).toHaveLength(1);
    expect((await db.tenant(first, (tx) => storage.get(tx, first, kept.id))).content).toEqual(Buffer.of(4));
  });

  it('takes the bytes away by itself after the row', async () => {
    const { db, storage } = server.context;
    const kept = await db.tenant(second, (tx) => storage.put(tx, second, { ...pdf, content: Buffer.of(4) }));
    await db.tenant(second, (tx) => storage.remove(tx, second, [kept.id]));
    const [row] = await db.tenant(second, (tx) =>
      tx.select().from(outbox).where(eq(outbox.tenantId, second)),
    );
    expect(row).toMatchObject({ type: 'job:storage-remove', payload: { data: { ids: [kept.id] } } });
  });
});
