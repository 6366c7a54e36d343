import { randomBytes } from 'node:crypto';
import { and, count, desc, eq, sql } from 'drizzle-orm';
import { checkWebhookUrl, type WebhookUrlCheck } from '../../../config/webhook-url.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { webhookDeliveries, webhooks } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Page } from '../../http.ts';
import { enqueue } from '../../jobs/outbox.ts';
import type { Caller } from '../auth/tokens.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { WEBHOOK_JOB } from './events.ts';
import type { DeliveryQuery, NewWebhook, Webhook, WebhookPatch } from './schemas.ts';

const MOST_WEBHOOKS = 20;

type Row = typeof webhooks.$inferSelect;
type DeliveryRow = typeof webhookDeliveries.$inferSelect;

export function checkTarget(context: Pick<AppContext, 'config'>, url: string): Promise<WebhookUrlCheck> {
  const { webhooks: rules, env } = context.config;
  return checkWebhookUrl(url, { ...rules, allowHttp: env !== 'production' });
}

/** Throws `webhook-url-…`. */
async function assertTarget(context: AppContext, url: string): Promise<string> {
  const checked = await checkTarget(context, url);
  if (!checked.ok) throw new ApiError(checked.code, { message: checked.message });
  return checked.url.href;
}

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

export async function listWebhooks(tx: Tx, page: Page): Promise<{ total: number; items: Webhook[] }> {
  const [counted] = await tx.select({ total: count() }).from(webhooks);
  const rows = await tx
    .select()
    .from(webhooks)
    .orderBy(webhooks.createdAt, webhooks.id)
    .offset(page.skip)
    .limit(page.limit);
  return { total: counted?.total ?? 0, items: rows.map(toWebhook) };
}

/** Throws `webhook-not-found`. */
export async function findWebhook(tx: Tx, id: string): Promise<Webhook> {
  return toWebhook(await rowOf(tx, id));
}

/** Throws `webhook-url-…`, `too-many-webhooks`. The secret is told now and never again. */
export async function createWebhook(
  context: AppContext,
  caller: Caller,
  given: NewWebhook,
): Promise<Webhook & { secret: string }> {
  const { tenantId } = caller;
  const url = await assertTarget(context, given.url);
  const secret = newSecret();
  const id = newId();
  return context.db.tenant(tenantId, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks ${tenantId}`}, 0))`);
    const [counted] = await tx.select({ total: count() }).from(webhooks);
    if ((counted?.total ?? 0) >= MOST_WEBHOOKS) throw new ApiError('too-many-webhooks');
    const crypto = await tenantCrypto(context, tx, tenantId);
    const [row] = await tx
      .insert(webhooks)
      .values({
        id,
        tenantId,
        url,
        description: given.description ?? null,
        events: given.events,
        secret: crypto.seal(`webhook:${id}`, Buffer.from(secret)),
        createdBy: caller.kind === 'user' ? caller.userId : null,
      })
      .returning();
    return { ...toWebhook(row!), secret };
  });
}

/** Throws `webhook-not-found`, `webhook-url-…`. Switching it on forgets the failures. */
export async function patchWebhook(
  context: AppContext,
  caller: Caller,
  id: string,
  patch: WebhookPatch,
): Promise<Webhook> {
  await context.db.tenant(caller.tenantId, (tx) => rowOf(tx, id));
  const url = patch.url === undefined ? undefined : await assertTarget(context, patch.url);
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [row] = await tx
      .update(webhooks)
      .set({
        ...(url === undefined ? {} : { url }),
        ...(patch.description === undefined ? {} : { description: patch.description }),
        ...(patch.events === undefined ? {} : { events: patch.events }),
        ...(patch.enabled === undefined ? {} : { enabled: patch.enabled }),
        ...(patch.enabled === true ? { failures: 0, disabledAt: null } : {}),
        updatedAt: new Date(context.clock.now()),
      })
      .where(eq(webhooks.id, id))
      .returning();
    if (!row) throw new ApiError('webhook-not-found');
    // What waited while it was off is due.
    if (patch.enabled === true) await enqueue(tx, caller.tenantId, WEBHOOK_JOB, {});
    return toWebhook(row);
  });
}

