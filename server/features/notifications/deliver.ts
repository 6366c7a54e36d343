import { sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import type { AppContext } from '../../context.ts';
import { tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { type Brand, LOGO_CID, layOut } from '../../mail/layout.ts';
import type { Mail, Mailer, MailOutcome } from '../../mail/mailer.ts';
import { tenantSettings } from '../tenants/settings.ts';
import { type NotificationRow, type Rendered, render } from './hydrate.ts';
import { notifiedTenant, notify, scheduleDelivery } from './notify.ts';
import { topicOf } from './preferences.ts';
import { administrators } from './recipients.ts';
import { toNotification } from './service.ts';
import { unsubscribeUrl } from './unsubscribe.ts';

/** How long a claimed mail is nobody else's: longer than the mail server is ever waited for. */
const LEASE_MS = 5 * 60_000;
/** No mail is begun later than this before the lease ends. */
const LEASE_MARGIN_MS = 2 * 60_000;
const BATCH = 50;
const BATCHES = 20;
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 30 * 60_000;
/** A mail that has not got through after so long is given up. */
const GIVE_UP_MS = 3 * 24 * 3_600_000;
/** What went out is forgotten where it holds a key to an account. */
const SECRET_KINDS = ['invitation', 'password-reset'];

interface Claimed {
  row: NotificationRow;
  /** Null: the account is gone or switched off. */
  address: string | null;
  /** Of the account; shown in the greeting. */
  name: string | null;
}

interface Result {
  id: string;
  status: 'queued' | 'sent' | 'failed' | 'dropped';
  /** Epoch milliseconds. */
  dueAt: number | null;
  error: string | null;
  /** The attempt does not count: it was not this mail's turn. */
  released: boolean;
}

export interface Delivered {
  sent: number;
  failed: number;
  postponed: number;
  dropped: number;
}

/**
 * Sends what is due in one institution. A row is claimed, with a lease, in a transaction of its own before it is sent
 * and marked after; several servers may do this at once. Between the mail server's "accepted" and the mark lies the one
 * moment in which a crash makes a mail go out again when the lease has run out, with the same Message-ID.
 */
export async function deliverDue(
  context: AppContext,
  mailer: Mailer,
  tenantId: string,
  signal?: AbortSignal,
): Promise<Delivered> {
  const total: Delivered = { sent: 0, failed: 0, postponed: 0, dropped: 0 };
  for (let batch = 0; batch < BATCHES && !signal?.aborted; batch++) {
    const claimed = await context.db.tenant(tenantId, (tx) => claim(context, tx, tenantId));
    if (claimed.due.length === 0) return total;
    const { results, down } = await deliverBatch(context, mailer, claimed);
    await context.db.tenant(tenantId, (tx) => settle(context, tx, tenantId, results));
    for (const { status } of results) {
      if (status === 'queued') total.postponed += 1;
      else total[status] += 1;
    }
    if (down) return total;
  }
  // More than one job is meant to do: the next goes on.
  await context.db.tenant(tenantId, (tx) => scheduleDelivery(tx, tenantId, [new Date(context.clock.now())]));
  return total;
}

interface Batch {
  due: Claimed[];
  rendered: Map<string, Rendered>;
  brand: Brand;
}

async function claim(context: AppContext, tx: Tx, tenantId: string): Promise<Batch> {
  const now = context.clock.now();
  const leased = new Date(now + LEASE_MS);
  const rows = await tx.execute<{ id: string }>(sql`
    update notifications n set attempts = n.attempts + 1, due_at = ${leased.toISOString()}::timestamptz
    where n.id in (
      select d.id from notifications d
      where d.status = 'queued' and d.due_at <= ${new Date(now).toISOString()}::timestamptz
      order by d.due_at limit ${BATCH} for update skip locked)
    returning n.id`);
  const [tenant] = await tx.select().from(tenants).where(sql`${tenants.id} = ${tenantId}`);
  const brand: Brand = {
    institution: tenant!.name,
    primary: tenantSettings(tenant!).colours.primary,
    logo: tenant!.logo && tenant!.logoType ? { type: tenant!.logoType, content: tenant!.logo } : null,
  };
  if (rows.length === 0) return { due: [], rendered: new Map(), brand };
  const ids = JSON.stringify(rows.map((row) => row.id));
  const found = await tx.query.notifications.findMany({
    where: (table) =>
      sql`${table.id} in (select value::uuid from jsonb_array_elements_text(${ids}::text::jsonb))`,
    orderBy: (table) => [table.createdAt, table.id],
  });
  const accounts = await tx.execute<{ id: string; email: string; name: string }>(sql`
    select distinct u.id, u.email, u.name from users u join notifications n on n.user_id = u.id
    where u.active and n.id in (select value::uuid from jsonb_array_elements_text(${ids}::text::jsonb))`);
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const rendered = await render(tx, found, {
    institution: tenant!.name,
    url: context.config.publicUrl,
    timezone: tenant!.timezone,
  });
  // Whoever claims and is killed leaves this job behind, which finds the rows when their lease is over.
  await scheduleDelivery(tx, tenantId, [new Date(leased.getTime() + 1000)]);
  return {
    due: found.map((row) => {
      const account = row.userId === null ? undefined : byId.get(row.userId);
      return { row, address: row.address ?? account?.email ?? null, name: account?.name ?? null };
    }),
    rendered: new Map(rendered.map((entry) => [entry.row.id, entry])),
    brand,
  };
}

async function deliverBatch(
  context: AppContext,
  mailer: Mailer,
  { due, rendered, brand }: Batch,
): Promise<{ results: Result[]; down: boolean }> {
  const results: Result[] = [];
  const done = (row: NotificationRow, status: Result['status'], error: string | null, dueAt?: number) =>
    results.push({ id: row.id, status, error, dueAt: dueAt ?? null, released: false });
  const mails: { claimed: Claimed; rendered: Rendered }[] = [];
  for (const claimed of due) {
    const { row } = claimed;
    const found = rendered.get(row.id);
    if (!found) done(row, 'dropped', 'unknown-kind');
    else if (row.channel === 'in-app') {
      if (row.userId !== null) context.hub.sendUser(row.userId, 'notification', toNotification(found));
      done(row, 'sent', null);
    } else if (claimed.address === null) done(row, 'dropped', 'no-address');
    else if (!mailer.configured) done(row, 'dropped', 'mail-not-set-up');
    else mails.push({ claimed, rendered: found });
  }
  let downUntil: { at: number; reason: string } | null = null;
  const release = (row: NotificationRow, at: number, reason: string | null) =>
    results.push({ id: row.id, status: 'queued', error: reason, dueAt: at, released: true });
  const sender = async () => {
    for (let next = mails.shift(); next; next = mails.shift()) {
      const { row } = next.claimed;
      if (downUntil) {
        release(row, downUntil.at, downUntil.reason);
        continue;
      }
      if (context.clock.now() > row.dueAt.getTime() - LEASE_MARGIN_MS) {
        release(row, context.clock.now(), row.lastError);
        continue;
      }
      const outcome = await mailer.send(mailOf(context, next.claimed, next.rendered, brand));
      const result = resultOf(context, row, outcome);
      results.push(result);
      if (!outcome.sent && outcome.down && result.dueAt !== null) {
        downUntil = { at: result.dueAt, reason: outcome.reason };
        context.log.warn({ reason: outcome.reason }, 'mails wait: the mail server cannot be used now');
      }
    }
  };
  await Promise.all(Array.from({ length: context.config.mail.connections }, sender));
  return { results, down: downUntil !== null };
}

function mailOf(
  context: AppContext,
  { row, address, name }: Claimed,
  rendered: Rendered,
  brand: Brand,
): Mail {
  const topic = topicOf(rendered.row.kind as Parameters<typeof topicOf>[0]);
  const unsubscribe =
    topic === null || row.data.to === undefined
      ? null
      : unsubscribeUrl(context, { tenantId: row.tenantId, to: String(row.data.to), topic });
  const laid = layOut(rendered.message, rendered.format, brand, { name, unsubscribe });
  return {
    ...laid,
    to: address!,
    fromName: brand.institution,
    messageId: `<${row.id}@${messageHost(context)}>`,
    unsubscribe,
    logo: brand.logo ? { cid: LOGO_CID, ...brand.logo } : null,
  };
}

/** The domain that mails come from. */
function messageHost(context: AppContext): string {
  return /@([^\s<>@]+?)>?$/.exec(context.config.mail.from)?.[1] ?? 'localhost';
}

function resultOf(context: AppContext, row: NotificationRow, outcome: MailOutcome): Result {
  const base = { id: row.id, released: false };
  if (outcome.sent) return { ...base, status: 'sent', dueAt: null, error: null };
  const now = context.clock.now();
  if (outcome.permanent || now - row.createdAt.getTime() > GIVE_UP_MS) {
    return { ...base, status: 'failed', dueAt: null, error: outcome.reason };
  }
  const wait = Math.min(FIRST_RETRY_MS * 2 ** (row.attempts - 1), LONGEST_RETRY_MS);
  return { ...base, status: 'queued', dueAt: now + wait, error: outcome.reason };
}

async function settle(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  results: readonly Result[],
): Promise<void> {
  const now = new Date(context.clock.now());
  const rows = results.map((result) => ({
    ...result,
    dueAt: new Date(result.dueAt ?? now.getTime()).toISOString(),
  }));
  await tx.execute(sql`
    update notifications n set status = v.status, last_error = v.error, due_at = v."dueAt",
      attempts = n.attempts - case when v.released then 1 else 0 end,
      sent_at = case when v.status = 'sent' then ${now.toISOString()}::timestamptz end,
      data = case when v.status <> 'queued'
        and n.kind in (select jsonb_array_elements_text(${JSON.stringify(SECRET_KINDS)}::text::jsonb))
        then '{}'::jsonb else n.data end
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
      as v(id uuid, status text, error text, "dueAt" timestamptz, released boolean)
    where n.id = v.id and n.status = 'queued'`);
  const again = results.flatMap(({ status, dueAt }) =>
    status === 'queued' && dueAt !== null ? [new Date(dueAt)] : [],
  );
  await scheduleDelivery(tx, tenantId, again);
  if (results.some(({ error }) => error === 'mail-not-set-up')) await tellNotSetUp(context, tx, tenantId);
}

/** Once a week, in the application: by mail it could not be told. */
async function tellNotSetUp(context: AppContext, tx: Tx, tenantId: string): Promise<void> {
  const tenant = await notifiedTenant(tx, tenantId);
  const week = DateTime.fromMillis(context.clock.now(), { zone: tenant.timezone }).toFormat("kkkk-'W'WW");
  const recipients = await administrators(tx);
  await notify(
    context,
    tx,
    tenant,
    recipients.map((recipient) => ({
      kind: 'mail-not-set-up' as const,
      recipient: { ...recipient, address: null },
      data: {},
      key: week,
    })),
  );
}
