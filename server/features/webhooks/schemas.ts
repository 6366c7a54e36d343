import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { WEBHOOK_EVENTS } from './events.ts';

const Events = Type.Array(OneOf([...WEBHOOK_EVENTS, '*']), {
  minItems: 1,
  maxItems: WEBHOOK_EVENTS.length + 1,
  uniqueItems: true,
  description: 'Types that are delivered; `*` for all.',
});
const url = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: 'https; to public addresses, or to the networks that the server’s WEBHOOK_NETWORKS allows.',
});
const description = Nullable(Type.String({ maxLength: 500 }));

const example = {
  id: '019a9b1e-7c00-7000-8000-000000000010',
  url: 'https://lms.example.edu/yoklama',
  description: 'LMS',
  events: ['attendance.changed' as const, 'session.closed' as const],
  enabled: true,
  failures: 0,
  disabledAt: null,
  createdAt: '2026-11-21T08:00:00.000Z',
};

export const Webhook = Type.Object(
  {
    id: Uuid('The webhook.'),
    url: Type.String(),
    description: Nullable(Type.String()),
    events: Events,
    enabled: Type.Boolean({
      description: 'Switched off by the server where deliveries fail for a day, or after 410.',
    }),
    failures: Type.Integer({ description: 'Failed attempts in a row.' }),
    disabledAt: Nullable(Instant('When the server switched it off.')),
    createdAt: Instant('When it was made.'),
  },
  { title: 'Webhook', examples: [example] },
);
export type Webhook = Static<typeof Webhook>;

const secret = Type.String({ description: 'Standard Webhooks: `whsec_` and base64. Shown only now.' });
const exampleSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const NewWebhookAnswer = Type.Object(
  { ...Webhook.properties, secret },
  { title: 'WebhookWithSecret', examples: [{ ...example, secret: exampleSecret }] },
);
export const WebhookSecret = Type.Object(
  { secret },
  { title: 'WebhookSecret', examples: [{ secret: exampleSecret }] },
);

export const NewWebhook = Type.Object(
  { url, description: Type.Optional(description), events: Events },
  {
    title: 'NewWebhook',
    additionalProperties: false,
    examples: [{ url: example.url, description: 'LMS', events: ['attendance.changed', 'session.closed'] }],
  },
);
export type NewWebhook = Static<typeof NewWebhook>;

export const WebhookPatch = Type.Object(
  {
    url: Type.Optional(url),
    description: Type.Optional(description),
    events: Type.Optional(Events),
    enabled: Type.Optional(Type.Boolean()),
  },
  { title: 'WebhookPatch', additionalProperties: false, minProperties: 1, examples: [{ enabled: true }] },
);
export type WebhookPatch = Static<typeof WebhookPatch>;

export const WebhookList = Object.assign(ListOf(Webhook, 'WebhookList'), {
  examples: [{ total: 1, skip: 0, limit: 50, items: [example] }],
});
export const WebhookQuery = Type.Object({ ...PageQuery });

const STATUSES = ['queued', 'delivered', 'failed'] as const;
const exampleDelivery = {
  id: '019a9b1e-7c00-7000-8000-000000000011',
  type: 'session.closed',
  payload: {
    type: 'session.closed',
    timestamp: '2026-11-21T09:00:00.000Z',
    data: {
      sessionId: '019a9b1e-7c00-7000-8000-000000000012',
      courseId: '019a9b1e-7c00-7000-8000-000000000013',
    },
  },
  status: 'delivered' as const,
  attempts: 1,
  responseStatus: 204,
  error: null,
  createdAt: '2026-11-21T09:00:00.000Z',
  dueAt: '2026-11-21T09:00:00.000Z',
  deliveredAt: '2026-11-21T09:00:01.000Z',
};

export const Delivery = Type.Object(
  {
    id: Uuid('The delivery: `webhook-id` of every attempt at it.'),
    type: Type.String(),
    payload: Type.Record(Type.String(), Type.Unknown()),
    status: OneOf(STATUSES),
    attempts: Type.Integer(),
    responseStatus: Nullable(Type.Integer({ description: 'HTTP status of the last answer.' })),
    error: Nullable(Type.String({ description: 'What the last attempt ended with.' })),
    createdAt: Instant('When it happened.'),
    dueAt: Instant('Of a queued one the next attempt.'),
    deliveredAt: Nullable(Instant('When the receiver took it.')),
  },
  { title: 'WebhookDelivery', examples: [exampleDelivery] },
);
export const DeliveryList = Object.assign(ListOf(Delivery, 'WebhookDeliveryList'), {
  examples: [{ total: 1, skip: 0, limit: 50, items: [exampleDelivery] }],
});
export const DeliveryQuery = Type.Object({
  status: Type.Optional(OneOf(STATUSES)),
  type: Type.Optional(OneOf([...WEBHOOK_EVENTS, 'webhook.test'])),
  ...PageQuery,
});
export type DeliveryQuery = Static<typeof DeliveryQuery>;
export const DeliveryParams = Type.Object({ id: Uuid('The webhook.'), deliveryId: Uuid('The delivery.') });
