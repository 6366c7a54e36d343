import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { deliverWebhooks } from './deliver.ts';
import { consumeForWebhooks, WEBHOOK_JOB } from './events.ts';
import {
  Delivery,
  DeliveryList,
  DeliveryParams,
  DeliveryQuery,
  NewWebhook,
  NewWebhookAnswer,
  Webhook,
  WebhookList,
  WebhookPatch,
  WebhookQuery,
  WebhookSecret,
} from './schemas.ts';
import {
  createWebhook,
  deleteWebhook,
  findWebhook,
  listDeliveries,
  listWebhooks,
  patchWebhook,
  redeliver,
  rotateSecret,
  testWebhook,
} from './service.ts';

const tags = ['webhooks'];
const config = { roles: ADMINS, changes: ['notifications'] as const };
const addresses = [
  'webhook-url-invalid',
  'webhook-url-scheme',
  'webhook-url-forbidden',
  'webhook-host-unresolved',
] as const;

export async function webhookRoutes(app: App, context: AppContext): Promise<void> {
  consumeForWebhooks(context);
  context.queue.define(WEBHOOK_JOB, { concurrency: 2, attempts: 3 }, ({ data, signal }) =>
    deliverWebhooks(context, data.tenantId, signal),
  );

  app.get(
    '/webhooks',
    {
      config,
      schema: {
        tags,
        summary: 'Webhooks of the institution',
        description: 'Where other systems are told what happens. Secrets are never shown again.',
        querystring: WebhookQuery,
        response: { 200: WebhookList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listWebhooks(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/webhooks',
    {
      config,
      schema: {
        tags,
        summary: 'Add a webhook',
        description:
          'Every event of the chosen types is posted to the address as `{ type, timestamp, data }`, signed by Standard ' +
          'Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). Any 2xx within 10 seconds is success; ' +
          'everything else is tried again for about a day under the same `webhook-id`; redirects are not followed. ' +
          '410 switches the webhook off.',
        body: NewWebhook,
        response: { 201: NewWebhookAnswer, ...failures(...addresses, 'too-many-webhooks') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await createWebhook(context, caller, body)),
  );

  app.get(
    '/webhooks/:id',
    {
      config,
      schema: {
        tags,
        summary: 'One webhook',
        description: 'With its failures in a row.',
        params: IdParams,
        response: { 200: Webhook, ...failures('webhook-not-found') },
      },
    },
    async ({ caller, params }) => context.db.tenant(caller.tenantId, (tx) => findWebhook(tx, params.id)),
  );

  app.patch(
    '/webhooks/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a webhook',
        description: 'Switching it on forgets its failures. A new address is checked like the first one.',
        params: IdParams,
        body: WebhookPatch,
        response: { 200: Webhook, ...failures('webhook-not-found', ...addresses) },
      },
    },
    async ({ caller, params, body }) => patchWebhook(context, caller, params.id, body),
  );

  app.delete(
    '/webhooks/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove a webhook',
        description: 'With everything that was, or was to be, delivered to it.',
        params: IdParams,
        response: { 204: NoContent, ...failures('webhook-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await context.db.tenant(caller.tenantId, (tx) => deleteWebhook(tx, params.id));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/webhooks/:id/secret',
    {
      config,
      schema: {
        tags,
        summary: 'Make a new secret',
        description: 'Shown only now. From then on everything is signed with it, also what is tried again.',
        params: IdParams,
        response: { 200: WebhookSecret, ...failures('webhook-not-found') },
      },
    },
    async ({ caller, params }) => ({ secret: await rotateSecret(context, caller, params.id) }),
  );

  app.post(
    '/webhooks/:id/test',
    {
      config,
      schema: {
        tags,
        summary: 'Send a test event',
        description:
          'Of the type `webhook.test`, whatever types are chosen. What became of it stands in the deliveries.',
        params: IdParams,
        response: { 202: Delivery, ...failures('webhook-not-found', 'webhook-disabled') },
      },
    },
    async ({ caller, params }, reply) => reply.code(202).send(await testWebhook(context, caller, params.id)),
  );

  app.get(
    '/webhooks/:id/deliveries',
    {
      config,
      schema: {
        tags,
        summary: 'What was delivered, and what not yet',
        description: 'The newest first, with the last answer of the receiver.',
        params: IdParams,
        querystring: DeliveryQuery,
        response: { 200: DeliveryList, ...failures('webhook-not-found') },
      },
    },
    async ({ caller, params, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listDeliveries(tx, params.id, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/webhooks/:id/deliveries/:deliveryId/redeliver',
    {
      config,
      schema: {
        tags,
        summary: 'Deliver once more',
        description:
          'Under the same `webhook-id`, so that a receiver that has it knows it. One that is still queued stays as it is.',
        params: DeliveryParams,
        response: {
          202: Delivery,
          ...failures('webhook-not-found', 'webhook-delivery-not-found', 'webhook-disabled'),
        },
      },
    },
    async ({ caller, params }, reply) =>
      reply.code(202).send(await redeliver(context, caller, params.id, params.deliveryId)),
  );
}
