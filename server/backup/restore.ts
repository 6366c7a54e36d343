import { createReadStream } from 'node:fs';
import { mkdir, open as openFile, rename, rm } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { pipeline as connect, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Logger } from 'pino';
import type postgres from 'postgres';
import { type Connection, openSql } from '../db/client.ts';
import { BackupError, damaged, type Header, open } from './container.ts';
import { type Manifest, type OpenEntry, readAll, unpackEntries } from './entries.ts';
import { dropEverything, makeSchema, readTables } from './tables.ts';

export interface RestoreTarget {
  owner: Connection;
  dataDir: string;
  key: Buffer;
  log: Logger;
  /** Replace what is in the database. */
  force: boolean;
  onProgress?: (text: string) => void;
}

export interface Restored {
  createdAt: string;
  migration: string;
  rows: number;
  files: number;
}

/**
 * Puts a backup in the place of the database and of the storage's files. The whole backup is read and checked first;
 * then the database changes in one transaction, so that it is either as before or as in the backup. The caller runs
 * later migrations afterwards. Throws a `BackupError` where the backup is damaged or the database is in use.
 */
export async function restoreBackup(target: RestoreTarget, path: string): Promise<Restored> {
  const say = target.onProgress ?? (() => undefined);
  const incoming = join(target.dataDir, 'files.incoming');
  const sql = openSql(target.owner, { pool: 1, log: target.log, statementTimeoutMs: 0 });
  try {
    await assertUsable(sql, target.force);
    say('checking the backup');
    await rm(incoming, { recursive: true, force: true });
    const { header, manifest } = await check(target, path, incoming);
    say(`writing the tables of ${header.createdAt}`);
    let rows = 0;
    await sql.begin(async (tx) => {
      await dropEverything(tx);
      await makeSchema(tx, header.migration);
      rows = await load(tx, target, path, manifest, say);
    });
    await swapFiles(target.dataDir, incoming);
    return {
      createdAt: header.createdAt,
      migration: header.migration.tag,
      rows,
      files: manifest.files.count,
    };
  } finally {
    await rm(incoming, { recursive: true, force: true });
    await sql.end({ timeout: 5 });
  }
}

async function assertUsable(sql: postgres.Sql, force: boolean): Promise<void> {
  const [others] = await sql`select count(*)::int as n from pg_stat_activity
    where datname = current_database() and application_name = 'yoklama' and pid <> pg_backend_pid()`;
  if (Number(others?.n) > 0) throw new BackupError('A server is running on this database; stop it first.');
  const [used] =
    await sql`select exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r') as yes`;
  if (used?.yes && !force) {
    throw new BackupError('The database is not empty. --force replaces everything in it with the backup.');
  }
}

interface Checked {
  header: Header;
  manifest: Manifest;
}

async function readBackup(
  target: RestoreTarget,
  path: string,
): Promise<{ header: Header; entries: AsyncGenerator<OpenEntry> }> {
  const { header, packed } = await open(target.key, createReadStream(path) as AsyncIterable<Buffer>);
  const plain = createGunzip();
  // What goes wrong before the decompression ends it, and whoever reads from it is told.
  connect(Readable.from(packed, { objectMode: false }), plain, () => undefined);
  return { header, entries: unpackEntries(plain) };
}

/** Reads all of it: sums, manifest, and the files, which wait aside. */
async function check(target: RestoreTarget, path: string, incoming: string): Promise<Checked> {
  const { header, entries } = await readBackup(target, path);
  const tables = new Set<string>();
  let files = 0;
  let manifest: Manifest | null = null;
  for await (const { described, content } of entries) {
    if (described.kind === 'manifest')
      manifest = JSON.parse((await readAll(content)).toString('utf8')) as Manifest;
    else if (described.kind === 'file') {
      await writeFile(incoming, described.name, content);
      files += 1;
    } else {
      tables.add(described.name);
      for await (const _piece of content);
    }
  }
  if (!manifest || manifest.files.count !== files) throw damaged();
  if (Object.keys(manifest.tables).some((name) => !tables.has(name))) throw damaged();
  return { header, manifest };
}

async function writeFile(folder: string, name: string, content: AsyncIterable<Buffer>): Promise<void> {
  const path = normalize(join(folder, name));
  if (!path.startsWith(folder + sep)) throw damaged();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await openFile(path, 'wx', 0o600);
  try {
    for await (const piece of content) await file.write(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function load(
  tx: postgres.TransactionSql,
  target: RestoreTarget,
  path: string,
  manifest: Manifest,
  say: (text: string) => void,
): Promise<number> {
  const known = new Map(
    (await readTables(tx as unknown as postgres.Sql)).map((table) => [table.name, table]),
  );
  // The rows are as they were: nothing is to be computed or refused a second time.
  for (const { name } of known.values()) {
    await tx.unsafe(`alter table public."${name}" no force row level security, disable trigger user`);
  }
  // Rows that migrations have made are in the backup as well.
  await tx.unsafe(`truncate ${[...known.keys()].map((name) => `public."${name}"`).join(', ')}`);
  const { entries } = await readBackup(target, path);
  let total = 0;
  for await (const { described, content } of entries) {
    if (described.kind !== 'table') {
      for await (const _piece of content);
      continue;
    }
    const { name, columns } = described;
    if (!known.has(name))
      throw new BackupError(`The backup has a table ${name} that its version did not have.`);
    const expected = manifest.tables[name]!.rows;
    if (expected > 0) say(`${name}: ${expected} rows`);
    const text = `copy public."${name}" (${columns.join(', ')}) from stdin`;
    await pipeline(Readable.from(content, { objectMode: false }), await tx.unsafe(text).writable());
    const [row] = await tx.unsafe(`select count(*)::int as n from public."${name}"`);
    if (Number(row?.n) !== expected) throw damaged();
    total += expected;
  }
  for (const { name } of known.values()) {
    await tx.unsafe(`alter table public."${name}" force row level security, enable trigger user`);
  }
  await setSequences(tx);
  return total;
}

/** Numbers that come next come after those that are there. */
async function setSequences(tx: postgres.TransactionSql): Promise<void> {
  const columns = await tx<{ table: string; column: string; sequence: string }[]>`
    select c.relname as table, a.attname as column,
      pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) as sequence
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) is not null`;
  for (const { table, column, sequence } of columns) {
    await tx.unsafe(
      `select setval('${sequence}', coalesce(max("${column}"), 1), max("${column}") is not null) from public."${table}"`,
    );
  }
}

/** The files change places in two steps that cannot fail for want of room. */
async function swapFiles(dataDir: string, incoming: string): Promise<void> {
  const place = join(dataDir, 'files');
  const old = join(dataDir, 'files.replaced');
  await rm(old, { recursive: true, force: true });
  await rename(place, old).catch(ignoreMissing);
  await rename(incoming, place).catch(ignoreMissing);
  await rm(old, { recursive: true, force: true });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
