import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import type { JobData } from '../../jobs/queue.ts';
import { runApply, standBack } from './applying.ts';
import { checkImport, failImport } from './checking.ts';
import { APPLY_JOB, CHECK_JOB } from './jobs.ts';
import { purgeImports } from './service.ts';

const ATTEMPTS = 4;

interface ImportData extends JobData {
  importId: string;
}

/** Large imports are read and applied in the background. A job that is delivered again finds done what was done. */
export function workOnImports(context: AppContext): void {
  const options = { attempts: ATTEMPTS, concurrency: 1, timeoutMs: 20 * 60_000 };
  const define = (
    name: string,
    run: (data: ImportData, signal: AbortSignal) => Promise<void>,
    giveUp: (data: ImportData, error: unknown) => Promise<void>,
  ) =>
    context.queue.define<ImportData>(name, options, async ({ data, attempt, signal }) => {
      try {
        await run(data, signal);
        return {};
      } catch (error) {
        // What is wrong with the file is wrong at the next attempt too.
        const final = error instanceof ApiError && error.status < 500;
        if (final || attempt >= ATTEMPTS) await giveUp(data, error);
        if (final) return { failed: error.code };
        throw error;
      }
    });
  define(
    CHECK_JOB,
    ({ tenantId, importId }, signal) => checkImport(context, tenantId, importId, signal),
    ({ tenantId, importId }, error) => failImport(context, tenantId, importId, error),
  );
  define(
    APPLY_JOB,
    ({ tenantId, importId }) => runApply(context, tenantId, importId),
    ({ tenantId, importId }, error) => standBack(context, tenantId, importId, error),
  );
  context.retention.register('imports', (tx, { tenantId, now }) => purgeImports(context, tx, tenantId, now));
}
