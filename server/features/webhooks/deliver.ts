import { sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import type { AppContext } from '../../context.ts';
import type { Tx } from '../../db/tenancy.ts';
import { enqueue } from '../../jobs/outbox.ts';
import { notifiedTenant, notify } from '../notifications/notify.ts';
import { administrators } from '../notifications/recipients.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { WEBHOOK_JOB } from './events.ts';
import { postTo } from './post.ts';
import { checkTarget } from './service.ts';

const TIMEOUT_MS = 10_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Waits after the first, second … failure: about a day in all, then the delivery has failed. */
const WAITS_MS = [
  5 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  8 * HOUR,
];
export const WEBHOOK_ATTEMPTS = WAITS_MS.length + 1;
const LEASE_MS = 3 * MINUTE;
const LEASE_MARGIN_MS = MINUTE;
const BATCH = 40;
/** Of one webhook in a batch: a slow receiver does not hold up the others. */
const PER_WEBHOOK = 8;
const PARALLEL = 8;
const BATCHES = 50;

interface Claimed extends Record<string, unknown> {
  id: string;
  webhookId: string;
  url: string;
  secret: Buffer;
  payload: Record<string, unknown>;
  attempts: number;
  leasedUntil: string;
}

interface Result {
  id: string;
  webhookId: string;
  status: 'queued' | 'delivered' | 'failed';
  responseStatus: number | null;
  error: string | null;
  dueAt: string;
  /** The attempt does not count: the lease was nearly over. */
  released: boolean;
}

/** Delivers what is due in one institution; several servers may do so at once. Failures are tried again for a day. */
export async function deliverWebhooks(
  context: AppContext,
  tenantId: string,
  signal?: AbortSignal,
): Promise<{ delivered: number; failed: number; postponed: number }> {
  const total = { delivered: 0, failed: 0, postponed: 0 };
  for (let batch = 0; batch < BATCHES && !signal?.aborted; batch++) {
    const { claimed, open } = await context.db.tenant(tenantId, (tx) => claim(context, tx, tenantId));
    if (claimed.length === 0) return total;
    const results: Result[] = [];
    const waiting = [...claimed];
    const sender = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        results.push(await attempt(context, next, open));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, sender));
    await context.db.tenant(tenantId, (tx) => settle(context, tx, tenantId, results));
    for (const { status } of results) total[status === 'queued' ? 'postponed' : status] += 1;
  }
  await context.db.tenant(tenantId, (tx) => enqueue(tx, tenantId, WEBHOOK_JOB, {}));
  return total;
}

async function claim(context: AppContext, tx: Tx, tenantId: string) {
  const now = context.clock.now();
  const leasedUntil = new Date(now + LEASE_MS).toISOString();
  const rows = await tx.execute<Claimed>(sql`
    with due as (
      select d.id from webhook_deliveries d join (
        select q.id, row_number() over (partition by q.webhook_id order by q.due_at, q.id) as place
        from webhook_deliveries q join webhooks w on w.id = q.webhook_id and w.enabled
        where q.status = 'queued' and q.due_at <= ${new Date(now).toISOString()}::timestamptz
        order by q.due_at limit ${BATCH * 10}) ranked on ranked.id = d.id
      where ranked.place <= ${PER_WEBHOOK} and d.status = 'queued'
        and d.due_at <= ${new Date(now).toISOString()}::timestamptz
      order by d.due_at limit ${BATCH} for update of d skip locked)
    update webhook_deliveries d set attempts = d.attempts + 1, due_at = ${leasedUntil}::timestamptz
    from due, webhooks w where d.id = due.id and w.id = d.webhook_id
    returning d.id, d.webhook_id as "webhookId", w.url, w.secret, d.payload, d.attempts,
      d.due_at::text as "leasedUntil"`);
  // Whoever claims and is killed leaves this job behind, which finds the rows when their lease is over.
  if (rows.length > 0) {
    await enqueue(tx, tenantId, WEBHOOK_JOB, {}, { dueAt: new Date(now + LEASE_MS + SECOND) });
  }
  const crypto = rows.length === 0 ? null : await tenantCrypto(context, tx, tenantId);
  const open = (row: Claimed) => crypto!.open(`webhook:${row.webhookId}`, row.secret).toString('utf8');
  return { claimed: [...rows], open };
}

