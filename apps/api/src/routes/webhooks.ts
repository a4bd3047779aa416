import { FormaError } from '@formaops/core';
import {
  deleteWebhook,
  findDelivery,
  findWebhook,
  listDeliveries,
  listWebhooks,
  updateWebhook,
  type WebhookChanges,
} from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { toPage } from '../http/cursor.ts';
import { type Operation, operation } from '../http/operation.ts';
import { deliverAgain, sendTest } from '../use-cases/request-delivery.ts';
import { createWebhook, missing, rotateSecret } from '../use-cases/save-webhook.ts';
import {
  type ChangeWebhookBody,
  changeWebhookBody,
  createWebhookBody,
  deliveriesQuery,
} from './webhook-schemas.ts';
import {
  deliveryPageView,
  deliveryView,
  webhookPageView,
  webhookView,
  webhookWithSecretView,
} from './webhook-views.ts';

const tag = 'Webhooks';
const collection = '/v1/webhooks';
const single = '/v1/webhooks/{id}';
const deliveries = '/v1/webhooks/{id}/deliveries';
const delivery = '/v1/webhooks/{id}/deliveries/{deliveryId}';

/** What can be done with the endpoints that are told when executions end. */
export function webhookOperations(deps: ApiDeps): Operation[] {
  return [...savers(deps), ...readers(deps), ...senders(deps)];
}

function savers(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: collection,
        operationId: 'createWebhook',
        tag,
        summary: 'Register an endpoint that is told when executions end',
        description:
          'What is sent is signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`), and sent at least once: an endpoint tells by `webhook-id` what it has seen. An answer in the 200s within ten seconds is a success; everything else is tried again, nine times over 28 hours. At most ten endpoints for each user.',
        body: createWebhookBody(deps.webhooks),
        bodyExample: { url: 'https://example.com/hooks/formaops', eventTypes: ['execution.completed'] },
        answers: {
          201: {
            description: 'Registered; the secret is shown only here',
            schema: webhookWithSecretView,
            headers: { Location: 'Address of the webhook' },
          },
        },
        errors: ['TOO_MANY_WEBHOOKS', 'WEBHOOKS_UNAVAILABLE'],
      },
      async ({ body, caller }) => {
        const webhook = await createWebhook(body, caller, deps);
        return { status: 201, body: webhook, headers: { Location: `${collection}/${webhook.id}` } };
      },
    ),
    operation(
      {
        method: 'patch',
        path: single,
        operationId: 'updateWebhook',
        tag,
        summary: 'Change an endpoint, or switch it on or off',
        description:
          'What is left out stays. What still waits for an endpoint that is switched off is given up within seconds; it can be delivered again later.',
        body: changeWebhookBody(deps.webhooks),
        bodyExample: { isActive: false },
        answers: { 200: { description: 'Changed', schema: webhookView } },
      },
      async ({ params: { id = '' }, body, caller }) => {
        const webhook = await updateWebhook(deps.db, caller.userId, id, changesOf(body));
        if (webhook === null) throw missing();
        return { status: 200, body: webhook };
      },
    ),
    operation(
      {
        method: 'delete',
        path: single,
        operationId: 'deleteWebhook',
        tag,
        summary: 'Delete an endpoint with its deliveries',
        answers: { 204: { description: 'Deleted' } },
      },
      async ({ params: { id = '' }, caller }) => {
        if (!(await deleteWebhook(deps.db, caller.userId, id))) throw missing();
        return { status: 204 };
      },
    ),
    operation(
      {
        method: 'post',
        path: '/v1/webhooks/{id}/rotate-secret',
        operationId: 'rotateWebhookSecret',
        tag,
        summary: 'Replace the secret of an endpoint',
        description: 'The old secret stays valid for 24 hours: until then everything is signed with both.',
        answers: {
          200: { description: 'Replaced; the secret is shown only here', schema: webhookWithSecretView },
        },
        errors: ['WEBHOOKS_UNAVAILABLE'],
      },
      async ({ params: { id = '' }, caller }) => ({
        status: 200,
        body: await rotateSecret(id, caller, deps),
      }),
    ),
  ];
}

