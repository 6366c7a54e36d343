import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/live.ts';
import { asAdmin, type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';
import { type RedisServer, skipWithoutRedis, startRedis } from '../support/redis.ts';
import { ADMIN_EMAIL, type Api, PASSWORD, signIn } from '../support/server.ts';

const HOLDER = fileURLToPath(new URL('../support/server-holder.ts', import.meta.url));

interface Export {
  id: string;
  status: string;
  file: { href: string } | null;
}

describe.each([
  ['pg-boss', false],
  ['bull', skipWithoutRedis('a server on Bull that is killed in mid-job')],
] as const)('a server on %s that is killed in mid-report', { concurrent: true }, (kind, skipped) => {
  const disposers: (() => Promise<unknown> | unknown)[] = [];
  afterEach(async () => {
    for (const dispose of disposers.splice(0).reverse()) await dispose();
  });

  it.skipIf(skipped)(
    'makes it again after its restart, and once',
    async () => {
      const database: PostgresServer = await startPostgresServer();
      disposers.push(() => database.stop());
      await asAdmin(database, 'create role own login createrole', 'create database yoklama owner own');
      const dataDir = await mkdtemp(join(tmpdir(), 'yoklama-job-'));
      disposers.push(() => rm(dataDir, { recursive: true, force: true }));
      const env: Record<string, string> = {
        DATA_DIR: dataDir,
        DATABASE_URL: `postgres://own@127.0.0.1:${database.port}/yoklama`,
        MASTER_KEY: randomBytes(32).toString('base64'),
      };
      if (kind === 'bull') {
        const redis: RedisServer = await startRedis();
        disposers.push(() => redis.close());
        env.REDIS_URL = redis.url;
      }
      const sql = postgres(database.admin.replace(/postgres$/, 'yoklama'), {
        max: 2,
        onnotice: () => undefined,
      });
      disposers.push(() => sql.end({ timeout: 1 }));
      const status = async () => (await sql`select status from report_jobs`)[0]?.status as string | undefined;

      const first = await serve(env);
      const api = await signIn(first.url, ADMIN_EMAIL, PASSWORD);
      // Making it waits for a table that somebody holds, for as long as that takes.
      const killed = sql.begin(async (tx) => {
        await tx`lock table erasure_receipts in access exclusive mode`;
        const asked = await api.post<Export>('/reports/exports', {
          report: 'records',
          params: { from: '2026-08-01' },
          format: 'csv',
          locale: 'tr',
          later: true,
        });
        expect(asked.status).toBe(202);
        await eventually(async () => (await status()) === 'running', 30_000);
        first.process.kill('SIGKILL');
        await once(first.process, 'exit');
        return asked.body.id;
      });
      const id = await killed;
      expect(await status()).toBe('running');

      const second = await serve(env);
      const again: Api = await signIn(second.url, ADMIN_EMAIL, PASSWORD);
      // The lease of the killed server has to run out first.
      await eventually(async () => (await status()) === 'done', 90_000);
      const { body } = await again.get<Export>(`/reports/exports/${id}`);
      expect((await again.get(body.file!.href)).status).toBe(200);
      const [files] = await sql`select count(*)::int as n from files where kind = 'report'`;
      const [jobs] = await sql`select count(*)::int as n from report_jobs`;
      const [dead] = await sql`select count(*)::int as n from dead_letters`;
      expect([files?.n, jobs?.n, dead?.n]).toEqual([1, 1, 0]);
    },
    180_000,
  );

  async function serve(env: Record<string, string>): Promise<{ url: string; process: ChildProcess }> {
    const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, JSON.stringify(env)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    disposers.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.startsWith('http')) return { url: line, process: child };
    }
    throw new Error('The server ended before it listened.');
  }
});
