import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { imports } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import type { ImportEntity } from './columns.ts';
import type { StagedLine } from './lines.ts';
import { planImport } from './plan.ts';
import { openSource } from './source.ts';
import { CHUNK, stageLines } from './stage.ts';
import type { Encoding } from './text.ts';

/** An institution of 50,000 people has fewer; beyond, it is no roster. */
const MOST_LINES = 500_000;

/**
 * Reads the file of an import and plans its lines. Reading again from the start is harmless: a job whose server died
 * does. Throws what is wrong with the file as a whole; an import that is no longer being checked is left alone.
 */
export async function checkImport(
  context: AppContext,
  tenantId: string,
  importId: string,
  signal?: AbortSignal,
): Promise<void> {
  const found = await context.db.tenant(tenantId, async (tx) => {
    const [row] = await tx.select().from(imports).where(eq(imports.id, importId));
    if (row?.status !== 'checking') return null;
    await tx.execute(sql`delete from import_lines where import_id = ${importId}`);
    // An erasure takes the files of all rosters with it.
    if (row.fileId === null) throw new ApiError('import-file-missing');
    return { row, file: await context.storage.get(tx, tenantId, row.fileId) };
  });
  if (!found) return;
  const { row, file } = found;
  const options = (row.details.options ?? {}) as { encoding?: Encoding; emptyClears?: boolean };
  const source = await openSource(file.name, file.content, {
    entity: row.entity as ImportEntity | null,
    encoding: options.encoding,
    emptyClears: options.emptyClears === true,
  });
  let seq = 0;
  let chunk: StagedLine[] = [];
  const flush = async () => {
    const [lines, from] = [chunk, seq];
    chunk = [];
    seq += lines.length;
    // How many will come is not known: half of the way is approached, the other half is the planning.
    const progress = 0.5 * (1 - 1 / (1 + seq / 20_000));
    await context.db.tenant(tenantId, async (tx) => {
      await stageLines(tx, tenantId, importId, from, lines);
      await tx.update(imports).set({ progress }).where(eq(imports.id, importId));
    });
  };
  for await (const line of source.lines) {
    signal?.throwIfAborted();
    chunk.push(line);
    if (seq + chunk.length > MOST_LINES) throw new ApiError('import-too-large');
    if (chunk.length >= CHUNK) await flush();
  }
  if (chunk.length > 0) await flush();
  await context.db.tenant(tenantId, async (tx) => {
    await tx.execute(sql`set local statement_timeout = '10min'`);
    const { counts, entities } = await planImport(tx, importId);
    const details = { options, name: file.name, ...source.details, entities };
    await tx
      .update(imports)
      .set({ status: 'checked', progress: 1, counts, details })
      .where(eq(imports.id, importId));
  });
}

/** The file cannot be read: the import says why. */
export async function failImport(
  context: AppContext,
  tenantId: string,
  importId: string,
  error: unknown,
): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const code = error instanceof ApiError ? error.code : 'internal';
    const details = error instanceof ApiError ? { message: error.message, ...error.details } : {};
    await tx.execute(sql`delete from import_lines where import_id = ${importId}`);
    await tx.execute(sql`
      update imports set status = 'failed', error = ${code},
        details = details || ${JSON.stringify(details)}::text::jsonb
      where id = ${importId} and status = 'checking'`);
  });
}
