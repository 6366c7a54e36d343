import { sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { notifications } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { SessionItem, Status } from '../../mail/kinds.ts';
import type { NotificationRow } from './hydrate.ts';
import {
  insertRows,
  type NoticeRow,
  type NotifiedTenant,
  notifiedTenant,
  rowsOf,
  scheduleDelivery,
  sessionItem,
} from './notify.ts';
import { nextTime } from './quiet-hours.ts';
import { type Recipient, studentRecipients } from './recipients.ts';

/** A correction is told after this, so that one that is taken back at once is not told at all. */
const CORRECTION_WAIT_MS = 10 * 60_000;

interface Marked extends Record<string, unknown> {
  studentId: string;
  status: Status;
  startsAt: string;
  course: string;
}

/**
 * Tells students and guardians what a session that has closed says of them. Mails that wait, for the evening or for
 * the end of quiet hours, take in the sessions that close meanwhile: one mail a person and time.
 */
export async function noticesOfSession(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  sessionId: string,
): Promise<void> {
  const tenant = await notifiedTenant(tx, tenantId);
  const told = statusesTold(tenant);
  const marked = await tx.execute<Marked>(sql`
    select r.student_id as "studentId", r.status, c.name as course, s.starts_at as "startsAt"
    from attendance_records r join class_sessions s on s.id = r.session_id join courses c on c.id = s.course_id
    where r.session_id = ${sessionId}
      and r.status in (select jsonb_array_elements_text(${JSON.stringify(told)}::text::jsonb))`);
  const recipients = await wanted(
    tx,
    tenant,
    marked.map((row) => row.studentId),
  );
  const byStudent = new Map(marked.map((row) => [row.studentId, row]));
  const rows = recipients.flatMap((recipient) =>
    noticeRows(context, tenant, recipient, itemOf(sessionId, byStudent.get(recipient.studentId!)!)),
  );
  await insertMerging(tx, tenantId, rows);
}

/**
 * A mark of a closed session was changed. Whoever was told the old one is told the new one; a notice that has not gone
 * out yet is put right instead.
 */
export async function noticesOfChange(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  change: { sessionId: string; studentId: string },
): Promise<void> {
  const { sessionId, studentId } = change;
  const [marked] = await tx.execute<Marked>(sql`
    select r.student_id as "studentId", r.status, c.name as course, s.starts_at as "startsAt"
    from attendance_records r join class_sessions s on s.id = r.session_id join courses c on c.id = s.course_id
    where r.session_id = ${sessionId} and r.student_id = ${studentId} and s.status = 'closed'`);
  if (!marked) return;
  const tenant = await notifiedTenant(tx, tenantId);
  const item = itemOf(sessionId, marked);
  const earlier = await tx
    .select()
    .from(notifications)
    .where(
      sql`${notifications.studentId} = ${studentId} and ${notifications.kind} in ('attendance', 'attendance-corrected')
        and ${sessionItem(sessionId)}`,
    )
    .orderBy(notifications.createdAt, notifications.id)
    .for('update');
  const told = statusesTold(tenant).includes(item.status);
  for (const recipient of await wanted(tx, tenant, [studentId])) {
    const rows = noticeRows(context, tenant, recipient, item);
    for (const fresh of rows) {
      const own = earlier.filter((row) => row.channel === fresh.channel && row.data.to === recipient.key);
      const waiting = own.find((row) => row.status === 'queued' && row.attempts === 0);
      const last = own.findLast((row) => row !== waiting && row.status !== 'dropped');
      if (waiting && last === undefined) await amend(tx, waiting, told ? item : null, sessionId);
      else if (last === undefined) {
        if (told) await insertMerging(tx, tenantId, [fresh]);
      } else await correct(context, tx, tenant, { recipient, item, last, waiting, channel: fresh.channel });
    }
  }
}

/** What was told stands against what is true now: a correction is due, changed, or no longer needed. */
async function correct(
  context: AppContext,
  tx: Tx,
  tenant: NotifiedTenant,
  given: {
    recipient: Recipient;
    item: SessionItem;
    last: NotificationRow;
    waiting: NotificationRow | undefined;
    channel: 'in-app' | 'email';
  },
): Promise<void> {
  const { recipient, item, last, waiting, channel } = given;
  const before = itemsOf(last).find((known) => known.sessionId === item.sessionId)?.status;
  if (before === undefined) return;
  if (waiting) return amend(tx, waiting, before === item.status ? null : { ...item, before }, item.sessionId);
  if (before === item.status) return;
  const mailAt = new Date(context.clock.now() + CORRECTION_WAIT_MS);
  const rows = rowsOf(context, tenant, {
    kind: 'attendance-corrected',
    recipient,
    data: { own: recipient.reader === 'student', items: [{ ...item, before }] },
    // Each correction follows one notice.
    key: last.id,
    mailAt,
  }).filter((row) => row.channel === channel);
  await insertRows(
    tx,
    tenant.id,
    rows.map((row) => ({ ...row, dueAt: row.dueAt < mailAt ? mailAt : row.dueAt })),
  );
}

/** Changes a session within a notice that has not gone out, or takes it out; an empty notice is not sent. */
async function amend(
  tx: Tx,
  row: NotificationRow,
  item: (SessionItem & { before?: Status }) | null,
  sessionId: string,
): Promise<void> {
  const others = itemsOf(row).filter((known) => known.sessionId !== sessionId);
  const items = item === null ? others : [...others, item];
  if (items.length === 0) await tx.delete(notifications).where(sql`${notifications.id} = ${row.id}`);
  else {
    await tx
      .update(notifications)
      .set({ data: { ...row.data, items } })
      .where(sql`${notifications.id} = ${row.id}`);
  }
}

function noticeRows(
  context: AppContext,
  tenant: NotifiedTenant,
  recipient: Recipient,
  item: SessionItem,
): NoticeRow[] {
  const now = new Date(context.clock.now());
  const { notifications: chosen, reports } = tenant.settings;
  const mailAt = chosen.digest === 'daily' ? nextTime(now, reports.dailyAt, tenant.timezone) : now;
  const rows = rowsOf(context, tenant, {
    kind: 'attendance',
    recipient,
    data: { own: recipient.reader === 'student', items: [item] },
    key: item.sessionId,
    mailAt,
  });
  // What goes out later goes out together.
  return rows.map((row) =>
    row.channel === 'email' && row.dueAt > now
      ? { ...row, dedupeKey: `attendance:${row.dueAt.toISOString()}:${recipient.key}:email` }
      : row,
  );
}

/** Inserts notices; one that waits already under the same key takes the session in. */
async function insertMerging(tx: Tx, tenantId: string, rows: readonly NoticeRow[]): Promise<void> {
  if (rows.length === 0) return;
  const reached = await tx
    .insert(notifications)
    .values([...rows])
    .onConflictDoUpdate({
      target: [notifications.tenantId, notifications.dedupeKey],
      set: {
        data: sql`jsonb_set(notifications.data, '{items}', (
          select jsonb_agg(kept.item) from (
            select item from jsonb_array_elements(notifications.data -> 'items') as item
            where item ->> 'sessionId' <> excluded.data -> 'items' -> 0 ->> 'sessionId'
            union all select excluded.data -> 'items' -> 0) as kept))`,
      },
      setWhere: sql`notifications.status = 'queued' and notifications.attempts = 0 and notifications.channel = 'email'`,
    })
    .returning({ dedupeKey: notifications.dedupeKey, dueAt: notifications.dueAt });
  await scheduleDelivery(
    tx,
    tenantId,
    reached.map((row) => row.dueAt),
  );
  const known = new Set(reached.map((row) => row.dedupeKey));
  // The waiting mail had just left: the session gets a notice of its own.
  const missed = rows.filter((row) => !known.has(row.dedupeKey) && row.channel === 'email');
  await insertRows(
    tx,
    tenantId,
    missed.map((row) => ({
      ...row,
      id: newId(),
      dedupeKey: `${row.dedupeKey}:${itemsOf(row)[0]?.sessionId}`,
    })),
  );
}

async function wanted(tx: Tx, tenant: NotifiedTenant, studentIds: readonly string[]): Promise<Recipient[]> {
  const { students, guardians } = tenant.settings.notifications;
  if (!students && !guardians) return [];
  const recipients = await studentRecipients(tx, studentIds);
  return recipients.filter(({ reader }) => (reader === 'guardian' ? guardians : students));
}

function statusesTold(tenant: NotifiedTenant): string[] {
  return tenant.settings.notifications.late ? ['absent', 'late'] : ['absent'];
}

function itemOf(sessionId: string, marked: Marked): SessionItem {
  const { course, status } = marked;
  return { sessionId, course, status, startsAt: new Date(marked.startsAt).toISOString() };
}

function itemsOf(row: { data: Record<string, unknown> }): SessionItem[] {
  return Array.isArray(row.data.items) ? (row.data.items as SessionItem[]) : [];
}
