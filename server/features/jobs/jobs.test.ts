import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Api, addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';
import { deadLetters, idempotencyKeys, jobRuns, oneTimeTokens, outbox } from '../../db/schema/index.ts';
import type { JobOverview } from './schemas.ts';

const soon = { timeout: 15_000, interval: 50 };
const DAY_MS = 24 * 3_600_000;
let server: TestServer;
let other: Api;
let tenantId: string;
let backups: string;
const clock = { at: Date.now() };

beforeAll(async () => {
  backups = await mkdtemp(join(tmpdir(), 'yoklama-jobs-'));
  server = await startTestServer({
    env: { BACKUP_DIR: backups },
    overrides: { clock: { now: () => clock.at } },
  });
  tenantId = server.seeded!.tenantId;
  other = await addTenant(server, 'other');
});
afterAll(async () => {
  await server?.close();
  await rm(backups, { recursive: true, force: true });
});

const overview = async (api = server.admin) => (await api.get<JobOverview>('/jobs')).body;
const asTenant = <T>(work: Parameters<typeof server.context.db.tenant<T>>[1]) =>
  server.context.db.tenant(tenantId, work);

describe('background work, as administrators see it', () => {
  it('shows queues, outbox, schedule and runs', async () => {
    const seen = await overview();
    expect(seen.queue).toMatchObject({ kind: 'pg-boss', available: true });
    expect(seen.queue.queues.map(({ name }) => name)).toContain('retention');
    const names = seen.schedule.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['retention', 'backup', 'sign-in-attempts']));
    const retention = seen.schedule.find(({ name }) => name === 'retention')!;
    expect(retention).toMatchObject({ at: '02:30', weekday: null, machine: false, last: null });
    const when = Object.fromEntries(seen.schedule.map(({ name, at, weekday }) => [name, [at, weekday]]));
    expect(when).toMatchObject({
      'notifications.daily-report': ['18:00', null],
      'notifications.weekly-report': ['18:00', 7],
      backup: ['03:00', null],
    });
    expect(Date.parse(retention.next)).toBeGreaterThan(clock.at);
    // The machine belongs to the first institution.
    expect((await overview(other)).schedule.some(({ machine }) => machine)).toBe(false);
  });

  it('is for administrators', async () => {
    for (const path of ['/jobs', '/jobs/dead', '/backups']) {
      expect((await server.teacher.get(path)).status).toBe(403);
      expect((await server.anonymous.get(path)).status).toBe(401);
    }
    expect((await server.teacher.post('/jobs/retention/run')).status).toBe(403);
    // Backups hold every institution's data.
    expect((await other.get('/backups')).status).toBe(403);
    expect((await other.post('/backups')).status).toBe(403);
    expect((await other.post('/jobs/backup/run')).status).toBe(403);
  });

  it('runs a job when asked, and removes what has expired', async () => {
    const { storage } = server.context;
    const old = new Date(clock.at - 2 * DAY_MS);
    const file = await asTenant(async (tx) => {
      await tx.insert(idempotencyKeys).values({
        id: newId(),
        tenantId,
        callerId: newId(),
        key: 'k',
        requestHash: Buffer.alloc(32),
        expiresAt: old,
      });
      await tx.insert(jobRuns).values({
        id: newId(),
        tenantId,
        name: 'ancient',
        period: '2020-01-01',
        status: 'done',
        startedAt: new Date(clock.at - 100 * DAY_MS),
      });
      return storage.put(tx, tenantId, {
        kind: 'export',
        name: 'x.csv',
        type: 'text/csv',
        content: Buffer.of(1),
        expiresAt: old,
      });
    });
    const started = await server.admin.post<{ period: string }>('/jobs/retention/run');
    expect(started.status).toBe(202);
    const finished = async () => {
      const [run] = (await overview()).runs.filter(({ name }) => name === 'retention');
      expect(run).toMatchObject({ status: 'done', period: started.body.period, attempts: 1 });
      return run!;
    };
    const { result } = await vi.waitFor(finished, soon);
    expect(result.removed).toMatchObject({ 'expired-files': 1, 'idempotency-keys': 1, 'job-rows': 1 });
    const rows = await asTenant((tx) => tx.execute(sql`select id from files where id = ${file.id}`));
    expect(rows).toHaveLength(0);
    // Once more does no harm.
    expect((await server.admin.post('/jobs/retention/run')).status).toBe(202);
    await vi.waitFor(
      async () => expect((await finished()).result.removed).toMatchObject({ 'job-rows': 0 }),
      soon,
    );
    expect((await server.admin.post('/jobs/no-such-job/run')).status).toBe(404);
  });

  it('removes tokens of its own institution only', async () => {
    const otherId = (await other.get<{ tenantId: string }>('/auth/me')).body.tenantId;
    const before = await server.context.db.system((tx) => tx.select().from(oneTimeTokens));
    await server.context.retention.run(otherId);
    expect(await server.context.db.system((tx) => tx.select().from(oneTimeTokens))).toHaveLength(
      before.length,
    );
  });

  it('lists what failed for the last time; it is tried again or forgotten', async () => {
    const at = new Date(clock.at);
    const [job, forgotten, event] = [newId(), newId(), newId()];
    await asTenant(async (tx) => {
      const letter = {
        tenantId,
        data: { period: '2026-01-01', day: '2026-01-01' },
        attempts: 5,
        failedAt: at,
      };
      await tx.insert(deadLetters).values([
        { ...letter, id: job, job: 'retention', error: 'the disk was full' },
        { ...letter, id: forgotten, job: 'backup', error: 'no room' },
      ]);
      await tx.insert(outbox).values({
        id: event,
        tenantId,
        type: 'mail.requested',
        payload: { secret: 'a link' },
        attempts: 10,
        lastError: 'refused',
        deadAt: at,
      });
    });
    type Listed = { total: number; items: { id: string; kind: string; name: string; error: string }[] };
    const list = async (query = '') => (await server.admin.get<Listed>(`/jobs/dead${query}`)).body;
    expect((await list()).total).toBe(3);
    expect((await list('?name=mail.requested')).items).toMatchObject([
      { id: event, kind: 'event', error: 'refused' },
    ]);
    expect(JSON.stringify(await list())).not.toContain('a link');
    expect((await other.get<Listed>('/jobs/dead')).body.total).toBe(0);
    for (const id of [job, event]) {
      expect((await other.post(`/jobs/dead/${id}/retry`)).status).toBe(404);
      expect((await other.call('DELETE', `/jobs/dead/${id}`)).status).toBe(404);
    }
    expect((await server.admin.call('DELETE', `/jobs/dead/${forgotten}`)).status).toBe(204);
    expect((await server.admin.call('DELETE', `/jobs/dead/${forgotten}`)).status).toBe(404);
    expect((await server.admin.post(`/jobs/dead/${job}/retry`)).status).toBe(204);
    expect((await server.admin.post(`/jobs/dead/${job}/retry`)).status).toBe(404);
    expect((await list()).items.map(({ id }) => id)).toEqual([event]);
    expect((await server.admin.call('DELETE', `/jobs/dead/${event}`)).status).toBe(204);
    expect((await list()).total).toBe(0);
  });

  it('makes a backup when asked, and lists it', async () => {
    const started = await server.admin.post('/backups');
    expect(started.status).toBe(202);
    const listed = await vi.waitFor(async () => {
      const { body } = await server.admin.get<{ items: { name: string; bytes: number }[] }>('/backups');
      expect(body.items).toHaveLength(1);
      return body.items;
    }, soon);
    expect(listed[0]!.bytes).toBeGreaterThan(1000);
    await vi.waitFor(async () => {
      const run = (await overview()).runs.find(({ name }) => name === 'backup');
      expect(run).toMatchObject({ status: 'done', result: { name: listed[0]!.name } });
    }, soon);
  });

  it('makes it by itself at night', async () => {
    const next = (await overview()).schedule.find(({ name }) => name === 'backup')!.next;
    clock.at = Date.parse(next) + 1000;
    await server.context.schedule.tick();
    await vi.waitFor(async () => {
      expect(await server.context.backups.list()).toHaveLength(2);
    }, soon);
  });
});
