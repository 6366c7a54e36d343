import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { notifications, tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { enqueue } from '../../jobs/outbox.ts';
import { languageOf } from '../../mail/format.ts';
import type { MessageData, MessageKind } from '../../mail/kinds.ts';
import { type TenantSettings, tenantSettings } from '../tenants/settings.ts';
import { canWait, choiceOf, topicOf } from './preferences.ts';
import { afterQuietHours } from './quiet-hours.ts';
import type { Recipient } from './recipients.ts';

export const DELIVER_JOB = 'notifications.deliver';

export interface NotifiedTenant {
  id: string;
  name: string;
  locale: string;
  timezone: string;
  settings: TenantSettings;
}

/** The institution of the transaction. */
export async function notifiedTenant(tx: Tx, tenantId: string): Promise<NotifiedTenant> {
  const [row] = await tx
    .select({
      id: tenants.id,
      name: tenants.name,
      locale: tenants.locale,
      timezone: tenants.timezone,
      settings: tenants.settings,
    })
    .from(tenants)
    .where(eq(tenants.id, tenantId));
  if (!row) throw new Error('There is no such institution.');
  return { ...row, settings: tenantSettings(row) };
}

/**
 * What is kept of a message until it is rendered: its data without names of students, which are looked up by the
 * row's student or by `studentId` within lists.
 */
export type StoredData<Kind extends MessageKind> = {
  [Key in keyof MessageData[Kind] as Key extends 'student' ? never : Key]: MessageData[Kind][Key] extends {
    student: string;
  }[]
    ? (Omit<MessageData[Kind][Key][number], 'student'> & { studentId: string })[]
    : MessageData[Kind][Key];
};

export interface Notice<Kind extends MessageKind = MessageKind> {
  kind: Kind;
  recipient: Recipient;
  data: StoredData<Kind>;
  /** With kind, person and channel: never told twice. */
  key: string;
  /** Whose data it is; erased with them. Default: the recipient's. */
  studentId?: string | null;
  /** Mail not before. */
  mailAt?: Date;
}

export type NoticeRow = typeof notifications.$inferInsert;

/** The rows that a notice becomes: by channel, as the person wants them. Quiet hours hold mails back. */
export function rowsOf<Kind extends MessageKind>(
  context: Pick<AppContext, 'clock'>,
  tenant: NotifiedTenant,
  notice: Notice<Kind>,
): NoticeRow[] {
  const { kind, recipient, key } = notice;
  const now = new Date(context.clock.now());
  const topic = topicOf(kind);
  const wanted =
    topic === null
      ? { inApp: false, email: true }
      : choiceOf(recipient.reader, topic, recipient.preferences.topics);
  const base = {
    tenantId: tenant.id,
    userId: recipient.userId,
    studentId: notice.studentId === undefined ? recipient.studentId : notice.studentId,
    kind,
    locale: languageOf(recipient.locale, tenant.locale),
    // Who it is for: corrections are told to whom the mark was told.
    data: { ...notice.data, to: recipient.key },
    status: 'queued' as const,
    createdAt: now,
  };
  const rows: NoticeRow[] = [];
  if (wanted.inApp && recipient.userId !== null) {
    const dedupeKey = shortKey(`${kind}:${key}:${recipient.key}:in-app`);
    rows.push({ ...base, id: newId(), channel: 'in-app', address: null, dueAt: now, dedupeKey });
  }
  if (wanted.email && recipient.address !== null) {
    const quiet = recipient.preferences.quietHours;
    const hours = quiet === undefined ? tenant.settings.notifications.quietHours : quiet;
    const from = notice.mailAt !== undefined && notice.mailAt > now ? notice.mailAt : now;
    rows.push({
      ...base,
      id: newId(),
      channel: 'email',
      // An account's address is looked up when the mail goes out: it may have changed.
      address: recipient.userId === null ? recipient.address : null,
      dueAt: canWait(kind) ? afterQuietHours(from, hours, tenant.timezone) : from,
      dedupeKey: shortKey(`${kind}:${key}:${recipient.key}:email`),
    });
  }
  return rows;
}

/** Tells each of them once, whatever happens in between; what was told already is left out. */
export async function notify(
  context: Pick<AppContext, 'clock'>,
  tx: Tx,
  tenant: NotifiedTenant,
  notices: readonly Notice[],
): Promise<number> {
  return insertRows(
    tx,
    tenant.id,
    notices.flatMap((notice) => rowsOf(context, tenant, notice)),
  );
}

const ROWS_AT_ONCE = 500;

export async function insertRows(tx: Tx, tenantId: string, rows: readonly NoticeRow[]): Promise<number> {
  let inserted = 0;
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const part = rows.slice(start, start + ROWS_AT_ONCE);
    const made = await tx
      .insert(notifications)
      .values(part)
      .onConflictDoNothing({ target: [notifications.tenantId, notifications.dedupeKey] })
      .returning({ dueAt: notifications.dueAt });
    inserted += made.length;
    await scheduleDelivery(
      tx,
      tenantId,
      made.map((row) => row.dueAt),
    );
  }
  return inserted;
}

/** A job for every time at which something is due. */
export async function scheduleDelivery(tx: Tx, tenantId: string, dueAt: readonly Date[]): Promise<void> {
  for (const at of new Set(dueAt.map((date) => date.getTime()))) {
    await enqueue(tx, tenantId, DELIVER_JOB, {}, { dueAt: new Date(at) });
  }
}

/** Keys are bounded, whatever went into them. */
function shortKey(key: string): string {
  return key.length <= 200 ? key : createHash('sha256').update(key).digest('base64url');
}

export const sessionItem = (sessionId: string) =>
  sql`data -> 'items' @> ${JSON.stringify([{ sessionId }])}::text::jsonb`;
