import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open as openFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Logger } from 'pino';
import type postgres from 'postgres';
import { type Connection, openSql } from '../db/client.ts';
import { newHeader, seal } from './container.ts';
import { type Described, type Manifest, type Packed, packEntry } from './entries.ts';
import { currentMigration, readTables, type Table } from './tables.ts';

export interface BackupSource {
  /** As the owner of the tables. */
  owner: Connection;
  dataDir: string;
  /** Derived from the master key for backups. */
  key: Buffer;
  log: Logger;
}

export interface Backup {
  name: string;
  bytes: number;
  createdAt: Date;
}

export interface Progress {
  /** What is being copied: a table, or `files`. */
  part: string;
  done: number;
  of: number;
}

const SUFFIX = '.backup';
const NAME = /^yoklama-\d{8}-\d{6}-\d{3}\.backup$/;

/**
 * Copies all tables as they were at one moment, and the files that they speak of, into one encrypted file. The file has
 * its name once it is whole and on the disk.
 */
export async function makeBackup(
  source: BackupSource,
  folder: string,
  options: { now: Date; signal?: AbortSignal; onProgress?: (progress: Progress) => void },
): Promise<Backup> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeParts(folder);
  const name = `yoklama-${options.now.toISOString().replace(/[-:]/g, '').replace('T', '-').replace('.', '-').replace('Z', '')}${SUFFIX}`;
  const path = join(folder, name);
  const part = `${path}.part`;
  const sql = openSql(source.owner, { pool: 1, log: source.log, statementTimeoutMs: 0 });
  try {
    await sql.begin('isolation level repeatable read read only', async (tx) => {
      const migration = await currentMigration(tx as unknown as postgres.Sql);
      const header = newHeader(source.key, { createdAt: options.now.toISOString(), migration });
      await pipeline(
        Readable.from(pack(tx, source, options.onProgress), { objectMode: false }),
        createGzip({ level: 5 }),
        (packed: AsyncIterable<Buffer>) => seal(source.key, header, packed),
        createWriteStream(part, { mode: 0o600, flags: 'wx', flush: true }),
        options.signal ? { signal: options.signal } : {},
      );
    });
    await rename(part, path);
    await syncFolder(folder);
    return { name, bytes: (await stat(path)).size, createdAt: options.now };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function* pack(
  tx: postgres.TransactionSql,
  source: BackupSource,
  onProgress: (progress: Progress) => void = () => undefined,
): AsyncGenerator<Buffer> {
  const manifest: Manifest = { tables: {}, files: { count: 0, bytes: 0 } };
  const tables = await readTables(tx as unknown as postgres.Sql);
  const scopes = await readScopes(tx);
  for (const [index, table] of tables.entries()) {
    onProgress({ part: table.name, done: index, of: tables.length });
    let rows = 0;
    const content = counted(copyOut(tx, table, scopes), (lines) => {
      rows += lines;
    });
    const described: Described = { kind: 'table', name: table.name, columns: table.columns };
    yield* packEntry(described, content, ({ sha256 }) => {
      manifest.tables[table.name] = { rows, sha256 };
    });
  }
  yield* packFiles(tx, source, scopes, manifest, onProgress);
  const text = Buffer.from(JSON.stringify(manifest));
  yield* packEntry({ kind: 'manifest', name: 'manifest' }, once(text), () => undefined);
}

/** What an owner sees that row-level security holds: one institution after the other. Null: everything at once. */
type Scopes = string[] | null;

async function readScopes(tx: postgres.TransactionSql): Promise<Scopes> {
  const [role] = await tx`select rolsuper or rolbypassrls as free from pg_roles where rolname = current_user`;
  if (role?.free) return null;
  await tx`select set_config('app.system', 'on', true)`;
  const rows = await tx<{ id: string }[]>`select id from tenants order by id`;
  await tx`select set_config('app.system', '', true)`;
  return rows.map(({ id }) => id);
}

async function* inScopes<T>(
  tx: postgres.TransactionSql,
  ofSystem: boolean,
  scopes: Scopes,
  work: () => AsyncIterable<T>,
): AsyncGenerator<T> {
  if (scopes === null) return yield* work();
  if (ofSystem) {
    await tx`select set_config('app.system', 'on', true)`;
    yield* work();
    await tx`select set_config('app.system', '', true)`;
    return;
  }
  for (const id of scopes) {
    await tx`select set_config('app.tenant_id', ${id}, true)`;
    yield* work();
  }
  await tx`select set_config('app.tenant_id', '', true)`;
}

function copyOut(tx: postgres.TransactionSql, table: Table, scopes: Scopes): AsyncGenerator<Buffer> {
  const text = `copy (select ${table.columns.join(', ')} from public."${table.name}") to stdout`;
  return inScopes(tx, table.ofSystem, scopes, async function* () {
    yield* (await tx.unsafe(text).readable()) as AsyncIterable<Buffer>;
  });
}

/** In COPY's text format a line is a row: what is inside of one is escaped. */
async function* counted(
  content: AsyncIterable<Buffer>,
  onLines: (lines: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    let lines = 0;
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
    onLines(lines);
    yield piece;
  }
}

async function* packFiles(
  tx: postgres.TransactionSql,
  source: BackupSource,
  scopes: Scopes,
  manifest: Manifest,
  onProgress: (progress: Progress) => void,
): AsyncGenerator<Buffer> {
  const listed: string[] = [];
  const rows = inScopes(tx, false, scopes, async function* () {
    yield* await tx<
      { tenantId: string; id: string }[]
    >`select tenant_id as "tenantId", id from files order by id`;
  });
  for await (const { tenantId, id } of rows) listed.push(join(tenantId, id.slice(-2), id));
  for (const [index, name] of listed.entries()) {
    onProgress({ part: 'files', done: index, of: listed.length });
    const path = join(source.dataDir, 'files', name);
    try {
      await stat(path);
    } catch {
      source.log.warn({ file: name }, 'a file of the storage is missing and not in the backup');
      continue;
    }
    const content = createReadStream(path) as AsyncIterable<Buffer>;
    yield* packEntry({ kind: 'file', name }, content, ({ bytes }: Packed) => {
      manifest.files.count += 1;
      manifest.files.bytes += bytes;
    });
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** The newest first. */
export async function listBackups(folder: string): Promise<Backup[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const found = names
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
  return Promise.all(
    found.map(async (name) => {
      const { size, mtime } = await stat(join(folder, name));
      return { name, bytes: size, createdAt: mtime };
    }),
  );
}

/** Removes all but the newest `keep`; returns the names of those that went. */
export async function pruneBackups(folder: string, keep: number): Promise<string[]> {
  const old = (await listBackups(folder)).slice(Math.max(1, keep)).map(({ name }) => name);
  for (const name of old) await rm(join(folder, name), { force: true });
  return old;
}

/** What a killed server left behind. */
async function removeParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(`${SUFFIX}.part`)) await rm(join(folder, name), { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