/** Throws `webhook-not-found`. Its deliveries go with it. */
export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  const gone = await tx.delete(webhooks).where(eq(webhooks.id, id)).returning({ id: webhooks.id });
  if (gone.length === 0) throw new ApiError('webhook-not-found');
}

/** Throws `webhook-not-found`. The old secret signs nothing any more. */
export async function rotateSecret(context: AppContext, caller: Caller, id: string): Promise<string> {
  const secret = newSecret();
  return context.db.tenant(caller.tenantId, async (tx) => {
    await rowOf(tx, id);
    const crypto = await tenantCrypto(context, tx, caller.tenantId);
    const sealed = crypto.seal(`webhook:${id}`, Buffer.from(secret));
    await tx.update(webhooks).set({ secret: sealed, updatedAt: new Date() }).where(eq(webhooks.id, id));
    return secret;
  });
}

/** Throws `webhook-not-found`, `webhook-disabled`. */
export async function testWebhook(context: AppContext, caller: Caller, id: string) {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const webhook = await rowOf(tx, id);
    if (!webhook.enabled) throw new ApiError('webhook-disabled');
    const now = new Date(context.clock.now());
    const type = 'webhook.test';
    const [row] = await tx
      .insert(webhookDeliveries)
      .values({
        id: newId(),
        tenantId: caller.tenantId,
        webhookId: id,
        type,
        payload: { type, timestamp: now.toISOString(), data: { webhookId: id } },
        status: 'queued',
        dueAt: now,
        createdAt: now,
      })
      .returning();
    await enqueue(tx, caller.tenantId, WEBHOOK_JOB, {});
    return toDelivery(row!);
  });
}

/** Throws `webhook-not-found`. The newest first. */
export async function listDeliveries(tx: Tx, id: string, query: DeliveryQuery) {
  await rowOf(tx, id);
  const where = and(
    eq(webhookDeliveries.webhookId, id),
    query.status === undefined ? undefined : eq(webhookDeliveries.status, query.status),
    query.type === undefined ? undefined : eq(webhookDeliveries.type, query.type),
  );
  const [counted] = await tx.select({ total: count() }).from(webhookDeliveries).where(where);
  const rows = await tx
    .select()
    .from(webhookDeliveries)
    .where(where)
    .orderBy(desc(webhookDeliveries.createdAt), desc(webhookDeliveries.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map(toDelivery) };
}

/**
 * Throws `webhook-not-found`, `webhook-delivery-not-found`, `webhook-disabled`. Under the same id: a receiver that has
 * it already knows it.
 */
export async function redeliver(context: AppContext, caller: Caller, id: string, deliveryId: string) {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const webhook = await rowOf(tx, id);
    if (!webhook.enabled) throw new ApiError('webhook-disabled');
    const [row] = await tx
      .update(webhookDeliveries)
      .set({ status: 'queued', attempts: 0, dueAt: new Date(context.clock.now()), deliveredAt: null })
      .where(
        and(
          eq(webhookDeliveries.id, deliveryId),
          eq(webhookDeliveries.webhookId, id),
          // One that is on its way keeps its place.
          sql`${webhookDeliveries.status} <> 'queued'`,
        ),
      )
      .returning();
    if (row) {
      await enqueue(tx, caller.tenantId, WEBHOOK_JOB, {});
      return toDelivery(row);
    }
    const [queued] = await tx
      .select()
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.id, deliveryId), eq(webhookDeliveries.webhookId, id)));
    if (!queued) throw new ApiError('webhook-delivery-not-found');
    return toDelivery(queued);
  });
}

async function rowOf(tx: Tx, id: string): Promise<Row> {
  const [row] = await tx.select().from(webhooks).where(eq(webhooks.id, id));
  if (!row) throw new ApiError('webhook-not-found');
  return row;
}

function toWebhook(row: Row): Webhook {
  const { id, url, description, enabled, failures } = row;
  return {
    id,
    url,
    description,
    events: row.events as Webhook['events'],
    enabled,
    failures,
    disabledAt: row.disabledAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

function toDelivery(row: DeliveryRow) {
  const { id, type, payload, status, attempts, responseStatus } = row;
  return {
    id,
    type,
    payload,
    status,
    attempts,
    responseStatus,
    error: row.lastError,
    createdAt: row.createdAt.toISOString(),
    dueAt: row.dueAt.toISOString(),
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
  };
}
