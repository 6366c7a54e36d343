import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { count, sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { projectRoot } from '../../config/paths.ts';
import { asAdmin, type PostgresServer, startPostgresServer } from '../../tests/support/postgres-server.ts';
import { addTenant, startTestServer } from '../../tests/support/server.ts';
import { createCrypto } from '../crypto.ts';
import { type Connection, openDatabase, openSql } from '../db/client.ts';
import { newId } from '../db/ids.ts';
import { type DatabaseOwner, openOwner } from '../db/open.ts';
import { faceTemplates, students } from '../db/schema/index.ts';
import { templatePurpose } from '../features/sessions/secrets.ts';
import { tenantCrypto } from '../features/tenants/service.ts';
import { publish } from '../jobs/outbox.ts';
import { BACKUP_KEY } from './cli.ts';
import { BackupError } from './container.ts';
import { makeBackup } from './dump.ts';
import { restoreBackup } from './restore.ts';
import { readTables } from './tables.ts';

const log = pino({ level: 'silent' });
const MASTER_KEY = Buffer.alloc(32, 5).toString('base64');
const crypto = createCrypto(Buffer.from(MASTER_KEY, 'base64'));
const key = crypto.derive(BACKUP_KEY);
const folders: string[] = [];
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'yoklama-backup-'));
  folders.push(made);
  return made;
}
afterAll(async () => {
  for (const made of folders) await rm(made, { recursive: true, force: true });
});

