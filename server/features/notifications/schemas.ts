import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { LANGUAGES } from '../../mail/format.ts';
import { MESSAGE_KINDS } from '../../mail/kinds.ts';
import { TOPICS } from './preferences.ts';

const exampleNotification = {
  id: '019a9b1e-7c00-7000-8000-000000000001',
  kind: 'camera-down' as const,
  title: 'Camera without picture: A-101 front',
  text: 'The camera A-101 front gives no picture in the class of Matematik. Nobody is recognised by it until it is back.',
  data: { camera: 'A-101 front', course: 'Matematik', reason: 'unreachable' },
  studentId: null,
  createdAt: '2026-11-21T08:10:00.000Z',
  readAt: null,
};

export const NotificationSchema = Type.Object(
  {
    id: Uuid('The notification.'),
    kind: OneOf(MESSAGE_KINDS, 'Stable; switch on it.'),
    title: Type.String({ description: 'In the reader’s language.' }),
    text: Type.String({ description: 'In the reader’s language.' }),
    data: Type.Record(Type.String(), Type.Unknown(), { description: 'What the text was made of, by kind.' }),
    studentId: Nullable(Uuid('The student it is about.')),
    createdAt: Instant('When it was made.'),
    readAt: Nullable(Instant('When it was read.')),
  },
  { title: 'Notification', examples: [exampleNotification] },
);
export type NotificationView = Static<typeof NotificationSchema>;

export const NotificationList = Type.Object(
  {
    ...ListOf(NotificationSchema, 'Notifications').properties,
    unread: Type.Integer({ description: 'Unread of all kinds.' }),
  },
  {
    title: 'NotificationList',
    examples: [{ total: 1, skip: 0, limit: 50, items: [exampleNotification], unread: 1 }],
  },
);

export const NotificationQuery = Type.Object({
  unread: Type.Optional(Type.Boolean({ description: 'Only unread, or only read.' })),
  kind: Type.Optional(OneOf(MESSAGE_KINDS, 'Only of this kind.')),
  ...PageQuery,
});
export type NotificationQuery = Static<typeof NotificationQuery>;

export const ReadAll = Type.Object(
  { read: Type.Integer({ description: 'Notifications that had been unread.' }) },
  { title: 'NotificationsRead', examples: [{ read: 3 }] },
);

const time = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'Local time, HH:MM.' });
const Quiet = Type.Object({ from: time, until: time }, { title: 'QuietHours' });
const examplePreferences = {
  locale: 'tr' as const,
  quietHours: { from: '22:00', until: '07:00' },
  quietHoursOwn: true,
  topics: [{ topic: 'attendance' as const, inApp: true, email: false }],
};

export const Preferences = Type.Object(
  {
    locale: OneOf(LANGUAGES, 'Language of what is written to the user.'),
    quietHours: Nullable(Quiet),
    quietHoursOwn: Type.Boolean({ description: 'The user’s own choice; otherwise the institution’s hours.' }),
    topics: Type.Array(Type.Object({ topic: OneOf(TOPICS), inApp: Type.Boolean(), email: Type.Boolean() }), {
      description: 'What this user can be told, by topic and channel.',
    }),
  },
  { title: 'NotificationPreferences', examples: [examplePreferences] },
);
export type Preferences = Static<typeof Preferences>;

export const PreferencesBody = Type.Object(
  {
    locale: Type.Optional(OneOf(LANGUAGES)),
    quietHours: Type.Optional(
      Type.Union([Quiet, Type.Null(), Type.Literal('institution')], {
        description: 'Null: none; `institution`: those of the institution.',
      }),
    ),
    topics: Type.Optional(
      Type.Array(
        Type.Object(
          {
            topic: OneOf(TOPICS),
            inApp: Type.Optional(Type.Boolean()),
            email: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
        { maxItems: TOPICS.length },
      ),
    ),
  },
  {
    title: 'NotificationPreferencesBody',
    additionalProperties: false,
    minProperties: 1,
    examples: [
      { quietHours: { from: '22:00', until: '07:00' }, topics: [{ topic: 'attendance', email: false }] },
    ],
  },
);
export type PreferencesBody = Static<typeof PreferencesBody>;

const STATUSES = ['queued', 'sent', 'failed', 'dropped'] as const;
const exampleOutgoing = {
  id: '019a9b1e-7c00-7000-8000-000000000002',
  kind: 'attendance' as const,
  status: 'failed' as const,
  to: 'veli@example.org',
  studentId: '019a9b1e-7c00-7000-8000-000000000003',
  locale: 'tr',
  attempts: 1,
  error: 'EENVELOPE: 550 5.1.1 no such user',
  createdAt: '2026-11-21T08:10:00.000Z',
  dueAt: '2026-11-21T08:10:00.000Z',
  sentAt: null,
};

export const Outgoing = Type.Object(
  {
    id: Uuid('The mail.'),
    kind: OneOf(MESSAGE_KINDS),
    status: OneOf(STATUSES, '`dropped`: there was nowhere to send it to, or no mail server is set.'),
    to: Nullable(Type.String({ description: 'Address.' })),
    studentId: Nullable(Uuid('The student it is about.')),
    locale: Type.String(),
    attempts: Type.Integer(),
    error: Nullable(Type.String({ description: 'What the last attempt ended with.' })),
    createdAt: Instant('When it was made.'),
    dueAt: Instant('Not before; of a queued mail the next attempt.'),
    sentAt: Nullable(Instant('When the mail server took it.')),
  },
  { title: 'OutgoingMail', examples: [exampleOutgoing] },
);
export const OutgoingList = Object.assign(ListOf(Outgoing, 'OutgoingMailList'), {
  examples: [{ total: 1, skip: 0, limit: 50, items: [exampleOutgoing] }],
});
export const OutgoingQuery = Type.Object({
  status: Type.Optional(OneOf(STATUSES)),
  kind: Type.Optional(OneOf(MESSAGE_KINDS)),
  studentId: Type.Optional(Uuid('Only about this student.')),
  ...PageQuery,
});
export type OutgoingQuery = Static<typeof OutgoingQuery>;

export const UnsubscribeQuery = Type.Object({
  token: Type.String({ minLength: 20, maxLength: 1000, description: 'From the link.' }),
});