function readers(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: collection,
        operationId: 'listWebhooks',
        tag,
        summary: 'List the endpoints, newest first',
        answers: { 200: { description: 'All of them', schema: webhookPageView } },
      },
      async ({ caller }) => ({
        status: 200,
        body: { data: await listWebhooks(deps.db, caller.userId), nextCursor: null },
      }),
    ),
    operation(
      {
        method: 'get',
        path: single,
        operationId: 'getWebhook',
        tag,
        summary: 'Read an endpoint',
        answers: { 200: { description: 'The endpoint', schema: webhookView } },
      },
      async ({ params: { id = '' }, caller }) => {
        const webhook = await findWebhook(deps.db, caller.userId, id);
        if (webhook === null) throw missing();
        return { status: 200, body: webhook };
      },
    ),
    operation(
      {
        method: 'get',
        path: deliveries,
        operationId: 'listWebhookDeliveries',
        tag,
        summary: 'List what an endpoint was told, or is to be told, newest first',
        description: 'Deliveries are kept for 30 days.',
        query: deliveriesQuery,
        answers: { 200: { description: 'A page of them', schema: deliveryPageView } },
      },
      async ({ params: { id = '' }, query: { cursor, limit, status }, caller }) => {
        const after = cursor ? { createdAt: cursor.at, id: cursor.id } : null;
        const filter = status === undefined ? {} : { status };
        const found = await listDeliveries(deps.db, caller.userId, id, filter, after, limit + 1);
        // None, or none of the caller's.
        if (found.length === 0 && (await findWebhook(deps.db, caller.userId, id)) === null) throw missing();
        const body = toPage(found, limit, ({ createdAt, id: deliveryId }) => ({
          at: createdAt,
          id: deliveryId,
        }));
        return { status: 200, body };
      },
    ),
    operation(
      {
        method: 'get',
        path: delivery,
        operationId: 'getWebhookDelivery',
        tag,
        summary: 'Read a delivery with its attempts',
        answers: { 200: { description: 'The delivery', schema: deliveryView } },
      },
      async ({ params: { id = '', deliveryId = '' }, caller }) => {
        const found = await findDelivery(deps.db, caller.userId, id, deliveryId);
        if (found === null) throw new FormaError('NOT_FOUND');
        return { status: 200, body: found };
      },
    ),
  ];
}

function senders(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: `${delivery}/redeliver`,
        operationId: 'redeliverWebhook',
        tag,
        summary: 'Deliver again, however it ended',
        description: 'The `webhook-id` stays the same, and all attempts can be made again.',
        answers: { 202: { description: 'It is due at once', schema: deliveryView } },
        errors: ['WEBHOOK_INACTIVE'],
      },
      async ({ params: { id = '', deliveryId = '' }, caller }) => ({
        status: 202,
        body: await deliverAgain(id, deliveryId, caller, deps),
      }),
    ),
    operation(
      {
        method: 'post',
        path: '/v1/webhooks/{id}/test',
        operationId: 'testWebhook',
        tag,
        summary: 'Send a test to an endpoint',
        description: 'The type is `webhook.test`; it is sent whichever types the endpoint asked for.',
        answers: { 202: { description: 'It is due at once', schema: deliveryView } },
        errors: ['WEBHOOK_INACTIVE'],
      },
      async ({ params: { id = '' }, caller }) => ({ status: 202, body: await sendTest(id, caller, deps) }),
    ),
  ];
}

/** What is undefined is left out. */
function changesOf({ url, eventTypes, description, isActive }: ChangeWebhookBody): WebhookChanges {
  return {
    ...(url !== undefined && { url }),
    ...(eventTypes !== undefined && { eventTypes }),
    ...(description !== undefined && { description }),
    ...(isActive !== undefined && { isActive }),
  };
}
