import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { tenants } from '../../db/schema/index.ts';
import { enqueue } from '../../jobs/outbox.ts';
import { WEBHOOK_JOB } from '../webhooks/events.ts';
import { DELIVER_JOB } from './notify.ts';

const LOOK_MS = 60_000;
/** What has been due for so long has no job that will take it. */
const OVERLOOKED_MS = 3 * 60_000;

/**
 * What is due and has no job any more gets a new one: jobs can be lost with the queue's data, or be given up while the
 * database was away. The rows are what counts. Resolves with how many jobs were made.
 */
export async function requeueOverlooked(context: AppContext): Promise<number> {
  const { db, clock } = context;
  const before = new Date(clock.now() - OVERLOOKED_MS).toISOString();
  const institutions = await db.system((tx) =>
    tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.active, true)),
  );
  let made = 0;
  for (const { id } of institutions) {
    made += await db.tenant(id, async (tx) => {
      const [found] = await tx.execute<{ mails: boolean; calls: boolean }>(sql`
        select
          exists (select 1 from notifications n
            where n.status = 'queued' and n.due_at < ${before}::timestamptz) as mails,
          exists (select 1 from webhook_deliveries d join webhooks w on w.id = d.webhook_id and w.enabled
            where d.status = 'queued' and d.due_at < ${before}::timestamptz) as calls`);
      if (found?.mails) await enqueue(tx, id, DELIVER_JOB, {}, { key: 'overlooked' });
      if (found?.calls) await enqueue(tx, id, WEBHOOK_JOB, {}, { key: 'overlooked' });
      return Number(found?.mails ?? false) + Number(found?.calls ?? false);
    });
  }
  return made;
}

/** Looks once a minute, from `start` to `close`. */
export function watchForOverlooked(context: AppContext): { start(): void; close(): void } {
  let timer: NodeJS.Timeout | null = null;
  const look = () =>
    requeueOverlooked(context).then(
      (made) => {
        if (made > 0)
          context.log.warn({ jobs: made }, 'messages that were due had no job: they have one now');
      },
      (error) => context.log.warn({ err: error }, 'messages that were overlooked could not be looked for'),
    );
  return {
    start() {
      timer ??= setInterval(() => void look(), LOOK_MS);
      timer.unref();
    },
    close() {
      if (timer) clearInterval(timer);
    },
  };
}