async function attempt(context: AppContext, row: Claimed, open: (row: Claimed) => string): Promise<Result> {
  const now = context.clock.now();
  const base = { id: row.id, webhookId: row.webhookId, released: false };
  if (now > Date.parse(row.leasedUntil) - LEASE_MARGIN_MS) {
    const dueAt = new Date(now).toISOString();
    return { ...base, status: 'queued', responseStatus: null, error: null, dueAt, released: true };
  }
  const outcome = await send(context, row, open);
  const { status } = outcome;
  const dueAt = new Date(context.clock.now()).toISOString();
  if (status !== null && status >= 200 && status < 300) {
    return { ...base, status: 'delivered', responseStatus: status, error: null, dueAt };
  }
  const error = 'error' in outcome ? outcome.error : `HTTP ${status}`;
  const wait = WAITS_MS[row.attempts - 1];
  // Gone: the receiver wants no more, ever.
  if (wait === undefined || status === 410) {
    return { ...base, status: 'failed', responseStatus: status, error, dueAt };
  }
  const next = new Date(context.clock.now() + wait).toISOString();
  return { ...base, status: 'queued', responseStatus: status, error, dueAt: next };
}

/** Signed by Standard Webhooks. The address is checked anew: a name may point elsewhere by now. */
async function send(context: AppContext, row: Claimed, open: (row: Claimed) => string) {
  const target = await checkTarget(context, row.url);
  if (!target.ok) return { status: null, error: target.code };
  const body = JSON.stringify(row.payload);
  const at = new Date(context.clock.now());
  let signature: string;
  try {
    signature = new Webhook(open(row)).sign(row.id, at, body);
  } catch (error) {
    context.log.error({ err: error, webhookId: row.webhookId }, 'a webhook cannot be signed');
    return { status: null, error: 'not-signed' };
  }
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'yoklama',
    'webhook-id': row.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signature,
  };
  return postTo(target, body, headers, TIMEOUT_MS);
}

async function settle(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  results: readonly Result[],
): Promise<void> {
  const now = new Date(context.clock.now()).toISOString();
  await tx.execute(sql`
    update webhook_deliveries d set status = v.status, response_status = v."responseStatus", last_error = v.error,
      due_at = v."dueAt", attempts = d.attempts - case when v.released then 1 else 0 end,
      delivered_at = case when v.status = 'delivered' then ${now}::timestamptz end
    from jsonb_to_recordset(${JSON.stringify(results)}::text::jsonb) as v(
      id uuid, status text, "responseStatus" integer, error text, "dueAt" timestamptz, released boolean)
    where d.id = v.id and d.status = 'queued'`);
  const again = results.filter(({ status }) => status === 'queued').map(({ dueAt }) => Date.parse(dueAt));
  for (const at of new Set(again)) {
    await enqueue(tx, tenantId, WEBHOOK_JOB, {}, { dueAt: new Date(at) });
  }
  await countFailures(context, tx, tenantId, results);
}

/** Failures in a row, by webhook; one that has failed for a day, or said that it is gone, is switched off. */
async function countFailures(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  results: readonly Result[],
): Promise<void> {
  const byWebhook = new Map<string, { succeeded: boolean; failures: number; over: string | null }>();
  for (const { webhookId, status, error, responseStatus, released } of results) {
    if (released) continue;
    const known = byWebhook.get(webhookId) ?? { succeeded: false, failures: 0, over: null };
    byWebhook.set(webhookId, known);
    if (status === 'delivered') Object.assign(known, { succeeded: true, failures: 0, over: null });
    else {
      known.failures += 1;
      if (status === 'failed') known.over = responseStatus === 410 ? 'HTTP 410' : (error ?? 'failed');
    }
  }
  if (byWebhook.size === 0) return;
  const rows = [...byWebhook].map(([id, counted]) => ({ id, ...counted }));
  const now = new Date(context.clock.now());
  const off = await tx.execute<{ id: string; url: string; reason: string }>(sql`
    with counted as (
      update webhooks w set failures = v.failures + case when v.succeeded then 0 else w.failures end
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
        as v(id uuid, succeeded boolean, failures integer, over text)
      where w.id = v.id and w.enabled
      returning w.id, w.failures, v.over)
    select c.id, w.url, c.over as reason from counted c join webhooks w on w.id = c.id
    where c.over = 'HTTP 410' or (c.over is not null and c.failures >= ${WEBHOOK_ATTEMPTS})`);
  if (off.length === 0) return;
  const ids = JSON.stringify(off.map(({ id }) => id));
  const these = sql`(select value::uuid from jsonb_array_elements_text(${ids}::text::jsonb))`;
  await tx.execute(sql`
    update webhooks set enabled = false, disabled_at = ${now.toISOString()}::timestamptz, updated_at = now()
    where id in ${these}`);
  await tx.execute(sql`
    update webhook_deliveries set status = 'failed', last_error = 'webhook-disabled'
    where webhook_id in ${these} and status = 'queued'`);
  const tenant = await notifiedTenant(tx, tenantId);
  const recipients = await administrators(tx);
  await notify(
    context,
    tx,
    tenant,
    off.flatMap(({ id, url, reason }) =>
      recipients.map((recipient) => ({
        kind: 'webhook-disabled' as const,
        recipient,
        data: { url, reason },
        key: `${id}:${now.toISOString()}`,
      })),
    ),
  );
}
