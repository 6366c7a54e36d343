import { lt, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { loginAttempts } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { sweepRecordings } from '../recordings/files.ts';

const DAY_MS = 24 * 3_600_000;
/** How long what is only there for administrators is kept. */
const RUNS_DAYS = 90;
const DEAD_DAYS = 90;
const ATTEMPTS_DAYS = 30;
/** An hour of grace for what is being used at the moment that it expires. */
const GRACE_MS = 3_600_000;

/** What this feature keeps and removes by age, and the work of the night. */
export function registerMaintenance(context: AppContext): void {
  const { retention, schedule, storage, backups } = context;
  const removed = async (tx: Tx, statement: ReturnType<typeof sql>): Promise<number> =>
    (await tx.execute(sql`${statement} returning 1`)).length;
  const before = (now: Date, ms: number) => sql`${new Date(now.getTime() - ms).toISOString()}::timestamptz`;

  retention.register('expired-files', async (tx, { tenantId, now }) => {
    const rows = await tx.execute<{ id: string }>(
      sql`select id from files where expires_at < ${before(now, GRACE_MS)} limit 10000`,
    );
    await tx.execute(sql`
      update report_jobs set status = 'expired', file_id = null
      where status = 'done' and expires_at < ${before(now, GRACE_MS)}`);
    return storage.remove(
      tx,
      tenantId,
      rows.map(({ id }) => id),
    );
  });
  retention.register('job-rows', async (tx, { now }) => {
    const old = before(now, RUNS_DAYS * DAY_MS);
    return (
      (await removed(tx, sql`delete from job_runs where started_at < ${old}`)) +
      (await removed(
        tx,
        sql`delete from report_jobs where created_at < ${old} and status in ('done', 'failed', 'expired')`,
      )) +
      (await removed(
        tx,
        sql`delete from imports where created_at < ${old} and status in ('checked', 'applied', 'failed')`,
      ))
    );
  });
  retention.register('dead-letters', async (tx, { now }) => {
    const old = before(now, DEAD_DAYS * DAY_MS);
    return (
      (await removed(tx, sql`delete from dead_letters where failed_at < ${old} or retried_at < ${old}`)) +
      (await removed(tx, sql`delete from outbox where dead_at < ${old}`))
    );
  });
  retention.register('idempotency-keys', (tx, { now }) =>
    removed(tx, sql`delete from idempotency_keys where expires_at < ${before(now, GRACE_MS)}`),
  );
  retention.register('sign-in', async (tx, { tenantId, now }) => {
    const ended = before(now, GRACE_MS);
    // The rows of these tables are visible to the system, so the institution is named.
    return (
      (await removed(
        tx,
        sql`delete from one_time_tokens where tenant_id = ${tenantId} and expires_at < ${ended}`,
      )) +
      (await removed(
        tx,
        sql`delete from oidc_states where tenant_id = ${tenantId} and expires_at < ${ended}`,
      )) +
      (await removed(
        tx,
        sql`delete from refresh_tokens where tenant_id = ${tenantId} and expires_at < ${before(now, 30 * DAY_MS)}`,
      ))
    );
  });

  schedule.daily('retention', { at: '02:30' }, async ({ tenantId }) => {
    const { removed: counts, failed } = await retention.run(tenantId);
    const orphans = await storage.sweep(tenantId);
    const orphanedRecordings = await sweepRecordings(context, tenantId);
    if (Object.keys(failed).length > 0) {
      throw new Error(
        `Some purges failed: ${Object.entries(failed)
          .map((entry) => entry.join(': '))
          .join('; ')}`,
      );
    }
    return { removed: counts, orphanedFiles: orphans, orphanedRecordings };
  });
  schedule.machine('sign-in-attempts', '02:45', async () => {
    const old = new Date(context.clock.now() - ATTEMPTS_DAYS * DAY_MS);
    const rows = await context.db.system((tx) =>
      tx.delete(loginAttempts).where(lt(loginAttempts.lastAt, old)).returning({ key: loginAttempts.key }),
    );
    return { removed: rows.length };
  });
  schedule.machine(
    'backup',
    context.config.backup.at ?? '03:00',
    async ({ signal }) => {
      const { name, bytes } = await backups.make(signal);
      return { name, bytes };
    },
    { attempts: 3, backoffMs: 10 * 60_000, timeoutMs: 4 * 3_600_000 },
    { byHandOnly: context.config.backup.at === null },
  );
}
