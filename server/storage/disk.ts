import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { eq, gt, inArray } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { CryptoError, type TenantCrypto } from '../crypto.ts';
import { newId } from '../db/ids.ts';
import { isDiskFull } from '../db/problems.ts';
import { files } from '../db/schema/index.ts';
import type { Tx } from '../db/tenancy.ts';
import { ApiError } from '../errors.ts';
import { tenantCrypto } from '../features/tenants/service.ts';
import { enqueue } from '../jobs/outbox.ts';
import type { Storage, StoredFile } from './storage.ts';

/** The job that takes away the bytes of removed rows once their transaction has committed. */
const REMOVE_JOB = 'storage-remove';
const YOUNG_MS = 3_600_000;
const UUID = /^[0-9a-f-]{36}$/;

/** `dataDir/files/INSTITUTION/LAST TWO OF THE ID/ID`, readable by the server's user only. */
export function createDiskStorage(context: AppContext): Storage {
  const root = join(context.config.dataDir, 'files');
  // Ids begin with the time, so their last characters are what spreads them.
  const folderOf = (tenantId: string, id: string) => join(root, tenantId, id.slice(-2));
  const pathOf = (tenantId: string, id: string) => join(folderOf(tenantId, id), id);

  context.queue.define<{ tenantId: string; ids: string[] }>(
    REMOVE_JOB,
    { attempts: 10 },
    async ({ data }) => {
      // The transaction that removed the rows may have been another's: bytes with a row stay.
      const kept = await context.db.tenant(data.tenantId, (tx) => existing(tx, data.ids));
      for (const id of data.ids) if (!kept.has(id)) await rm(pathOf(data.tenantId, id), { force: true });
    },
  );

  return {
    async put(tx, tenantId, file) {
      const id = newId();
      const crypto = await tenantCrypto(context, tx, tenantId);
      const sealed = crypto.seal(purpose(id), file.content);
      await write(folderOf(tenantId, id), id, sealed);
      const [row] = await tx
        .insert(files)
        .values({
          id,
          tenantId,
          kind: file.kind,
          name: file.name,
          type: file.type,
          bytes: file.content.byteLength,
          studentId: file.studentId ?? null,
          createdBy: file.createdBy ?? null,
          expiresAt: file.expiresAt ?? null,
          createdAt: new Date(context.clock.now()),
        })
        .returning();
      return toStored(row!);
    },

    async get(tx, tenantId, fileId) {
      const [row] = await tx.select().from(files).where(eq(files.id, fileId));
      if (!row || (row.expiresAt && row.expiresAt.getTime() <= context.clock.now()))
        throw new ApiError('file-not-found');
      const crypto = await tenantCrypto(context, tx, tenantId);
      let sealed: Buffer;
      try {
        sealed = await readFile(pathOf(tenantId, fileId));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        context.log.error({ tenantId, fileId }, 'the bytes of a file are missing');
        throw new ApiError('file-not-found', { cause: error });
      }
      return { ...toStored(row), content: crypto.open(purpose(fileId), sealed) };
    },

    async remove(tx, tenantId, fileIds) {
      if (fileIds.length === 0) return 0;
      const gone = await tx
        .delete(files)
        .where(inArray(files.id, [...fileIds]))
        .returning({ id: files.id });
      if (gone.length > 0) await enqueue(tx, tenantId, REMOVE_JOB, { ids: gone.map(({ id }) => id) });
      return gone.length;
    },

    async sweep(tenantId, { youngMs = YOUNG_MS } = {}) {
      let removed = 0;
      const base = join(root, tenantId);
      for (const folder of await namesIn(base)) {
        const names = (await namesIn(join(base, folder))).slice(0, 100_000);
        const ids = names.filter((name) => UUID.test(name));
        const kept =
          ids.length === 0 ? new Set() : await context.db.tenant(tenantId, (tx) => existing(tx, ids));
        for (const name of names) {
          const path = join(base, folder, name);
          if (kept.has(name) || !(await isOlder(path, youngMs))) continue;
          await rm(path, { force: true });
          removed += 1;
        }
      }
      return removed;
    },

    async reseal(tenantId, signal) {
      const outcome = { resealed: 0, unreadable: 0, current: 0 };
      let after: string | null = null;
      do {
        const ids: string[] = await context.db.tenant(tenantId, (tx) => idsAfter(tx, after));
        const crypto = await context.db.tenant(tenantId, (tx) => tenantCrypto(context, tx, tenantId));
        for (const id of ids) {
          signal?.throwIfAborted();
          outcome[await resealFile(folderOf(tenantId, id), id, crypto)] += 1;
        }
        after = ids.length < RESEAL_BATCH ? null : ids.at(-1)!;
      } while (after !== null);
      return { resealed: outcome.resealed, unreadable: outcome.unreadable };
    },
  };
}

const RESEAL_BATCH = 500;

async function idsAfter(tx: Tx, after: string | null): Promise<string[]> {
  const rows = await tx
    .select({ id: files.id })
    .from(files)
    .where(after === null ? undefined : gt(files.id, after))
    .orderBy(files.id)
    .limit(RESEAL_BATCH);
  return rows.map(({ id }) => id);
}

async function resealFile(
  folder: string,
  id: string,
  crypto: TenantCrypto,
): Promise<'resealed' | 'unreadable' | 'current'> {
  let sealed: Buffer;
  try {
    sealed = await readFile(join(folder, id));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return 'current';
  }
  if (sealed.subarray(0, crypto.prefix.length).equals(crypto.prefix)) return 'current';
  let content: Buffer;
  try {
    content = crypto.open(purpose(id), sealed);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return 'unreadable';
  }
  await write(folder, id, crypto.seal(purpose(id), content));
  return 'resealed';
}

const purpose = (id: string) => `file:${id}`;

async function existing(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx
    .select({ id: files.id })
    .from(files)
    .where(inArray(files.id, [...ids]));
  return new Set(rows.map(({ id }) => id));
}

/** Either the whole file under its name or none: written aside, flushed, then renamed. */
async function write(folder: string, name: string, bytes: Buffer): Promise<void> {
  // Of two who encrypt one file anew at once, each has its own.
  const aside = join(folder, `${name}.${newId()}.part`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, join(folder, name));
    await syncFolder(folder);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw isDiskFull(error) ? new ApiError('disk-full', { cause: error }) : error;
  }
}

/** A name is on the disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function isOlder(path: string, ms: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs >= ms;
  } catch {
    return false;
  }
}

function toStored(row: typeof files.$inferSelect): StoredFile {
  const { id, kind, name, type, bytes, createdAt, expiresAt } = row;
  return { id, kind, name, type, bytes, createdAt, expiresAt };
}
