import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { imports, jobRuns, reportJobs } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { QueueStats } from '../../jobs/queue.ts';
import { currentTenant } from '../tenants/service.ts';
import type { JobOverview } from './schemas.ts';

type Run = JobOverview['runs'][number];

/** Queues, schedule, what is under way and what has run, as an institution's administrators see it. */
export async function jobOverview(context: AppContext, tenantId: string): Promise<JobOverview> {
  const [queue, outbox, home] = await Promise.all([
    queueState(context),
    context.outbox.stats(),
    context.schedule.home(),
  ]);
  return context.db.tenant(tenantId, async (tx) => {
    const tenant = await currentTenant(tx, tenantId);
    const rows = await tx.select().from(jobRuns).orderBy(desc(jobRuns.startedAt)).limit(50);
    const last = await tx
      .selectDistinctOn([jobRuns.name])
      .from(jobRuns)
      .orderBy(jobRuns.name, desc(jobRuns.startedAt));
    const byName = new Map(last.map((row) => [row.name, toRun(row)]));
    const schedule = context.schedule.list(tenant, home === tenantId).map(({ next, ...item }) => ({
      ...item,
      next: next.toISOString(),
      last: byName.get(item.name) ?? null,
    }));
    const running = [...(await longJobs(tx)), ...(home === tenantId ? backupUnderWay(context) : [])];
    return { queue, outbox, schedule, running, runs: rows.map(toRun) };
  });
}

async function queueState({ queue, log }: AppContext): Promise<JobOverview['queue']> {
  let queues: QueueStats[] = [];
  let available = true;
  try {
    queues = await queue.stats();
  } catch (error) {
    log.debug({ err: error }, 'the queue was asked for its figures');
    available = false;
  }
  return { kind: queue.kind, available, queues };
}

async function longJobs(tx: Tx): Promise<JobOverview['running']> {
  const reports = await tx
    .select()
    .from(reportJobs)
    .where(inArray(reportJobs.status, ['queued', 'running']))
    .orderBy(reportJobs.createdAt)
    .limit(50);
  const rosters = await tx
    .select()
    .from(imports)
    .where(inArray(imports.status, ['checking', 'applying']))
    .orderBy(imports.createdAt)
    .limit(50);
  return [
    ...reports.map(({ id, status, progress, startedAt }) => ({
      kind: 'report' as const,
      id,
      status,
      progress,
      startedAt: startedAt?.toISOString() ?? null,
    })),
    ...rosters.map(({ id, status, progress, createdAt }) => ({
      kind: 'import' as const,
      id,
      status,
      progress,
      startedAt: createdAt.toISOString(),
    })),
  ];
}

function backupUnderWay(context: AppContext): JobOverview['running'] {
  const progress = context.backups.progress();
  if (progress === null) return [];
  const share = progress.of === 0 ? 0 : Math.min(1, progress.done / progress.of);
  return [{ kind: 'backup', id: null, status: progress.part, progress: share, startedAt: null }];
}

/** Puts a scheduled job into the queue for its current period, whether or not it has run. */
export async function runJob(
  context: AppContext,
  tenantId: string,
  name: string,
): Promise<{ name: string; period: string }> {
  const home = (await context.schedule.home()) === tenantId;
  if (!context.schedule.has(name, home)) throw new ApiError('job-not-found');
  return context.db.tenant(tenantId, async (tx) => {
    const tenant = await currentTenant(tx, tenantId);
    const [busy] = await tx
      .select({ id: jobRuns.id })
      .from(jobRuns)
      .where(
        and(
          eq(jobRuns.name, name),
          eq(jobRuns.status, 'running'),
          sql`${jobRuns.startedAt} > ${new Date(context.clock.now() - 3_600_000).toISOString()}::timestamptz`,
        ),
      );
    if (busy) throw new ApiError('job-running');
    return { name, period: await context.schedule.runNow(tx, tenant, name) };
  });
}

function toRun(row: typeof jobRuns.$inferSelect): Run {
  const { name, period, status, attempts, error, result } = row;
  return {
    name,
    period,
    status,
    attempts,
    error,
    result,
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
