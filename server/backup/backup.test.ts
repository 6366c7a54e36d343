import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { projectRoot } from '../../config/paths.ts';
import { loadSecrets } from '../../config/secrets.ts';
import { asAdmin, type PostgresServer, startPostgresServer } from '../../tests/support/postgres-server.ts';
import { addTenant, startTestServer } from '../../tests/support/server.ts';
import { createCrypto } from '../crypto.ts';
import { openSql } from '../db/client.ts';
import { newId } from '../db/ids.ts';
import { openOwner } from '../db/open.ts';
import { faceTemplates } from '../db/schema/index.ts';
import { publish } from '../jobs/outbox.ts';
import { tenantCrypto } from '../features/tenants/service.ts';
import { BACKUP_KEY } from './cli.ts';
import { listBackups, makeBackup, pruneBackups } from './dump.ts';
import { restoreBackup } from './restore.ts';
import { readTables } from './tables.ts';

const log = pino({ level: 'silent' });
const MASTER_KEY = Buffer.alloc(32, 5).toString('base64');
const crypto = createCrypto(Buffer.from(MASTER_KEY, 'base64'));
const key = crypto.derive(BACKUP_KEY);
const now = new Date('2026-11-21T00:00:00Z');
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
  let backups: string;
  let file: string;
  let before: Record<string, string>;
  let tenantId: string;
  let fileId: string;
  const vector = new Float32Array([0.6, 0.8, 0, 1 / 3]);

  beforeAll(async () => {
    dataDir = await folder();
    backups = await folder();
    const server = await startTestServer({ dataDir, env: { MASTER_KEY } });
    try {
      await addTenant(server, 'second', 'eu');
      tenantId = server.seeded!.tenantId;
      const { context } = server;
      const { id: studentId } = server.seeded!.students[0]!;
      await context.db.tenant(tenantId, async (tx) => {
        const seal = await tenantCrypto(context, tx, tenantId);
        const id = newId();
        await tx.insert(faceTemplates).values({
          id,
          tenantId,
          studentId,
          kind: 'enrolment',
          model: 'test',
          embedding: seal.sealVector(`template:${studentId}`, vector),
          quality: 1,
        } as typeof faceTemplates.$inferInsert);
        fileId = (
          await context.storage.put(tx, tenantId, {
            kind: 'excuse',
            name: 'Rapor, ığüşöç\t"x".pdf',
            type: 'application/pdf',
            content: Buffer.from([0, 10, 13, 92, 255]),
            studentId,
          })
        ).id;
        await publish(tx, tenantId, 'student.erased', { studentId });
      });
      await context.outbox.close();
      await makeBackup(
        { owner: (server as unknown as { owner?: never }).owner ?? context.owner, dataDir, key, log },
        backups,
        { now },
      );
    } finally {
      await server.close();
    }
  }, 60_000);

  it('keeps the backup to itself, under its time', async () => {
    const [found] = await listBackups(backups);
    file = join(backups, found!.name);
    expect(found!.name).toBe('yoklama-20261121-000000-000.backup');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const bytes = await readFile(file);
    expect(bytes.includes('Öğrenci')).toBe(false);
    expect(bytes.includes('admin@test.local')).toBe(false);
    expect(bytes.subarray(0, 200).toString('latin1')).toContain('"format":1');
  });
});