/** One hash a table over all rows as text, as somebody sees it who sees everything. */
async function hashes(connection: Parameters<typeof openSql>[0]): Promise<Record<string, string>> {
  const client = openSql(connection, { pool: 1, log });
  try {
    const found: Record<string, string> = {};
    for (const { name, columns } of await readTables(client)) {
      const [row] = await client.unsafe(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as hash
         from (select ${columns.join(', ')} from public."${name}") t`,
      );
      found[name] = String(row?.hash);
    }
    return found;
  } finally {
    await client.end();
  }
}

describe('backup and restore', () => {
  let dataDir: string;
  let file: string;
  let before: Record<string, string>;
  let tenantId: string;
  let studentId: string;
  let fileId: string;
  const content = Buffer.from([0, 10, 13, 92, 255]);
  const vector = new Float32Array([0.6, 0.8, 0, 1 / 3]);

  beforeAll(async () => {
    dataDir = await folder();
    const backups = await folder();
    const server = await startTestServer({
      dataDir,
      env: { MASTER_KEY, BACKUP_DIR: backups, BACKUP_KEEP: '2' },
    });
    try {
      await addTenant(server, 'second', 'eu');
      const { context } = server;
      tenantId = server.seeded!.tenantId;
      studentId = server.seeded!.students[0]!.id;
      await context.db.tenant(tenantId, async (tx) => {
        const seal = await tenantCrypto(context, tx, tenantId);
        await tx.insert(faceTemplates).values({
          id: newId(),
          tenantId,
          studentId,
          kind: 'enrolment',
          embeddingModel: 'test',
          embedding: seal.sealVector(templatePurpose(studentId), vector),
        });
        const name = 'Rapor, ığüşöç\t"x"\\.\n.pdf';
        const kept = { kind: 'excuse', name, type: 'application/pdf', content, studentId } as const;
        fileId = (await context.storage.put(tx, tenantId, kept)).id;
      });
      await context.outbox.close();
      await context.db.tenant(tenantId, (tx) =>
        publish(tx, tenantId, 'session.opened', { sessionId: newId(), courseId: newId() }),
      );
      for (let n = 0; n < 3; n++) await context.backups.make();
      const listed = await context.backups.list();
      // The oldest went.
      expect(listed).toHaveLength(2);
      file = join(backups, listed[0]!.name);
    } finally {
      await server.close();
    }
    before = await withOwner(dataDir, ({ owner }) => hashes(owner));
  }, 60_000);

  function withOwner<T>(dir: string, work: (opened: DatabaseOwner) => Promise<T>): Promise<T> {
    return withConfig(loadConfig({ NODE_ENV: 'test', DATA_DIR: dir, MASTER_KEY }), work);
  }

  it('keeps what is in the backup to itself', async () => {
    expect(basename(file)).toMatch(/^yoklama-\d{8}-\d{6}-\d{3}\.backup$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const bytes = await readFile(file);
    for (const secret of ['Öğrenci', 'admin@test.local', tenantId])
      expect(bytes.includes(secret)).toBe(false);
    expect((await readdir(join(file, '..'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('brings every row and file back, into an empty data directory', async () => {
    const target = await folder();
    const restored = await withOwner(target, async (opened) => {
      const done = await restoreBackup({ ...opened, dataDir: target, key, log, force: false }, file);
      await opened.migrate();
      return done;
    });
    expect(restored.files).toBe(1);
    expect(restored.rows).toBeGreaterThan(10);
    expect(await withOwner(target, ({ owner }) => hashes(owner))).toEqual(before);

    const server = await startTestServer({ dataDir: target, env: { MASTER_KEY } });
    try {
      const { context } = server;
      await context.db.tenant(tenantId, async (tx) => {
        const open = await tenantCrypto(context, tx, tenantId);
        const [row] = await tx.select().from(faceTemplates);
        expect([...open.openVector(templatePurpose(studentId), row!.embedding)]).toEqual([...vector]);
        const kept = await context.storage.get(tx, tenantId, fileId);
        expect(kept.content).toEqual(content);
        expect(kept.name).toBe('Rapor, ığüşöç\t"x"\\.\n.pdf');
      });
      // What was waiting is carried out, and numbers go on after those that were given.
      await context.outbox.drain();
      expect(await context.outbox.stats()).toMatchObject({ waiting: 0, dead: 0 });
      await context.db.tenant(tenantId, (tx) =>
        publish(tx, tenantId, 'session.opened', { sessionId: newId(), courseId: newId() }),
      );
      await context.outbox.drain();
      // Row-level security holds as before.
      const [other] = await context.db.tenant(newId(), (tx) => tx.select({ n: count() }).from(students));
      expect(other!.n).toBe(0);
    } finally {
      await server.close();
    }
  });

  it('refuses a database that is in use or not empty, and with --force replaces all of it', async () => {
    const target = await folder();
    const server = await startTestServer({ dataDir: target, env: { MASTER_KEY }, students: 7 });
    const { owner } = { owner: server.postgres!.owner('yoklama') };
    const restore = (connection: Connection, force: boolean) =>
      restoreBackup({ owner: connection, dataDir: target, key, log, force }, file);
    await expect(restore(owner, true)).rejects.toThrow(/stop it first/);
    await server.close();
    await withOwner(target, async (opened) => {
      await expect(restore(opened.owner, false)).rejects.toThrow(/--force/);
      await restore(opened.owner, true);
      await opened.migrate();
      expect(await hashes(opened.owner)).toEqual(before);
    });
  });

  it('refuses a damaged, cut or foreign backup and changes nothing', async () => {
    const bytes = await readFile(file);
    const flip = (at: number) => {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      return changed;
    };
    const target = await folder();
    const server = await startTestServer({ dataDir: target, env: { MASTER_KEY }, students: 2 });
    await server.close();
    await withOwner(target, async ({ owner }) => {
      const untouched = await hashes(owner);
      const attempt = async (damagedBytes: Buffer, withKey = key) => {
        const path = join(target, 'damaged.backup');
        await writeFile(path, damagedBytes);
        await restoreBackup({ owner, dataDir: target, key: withKey, log, force: true }, path);
      };
      await expect(attempt(flip(bytes.length - 1))).rejects.toThrow(/damaged/);
      await expect(attempt(flip(Math.floor(bytes.length / 2)))).rejects.toThrow(/damaged/);
      await expect(attempt(flip(60))).rejects.toThrow(BackupError);
      await expect(attempt(bytes.subarray(0, bytes.length - 1000))).rejects.toThrow(/damaged/);
      await expect(attempt(bytes, Buffer.alloc(32, 9))).rejects.toThrow(/another master key/);
      await expect(attempt(Buffer.from('PK nothing of ours'))).rejects.toThrow(/no backup of yoklama/);
      expect(await hashes(owner)).toEqual(untouched);
      expect((await readdir(target)).filter((name) => name.startsWith('files.'))).toEqual([]);
    });
  });

  it('is a command of its own, both ways', async () => {
    const out = await folder();
    const run = (dir: string, ...args: string[]) =>
      promisify(execFile)(process.execPath, [join(projectRoot, 'bin', 'yoklama.mjs'), ...args], {
        cwd: out,
        env: { ...process.env, NODE_ENV: 'test', DATA_DIR: dir, MASTER_KEY, LOG_LEVEL: 'fatal' },
      });
    const made = await run(dataDir, 'backup', '--dir', out);
    const [name] = (await readdir(out)).filter((found) => found.endsWith('.backup'));
    expect(made.stdout).toContain(name);
    const target = await folder();
    const restored = await run(target, 'restore', join(out, name!));
    expect(restored.stdout).toMatch(/restored the state of .*: \d+ rows, 1 files/);
    expect(await withOwner(target, ({ owner }) => hashes(owner))).toEqual(before);
    await expect(run(target, 'restore', join(out, name!))).rejects.toMatchObject({
      stderr: expect.stringContaining('not empty'),
    });
  });

  it('copies and restores every institution with an owner whom row-level security holds', async () => {
    const own: PostgresServer = await startPostgresServer();
    try {
      await asAdmin(
        own,
        'create role own1 login createrole',
        'create database db1 owner own1',
        'create database db2 owner own1',
      );
      const url = (database: string) => `postgres://own1:x@127.0.0.1:${own.port}/${database}`;
      const configOf = (database: string) =>
        loadConfig({ NODE_ENV: 'test', DATABASE_URL: url(database), DATA_DIR: dataDir, MASTER_KEY });
      const everything = (database: string) =>
        hashes({ url: `postgres://root@127.0.0.1:${own.port}/${database}` });
      // Fill it with what the embedded one had, copy that, and restore the copy next to it.
      await withConfig(configOf('db1'), async (opened) => {
        await restoreBackup({ ...opened, dataDir: await folder(), key, log, force: false }, file);
        await opened.migrate();
      });
      expect(await everything('db1')).toEqual(before);
      const out = await folder();
      const copied = await withConfig(configOf('db1'), ({ owner }) =>
        makeBackup({ owner, dataDir, key, log }, out, { now: new Date() }),
      );
      await withConfig(configOf('db2'), async (opened) => {
        const given = { ...opened, dataDir: await folder(), key, log, force: false };
        await restoreBackup(given, join(out, copied.name));
        await opened.migrate();
        const db = await openDatabase(opened.app, { pool: 1, log });
        await db.system((tx) => tx.execute(sql`select 1`));
        await db.close();
      });
      expect(await everything('db2')).toEqual(before);
    } finally {
      await own.stop();
    }
  });
});

async function withConfig<T>(
  config: ReturnType<typeof loadConfig>,
  work: (opened: DatabaseOwner) => Promise<T>,
): Promise<T> {
  const opened = await openOwner(config, crypto, log);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
