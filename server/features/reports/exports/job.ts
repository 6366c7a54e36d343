import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../../context.ts';
import { reportJobs } from '../../../db/schema/index.ts';
import { ApiError } from '../../../errors.ts';
import { publish } from '../../../jobs/outbox.ts';
import type { Job, JobData } from '../../../jobs/queue.ts';
import { buildReport } from './build.ts';
import type { ReportLocale } from './document.ts';
import type { Renderer } from './render.ts';
import { BUILD_JOB, type JobParams, renderReport } from './service.ts';
import type { ReportName } from './words.ts';

const ATTEMPTS = 4;
const KEPT_MS = 24 * 3_600_000;
/** Writing is the last of it: 1 is reached with the file. */
const ROWS_PART = 0.9;

interface BuildData extends JobData {
  reportJobId: string;
}

/**
 * Makes large reports. A job whose server is killed is delivered again and begins anew; whichever attempt comes to its
 * end first keeps its file and announces it, all others find it done.
 */
export function buildReports(context: AppContext, renderer: Renderer): void {
  context.queue.define<BuildData>(
    BUILD_JOB,
    { attempts: ATTEMPTS, concurrency: 1, timeoutMs: 20 * 60_000 },
    async (job) => {
      try {
        return await build(context, renderer, job);
      } catch (error) {
        // What is not allowed, or no longer there, will not be at the next attempt either.
        const final = error instanceof ApiError && error.status < 500;
        if (final || job.attempt >= ATTEMPTS) {
          await fail(context, job.data, error instanceof ApiError ? error.code : 'internal');
        }
        if (final) return { failed: error.code };
        throw error;
      }
    },
  );
}

async function build(context: AppContext, renderer: Renderer, job: Job<BuildData>) {
  const { tenantId, reportJobId } = job.data;
  const now = () => new Date(context.clock.now());
  const row = await context.db.tenant(tenantId, async (tx) => {
    const [found] = await tx.select().from(reportJobs).where(eq(reportJobs.id, reportJobId)).for('update');
    if (!found || (found.status !== 'queued' && found.status !== 'running')) return null;
    await tx
      .update(reportJobs)
      .set({ status: 'running', startedAt: now(), progress: 0 })
      .where(eq(reportJobs.id, reportJobId));
    return found;
  });
  if (!row) return { already: true };
  const { caller, ...params } = row.params as JobParams;
  const erasedBefore = await erasures(context, tenantId);
  const built = await buildReport(context, tenantId, {
    caller,
    report: row.report as ReportName,
    params,
    locale: row.locale as ReportLocale,
  });
  let told = 0;
  const file = await renderReport(renderer, built, row.format, params.section, async (done, of) => {
    job.signal.throwIfAborted();
    const progress = Math.min(ROWS_PART, (ROWS_PART * done) / Math.max(1, of));
    if (progress - told < 0.02) return;
    told = progress;
    await context.db.tenant(tenantId, (tx) =>
      tx.update(reportJobs).set({ progress }).where(eq(reportJobs.id, reportJobId)),
    );
  });
  job.signal.throwIfAborted();
  // Who was erased while it was made may be in it: then it is made again.
  if ((await erasures(context, tenantId)) !== erasedBefore)
    throw new Error('a student was erased in the meantime');
  return context.db.tenant(tenantId, async (tx) => {
    const [current] = await tx.select().from(reportJobs).where(eq(reportJobs.id, reportJobId)).for('update');
    if (current?.status !== 'running') return { already: true };
    const expiresAt = new Date(context.clock.now() + KEPT_MS);
    const stored = await context.storage.put(tx, tenantId, {
      kind: 'report',
      ...file,
      studentId: params.studentId ?? null,
      createdBy: row.requestedBy,
      expiresAt,
    });
    await tx
      .update(reportJobs)
      .set({ status: 'done', progress: 1, fileId: stored.id, finishedAt: now(), expiresAt, error: null })
      .where(eq(reportJobs.id, reportJobId));
    await publish(tx, tenantId, 'report.ready', { reportJobId, requestedBy: row.requestedBy });
    return { bytes: stored.bytes };
  });
}

async function erasures(context: AppContext, tenantId: string): Promise<number> {
  const [row] = await context.db.tenant(tenantId, (tx) =>
    tx.execute<{ n: number }>(sql`select count(*)::int as n from erasure_receipts`),
  );
  return row?.n ?? 0;
}

async function fail(context: AppContext, { tenantId, reportJobId }: BuildData, error: string): Promise<void> {
  await context.db.tenant(tenantId, (tx) =>
    tx.execute(sql`
      update report_jobs set status = 'failed', error = ${error},
        finished_at = ${new Date(context.clock.now()).toISOString()}
      where id = ${reportJobId} and status in ('queued', 'running')`),
  );
}
