import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { violatedUnique } from '../../db/problems.ts';
import { imports } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { enqueue } from '../../jobs/outbox.ts';
import { recordAudit } from '../audit/service.ts';
import { type Applied, applyLines } from './apply.ts';
import { APPLY_JOB } from './jobs.ts';
import { planImport } from './plan.ts';

/** More lines than this are a job. */
const AT_ONCE_LINES = 5000;
/** Somebody may add the same student in the moment between planning and writing. */
const TRIES = 3;

/**
 * Applies a checked import, at once or as a job where it is large. One that was applied, or is being, is left alone.
 * Throws `import-not-found`, `import-not-ready`, `import-failed`, `import-has-errors`.
 */
export async function applyImport(
  context: AppContext,
  tenantId: string,
  importId: string,
  skipErrors: boolean,
): Promise<void> {
  const now = await context.db.tenant(tenantId, async (tx) => {
    const [row] = await tx.select().from(imports).where(eq(imports.id, importId)).for('update');
    if (!row) throw new ApiError('import-not-found');
    if (row.status === 'applied' || row.status === 'applying') return false;
    if (row.status === 'checking') throw new ApiError('import-not-ready');
    if (row.status === 'failed') throw new ApiError('import-failed', { details: { error: row.error } });
    const errors = row.counts.error ?? 0;
    if (errors > 0 && !skipErrors) throw new ApiError('import-has-errors', { details: { errors } });
    await tx
      .update(imports)
      .set({ status: 'applying', progress: 0, error: null, details: { ...row.details, skipErrors } })
      .where(eq(imports.id, importId));
    const large = (row.counts.lines ?? 0) > AT_ONCE_LINES;
    if (large) await enqueue(tx, tenantId, APPLY_JOB, { importId });
    return !large;
  });
  if (!now) return;
  try {
    await runApply(context, tenantId, importId);
  } catch (error) {
    await standBack(context, tenantId, importId, error);
    throw error;
  }
}

/** All of it in one transaction, planned anew against what the database holds by then. */
export async function runApply(context: AppContext, tenantId: string, importId: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const applied = await context.db.tenant(tenantId, async (tx) => {
        // Two imports of an institution follow one another; a job that is delivered twice waits and finds it done.
        await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`import ${tenantId}`}, 0))`);
        await tx.execute(sql`set local statement_timeout = '10min'`);
        const [row] = await tx.select().from(imports).where(eq(imports.id, importId));
        if (row?.status !== 'applying') return null;
        const now = new Date(context.clock.now());
        const { counts, entities } = await planImport(tx, importId);
        const errors = counts.error ?? 0;
        if (errors > 0 && row.details.skipErrors !== true) {
          throw new ApiError('import-has-errors', { details: { errors } });
        }
        await progress(context, tenantId, importId, 0.5);
        const done = await applyLines(tx, tenantId, importId, now);
        // The file is of no more use, and has the data of people who may be erased tomorrow.
        if (row.fileId !== null) await context.storage.remove(tx, tenantId, [row.fileId]);
        await tx
          .update(imports)
          .set({
            status: 'applied',
            progress: 1,
            appliedAt: now,
            fileId: null,
            counts,
            details: { ...row.details, entities },
          })
          .where(eq(imports.id, importId));
        await recordAudit(tx, context, {
          action: 'imports.applied',
          subjectType: 'imports',
          subjectId: importId,
          data: counts,
        });
        return done;
      });
      if (applied) announce(context, tenantId, applied);
      return;
    } catch (error) {
      if (attempt >= TRIES || violatedUnique(error) === null) throw error;
    }
  }
}

/** The import can be looked at, mended and applied again: lines say what they would do now. */
export async function standBack(
  context: AppContext,
  tenantId: string,
  importId: string,
  error: unknown,
): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const [row] = await tx.select().from(imports).where(eq(imports.id, importId)).for('update');
    if (row?.status !== 'applying') return;
    const { counts, entities } = await planImport(tx, importId);
    await tx
      .update(imports)
      .set({
        status: 'checked',
        progress: 1,
        counts,
        details: { ...row.details, entities },
        error: error instanceof ApiError ? error.code : 'internal',
      })
      .where(eq(imports.id, importId));
  });
}

/** In a transaction of its own, so that it can be seen while the large one is under way. */
async function progress(
  context: AppContext,
  tenantId: string,
  importId: string,
  value: number,
): Promise<void> {
  await context.db.tenant(tenantId, (tx) =>
    tx.update(imports).set({ progress: value }).where(eq(imports.id, importId)),
  );
}

/** Open sessions take in who is new, and let go of who left. */
function announce(context: AppContext, tenantId: string, applied: Applied): void {
  for (const { courseId, studentIds } of applied.rosters) {
    context.events.emit('roster:changed', { tenantId, courseId, studentIds });
  }
  for (const studentId of applied.standing) context.events.emit('gallery:changed', { tenantId, studentId });
  for (const studentId of applied.renamed) context.events.emit('student:changed', { tenantId, studentId });
}
