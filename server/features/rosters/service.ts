import { and, count, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { files, importLines, imports } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { enqueue } from '../../jobs/outbox.ts';
import type { Caller } from '../auth/tokens.ts';
import { applyImport } from './applying.ts';
import { checkImport } from './checking.ts';
import type { ImportEntity } from './columns.ts';
import { CHECK_JOB } from './jobs.ts';
import type { Import, ImportLine, ImportLineQuery, ImportQuery } from './schemas.ts';
import type { Encoding } from './text.ts';
import { isZip } from './zip.ts';

export interface Upload {
  name: string;
  type: string;
  bytes: Buffer;
  entity: ImportEntity | null;
  encoding?: Encoding | undefined;
  emptyClears: boolean;
}

/** A file up to this size is read while the caller waits; a larger one is a job. */
const AT_ONCE_BYTES = 256 * 1024;
const KEPT_DAYS = 7;

/**
 * Keeps a roster and says line by line what it would do; nothing is changed. Throws what is wrong with the file as a
 * whole, unless it is so large that it becomes a job: then the import says it.
 */
export async function createImport(context: AppContext, caller: Caller, upload: Upload): Promise<Import> {
  const { tenantId, userId } = caller;
  const id = newId();
  const zip = isZip(upload.bytes);
  if (!zip && upload.entity === null) {
    throw new ApiError('invalid-request', {
      message: 'Say in the field `entity` what the table is of: students, teachers, courses or enrolments.',
    });
  }
  const now = context.clock.now();
  const expiresAt = new Date(now + KEPT_DAYS * 86_400_000);
  const later = upload.bytes.length > AT_ONCE_BYTES;
  await context.db.tenant(tenantId, async (tx) => {
    const file = await context.storage.put(tx, tenantId, {
      kind: 'import',
      name: upload.name,
      type: upload.type,
      content: upload.bytes,
      createdBy: userId,
      expiresAt,
    });
    await tx.insert(imports).values({
      id,
      tenantId,
      format: zip ? 'oneroster' : 'csv',
      entity: zip ? null : upload.entity,
      status: 'checking',
      fileId: file.id,
      details: { options: { encoding: upload.encoding, emptyClears: upload.emptyClears } },
      createdBy: userId,
      createdAt: new Date(now),
      expiresAt,
    });
    if (later) await enqueue(tx, tenantId, CHECK_JOB, { importId: id });
  });
  if (!later) {
    try {
      await checkImport(context, tenantId, id);
    } catch (error) {
      // What cannot be read is not kept: the caller hears of it at once.
      await context.db.tenant(tenantId, (tx) => removeImports(context, tx, tenantId, eq(imports.id, id)));
      throw error;
    }
  }
  return getImport(context, tenantId, id);
}

/** Throws `import-not-found`. */
export async function getImport(context: AppContext, tenantId: string, id: string): Promise<Import> {
  return context.db.tenant(tenantId, async (tx) => {
    const [row] = await selectImports(tx, eq(imports.id, id)).limit(1);
    if (!row) throw new ApiError('import-not-found');
    return toImport(row);
  });
}

/** Newest first. */
export async function listImports(tx: Tx, query: ImportQuery): Promise<{ total: number; items: Import[] }> {
  const where = query.status === undefined ? undefined : eq(imports.status, query.status);
  const [counted] = await tx.select({ total: count() }).from(imports).where(where);
  const rows = await selectImports(tx, where)
    .orderBy(desc(imports.createdAt), desc(imports.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map(toImport) };
}

/** Throws `import-not-found`. */
export async function listLines(
  tx: Tx,
  importId: string,
  query: ImportLineQuery,
): Promise<{ total: number; items: ImportLine[] }> {
  const [known] = await tx.select({ id: imports.id }).from(imports).where(eq(imports.id, importId));
  if (!known) throw new ApiError('import-not-found');
  const where = and(
    eq(importLines.importId, importId),
    query.outcome === undefined ? undefined : eq(importLines.outcome, query.outcome),
    query.entity === undefined ? undefined : eq(importLines.entity, query.entity),
    query.code === undefined ? undefined : eq(importLines.code, query.code),
  );
  const [counted] = await tx.select({ total: count() }).from(importLines).where(where);
  const rows = await tx
    .select()
    .from(importLines)
    .where(where)
    .orderBy(importLines.seq)
    .offset(query.skip)
    .limit(query.limit);
  const items = rows.map(({ seq, file, line, entity, key, outcome, code, message, targetId }) => ({
    ...{ seq, file, line, entity, key, code, message, targetId },
    outcome: outcome === 'ignored' ? null : outcome,
  }));
  return { total: counted?.total ?? 0, items };
}

/** Does what the lines say; a second time answers what the first did. See applying.ts for what it throws. */
export async function requestApply(
  context: AppContext,
  tenantId: string,
  id: string,
  skipErrors: boolean,
): Promise<Import> {
  await applyImport(context, tenantId, id, skipErrors);
  return getImport(context, tenantId, id);
}

/** Forgets an import and its lines; what was applied stays. Throws `import-not-found`, `import-not-ready`. */
export async function deleteImport(context: AppContext, tenantId: string, id: string): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const [row] = await tx.select().from(imports).where(eq(imports.id, id)).for('update');
    if (!row) throw new ApiError('import-not-found');
    if (row.status === 'applying') throw new ApiError('import-not-ready');
    await removeImports(context, tx, tenantId, eq(imports.id, id));
  });
}

/** Imports, their lines and their files; how many. */
export async function removeImports(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  where: SQL,
): Promise<number> {
  const gone = await tx.delete(imports).where(where).returning({ fileId: imports.fileId });
  const fileIds = gone.flatMap(({ fileId }) => fileId ?? []);
  if (fileIds.length > 0) await context.storage.remove(tx, tenantId, fileIds);
  return gone.length;
}

function selectImports(tx: Tx, where: SQL | undefined) {
  return tx
    .select({ row: imports, name: files.name })
    .from(imports)
    .leftJoin(files, eq(files.id, imports.fileId))
    .where(where)
    .$dynamic();
}

function toImport({ row, name }: { row: typeof imports.$inferSelect; name: string | null }): Import {
  const {
    entities,
    options,
    skipErrors,
    name: kept,
    ...details
  } = row.details as {
    entities?: Import['entities'];
    name?: string;
  } & Record<string, unknown>;
  return {
    id: row.id,
    format: row.format,
    entity: row.entity as ImportEntity | null,
    name: name ?? kept ?? null,
    status: row.status,
    progress: row.progress,
    counts: row.counts,
    entities: entities ?? {},
    details,
    error: row.error,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    appliedAt: row.appliedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}

/** Imports are forgotten some days after the file came, applied or not. */
export async function purgeImports(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  now: Date,
): Promise<number> {
  return removeImports(context, tx, tenantId, sql`${imports.expiresAt} < ${now.toISOString()}::timestamptz`);
}
