import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams } from '../../http.ts';
import { createMailer } from '../../mail/mailer.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
import { consumeEvents } from './consumers.ts';
import { deliverDue } from './deliver.ts';
import { DELIVER_JOB } from './notify.ts';
import { watchForOverlooked } from './overlooked.ts';
import { scheduleReports } from './periodic.ts';
import {
  NotificationList,
  NotificationQuery,
  NotificationSchema,
  Outgoing,
  OutgoingList,
  OutgoingQuery,
  Preferences,
  PreferencesBody,
  ReadAll,
} from './schemas.ts';
import {
  listNotifications,
  listOutgoing,
  markAllRead,
  markRead,
  preferencesOf,
  retryMail,
  sendTest,
  setPreferences,
} from './service.ts';
import { unsubscribeRoutes } from './unsubscribe-routes.ts';

const tags = ['notifications'];
const own = { roles: EVERYONE, changes: ['notifications'] as const };
const admin = { roles: ADMINS, changes: ['notifications'] as const };

export async function notificationRoutes(app: App, context: AppContext): Promise<void> {
  const mailer = createMailer(context.config);
  app.addHook('onClose', () => mailer.close());
  consumeEvents(context);
  scheduleReports(context);
  context.queue.define(DELIVER_JOB, { concurrency: 2, attempts: 3 }, ({ data, signal }) =>
    deliverDue(context, mailer, data.tenantId, signal),
  );
  const overlooked = watchForOverlooked(context);
  app.addHook('onListen', async () => overlooked.start());
  app.addHook('onClose', async () => overlooked.close());
  await unsubscribeRoutes(app, context);

  app.get(
    '/notifications',
    {
      config: own,
      schema: {
        tags,
        summary: 'The caller’s own notifications',
        description:
          'Unread first, then the newest. New ones also come over the socket as `notification`, without joining a session.',
        querystring: NotificationQuery,
        response: { 200: NotificationList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) =>
        listNotifications(context, tx, caller, query),
      );
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/notifications/:id/read',
    {
      config: own,
      schema: {
        tags,
        summary: 'Mark a notification as read',
        description: 'Reading it again changes nothing.',
        params: IdParams,
        response: { 200: NotificationSchema, ...failures('notification-not-found') },
      },
    },
    async ({ caller, params }) =>
      context.db.tenant(caller.tenantId, (tx) => markRead(context, tx, caller, params.id)),
  );

  app.post(
    '/notifications/read-all',
    {
      config: own,
      schema: {
        tags,
        summary: 'Mark all own notifications as read',
        description: 'Says how many had been unread.',
        response: { 200: ReadAll },
      },
    },
    async ({ caller }) => ({
      read: await context.db.tenant(caller.tenantId, (tx) => markAllRead(context, tx, caller)),
    }),
  );

  app.get(
    '/notifications/preferences',
    {
      config: own,
      schema: {
        tags,
        summary: 'What the caller is told, and how',
        description:
          'Topics that the caller can be told of, by channel, language and quiet hours. What was never chosen shows the ' +
          'institution’s default.',
        response: { 200: Preferences },
      },
    },
    async ({ caller }) => context.db.tenant(caller.tenantId, (tx) => preferencesOf(tx, caller)),
  );

  app.put(
    '/notifications/preferences',
    {
      config: own,
      schema: {
        tags,
        summary: 'Choose what to be told, and how',
        description:
          'What is left out stays as it is. Mails that can wait do so during quiet hours, in the institution’s zone; ' +
          'answers to what was just asked for, and cameras that fail, do not wait.',
        body: PreferencesBody,
        response: { 200: Preferences },
      },
    },
    async ({ caller, body }) => context.db.tenant(caller.tenantId, (tx) => setPreferences(tx, caller, body)),
  );

  app.get(
    '/notifications/outgoing',
    {
      config: admin,
      schema: {
        tags,
        summary: 'Mails and what became of them',
        description: 'Every mail of the institution, the newest first, with the last failure of each.',
        querystring: OutgoingQuery,
        response: { 200: OutgoingList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listOutgoing(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/notifications/:id/retry',
    {
      config: admin,
      schema: {
        tags,
        summary: 'Send a failed mail again',
        description: 'A mail that failed or was dropped is queued once more, with the same Message-ID.',
        params: IdParams,
        response: {
          202: Outgoing,
          ...failures('notification-not-found', 'notification-not-retryable'),
        },
      },
    },
    async ({ caller, params }, reply) => {
      const mail = await context.db.tenant(caller.tenantId, (tx) =>
        retryMail(context, tx, caller, params.id),
      );
      return reply.code(202).send(mail);
    },
  );

  app.post(
    '/notifications/test',
    {
      config: admin,
      schema: {
        tags,
        summary: 'Send a mail to oneself',
        description:
          'To see whether mail works. What became of it stands in `GET /notifications/outgoing` a moment later.',
        response: { 202: Outgoing, ...failures('mail-not-set-up') },
      },
    },
    async ({ caller }, reply) => {
      if (!mailer.configured) throw new ApiError('mail-not-set-up');
      const mail = await context.db.tenant(caller.tenantId, (tx) => sendTest(context, tx, caller, newId()));
      return reply.code(202).send(mail);
    },
  );
}
