import { and, count, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { notifications, students, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { languageOf } from '../../mail/format.ts';
import type { MessageKind } from '../../mail/kinds.ts';
import type { Caller } from '../auth/tokens.ts';
import { type Rendered, render } from './hydrate.ts';
import { notifiedTenant, notify, scheduleDelivery } from './notify.ts';
import {
  choiceOf,
  DEFAULTS,
  type Reader,
  type StoredPreferences,
  storedPreferences,
  TOPICS,
} from './preferences.ts';
import { userRecipient } from './recipients.ts';
import type {
  NotificationQuery,
  NotificationView,
  OutgoingQuery,
  Preferences,
  PreferencesBody,
} from './schemas.ts';

export function toNotification({ row, message }: Rendered): NotificationView {
  const { to: _, ...data } = row.data;
  return {
    id: row.id,
    kind: row.kind as MessageKind,
    title: message.subject,
    text: message.paragraphs.join('\n'),
    data,
    studentId: row.studentId,
    createdAt: row.createdAt.toISOString(),
    readAt: row.readAt?.toISOString() ?? null,
  };
}

const ownOf = (userId: string) => and(eq(notifications.userId, userId), eq(notifications.channel, 'in-app'));

/** The user's own notifications: unread first, then the newest. */
export async function listNotifications(
  context: AppContext,
  tx: Tx,
  caller: Caller,
  query: NotificationQuery,
): Promise<{ total: number; unread: number; items: NotificationView[] }> {
  const own = ownOf(caller.userId);
  const where = and(
    own,
    query.kind === undefined ? undefined : eq(notifications.kind, query.kind),
    query.unread === undefined
      ? undefined
      : query.unread
        ? isNull(notifications.readAt)
        : isNotNull(notifications.readAt),
  );
  const [rows, [counted]] = await Promise.all([
    tx
      .select()
      .from(notifications)
      .where(where)
      .orderBy(
        sql`(${notifications.readAt} is not null)`,
        desc(notifications.createdAt),
        desc(notifications.id),
      )
      .offset(query.skip)
      .limit(query.limit),
    tx
      .select({
        total: sql<number>`count(*) filter (where ${where})`.mapWith(Number),
        unread: sql<number>`count(*) filter (where ${notifications.readAt} is null)`.mapWith(Number),
      })
      .from(notifications)
      .where(own),
  ]);
  const items = await views(context, tx, caller.tenantId, rows);
  return { total: counted?.total ?? 0, unread: counted?.unread ?? 0, items };
}

async function views(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  rows: (typeof notifications.$inferSelect)[],
): Promise<NotificationView[]> {
  const { name, timezone } = await notifiedTenant(tx, tenantId);
  const place = { institution: name, url: context.config.publicUrl, timezone };
  return (await render(tx, rows, place)).map(toNotification);
}

/** Throws `notification-not-found`. Reading twice keeps the first time. */
export async function markRead(
  context: AppContext,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<NotificationView> {
  const [row] = await tx
    .update(notifications)
    .set({
      readAt: sql`coalesce(${notifications.readAt}, ${new Date(context.clock.now()).toISOString()}::timestamptz)`,
    })
    .where(and(eq(notifications.id, id), ownOf(caller.userId)))
    .returning();
  const [view] = row ? await views(context, tx, caller.tenantId, [row]) : [];
  if (!view) throw new ApiError('notification-not-found');
  return view;
}

export async function markAllRead(context: AppContext, tx: Tx, caller: Caller): Promise<number> {
  const rows = await tx
    .update(notifications)
    .set({ readAt: new Date(context.clock.now()) })
    .where(and(ownOf(caller.userId), isNull(notifications.readAt)))
    .returning({ id: notifications.id });
  return rows.length;
}

interface Chooser {
  reader: Reader;
  stored: StoredPreferences;
  locale: string | null;
  save(preferences: StoredPreferences, locale: string | undefined): Promise<void>;
}

/** Where the caller's choices are kept: a student's with the student, so that they hold without an account, too. */
async function chooserOf(tx: Tx, caller: Caller): Promise<Chooser> {
  const [user] = await tx.select().from(users).where(eq(users.id, caller.userId));
  if (!user) throw new ApiError('forbidden', { message: 'An API key has no preferences.' });
  if (caller.studentId === null) {
    return {
      reader: user.role === 'teacher' ? 'teacher' : 'admin',
      stored: storedPreferences(user.preferences),
      locale: user.locale,
      async save(notificationsChosen, locale) {
        const preferences = { ...user.preferences, notifications: notificationsChosen };
        await tx
          .update(users)
          .set({ preferences, ...(locale === undefined ? {} : { locale }) })
          .where(eq(users.id, user.id));
      },
    };
  }
  const [student] = await tx.select().from(students).where(eq(students.id, caller.studentId));
  if (!student) throw new ApiError('student-not-found');
  return {
    reader: 'student',
    stored: storedPreferences(student.preferences),
    locale: student.locale ?? user.locale,
    async save(notificationsChosen, locale) {
      const preferences = { ...student.preferences, notifications: notificationsChosen };
      const changed = locale === undefined ? {} : { locale };
      await tx
        .update(students)
        .set({ preferences, ...changed })
        .where(eq(students.id, student.id));
      if (locale !== undefined) await tx.update(users).set({ locale }).where(eq(users.id, user.id));
    },
  };
}

export async function preferencesOf(tx: Tx, caller: Caller): Promise<Preferences> {
  const { reader, stored, locale } = await chooserOf(tx, caller);
  const tenant = await notifiedTenant(tx, caller.tenantId);
  return {
    locale: languageOf(locale, tenant.locale),
    quietHours:
      stored.quietHours === undefined ? tenant.settings.notifications.quietHours : stored.quietHours,
    quietHoursOwn: stored.quietHours !== undefined,
    topics: TOPICS.filter((topic) => DEFAULTS[reader][topic] !== undefined).map((topic) => ({
      topic,
      ...choiceOf(reader, topic, stored.topics),
    })),
  };
}

export async function setPreferences(tx: Tx, caller: Caller, body: PreferencesBody): Promise<Preferences> {
  // Two changes at once take turns, so that neither forgets the other's.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`preferences ${caller.userId}`}, 0))`);
  const chooser = await chooserOf(tx, caller);
  const { quietHours: _, ...before } = chooser.stored;
  const topics = { ...before.topics };
  for (const { topic, ...choice } of body.topics ?? []) topics[topic] = { ...topics[topic], ...choice };
  const quietHours = body.quietHours === undefined ? chooser.stored.quietHours : body.quietHours;
  await chooser.save(
    {
      ...before,
      topics,
      ...(quietHours === undefined || quietHours === 'institution' ? {} : { quietHours }),
    },
    body.locale,
  );
  return preferencesOf(tx, caller);
}

/** Mails of the institution with what became of them, the newest first. */
export async function listOutgoing(tx: Tx, query: OutgoingQuery) {
  const where = and(
    eq(notifications.channel, 'email'),
    query.status === undefined ? undefined : eq(notifications.status, query.status),
    query.kind === undefined ? undefined : eq(notifications.kind, query.kind),
    query.studentId === undefined ? undefined : eq(notifications.studentId, query.studentId),
  );
  const [matching] = await tx.select({ total: count() }).from(notifications).where(where);
  const rows = await tx
    .select({ row: notifications, email: users.email })
    .from(notifications)
    .leftJoin(users, eq(users.id, notifications.userId))
    .where(where)
    .orderBy(desc(notifications.createdAt), desc(notifications.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: matching?.total ?? 0, items: rows.map(({ row, email }) => toOutgoing(row, email)) };
}

function toOutgoing(row: typeof notifications.$inferSelect, email: string | null) {
  return {
    id: row.id,
    kind: row.kind as MessageKind,
    status: row.status,
    to: row.address ?? email,
    studentId: row.studentId,
    locale: row.locale,
    attempts: row.attempts,
    error: row.lastError,
    createdAt: row.createdAt.toISOString(),
    dueAt: row.dueAt.toISOString(),
    sentAt: row.sentAt?.toISOString() ?? null,
  };
}

/** Throws `notification-not-found`, `notification-not-retryable`. */
export async function retryMail(context: AppContext, tx: Tx, caller: Caller, id: string) {
  const [row] = await tx
    .select()
    .from(notifications)
    .where(and(eq(notifications.id, id), eq(notifications.channel, 'email')))
    .for('update');
  if (!row) throw new ApiError('notification-not-found');
  // Links that work once are forgotten when their mail is settled.
  const forgotten = row.kind === 'invitation' || row.kind === 'password-reset';
  if ((row.status !== 'failed' && row.status !== 'dropped') || forgotten) {
    throw new ApiError('notification-not-retryable');
  }
  const dueAt = new Date(context.clock.now());
  const [changed] = await tx
    .update(notifications)
    .set({ status: 'queued', dueAt, lastError: null, attempts: 0 })
    .where(eq(notifications.id, id))
    .returning();
  await scheduleDelivery(tx, caller.tenantId, [dueAt]);
  const [user] = row.userId === null ? [] : await tx.select().from(users).where(eq(users.id, row.userId));
  return toOutgoing(changed!, user?.email ?? null);
}

/** A mail to the caller's own address; what became of it stands in the list of outgoing mails. */
export async function sendTest(context: AppContext, tx: Tx, caller: Caller, key: string) {
  const recipient = await userRecipient(tx, caller.userId);
  if (!recipient?.address) throw new ApiError('forbidden', { message: 'An API key has no address.' });
  const tenant = await notifiedTenant(tx, caller.tenantId);
  await notify(context, tx, tenant, [{ kind: 'mail-test', recipient, data: { to: recipient.address }, key }]);
  const [row] = await tx
    .select()
    .from(notifications)
    .where(and(eq(notifications.userId, caller.userId), eq(notifications.kind, 'mail-test')))
    .orderBy(desc(notifications.id))
    .limit(1);
  return toOutgoing(row!, recipient.address);
}
