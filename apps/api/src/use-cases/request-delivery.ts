import { FormaError } from '@formaops/core';
import {
  type Caller,
  type DeliveryRequest,
  insertTestDelivery,
  redeliver,
  type WebhookDelivery,
} from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';

/** Sends a test to an endpoint: a worker does, within about a second. Ends with `NOT_FOUND` or `WEBHOOK_INACTIVE`. */
export async function sendTest(
  webhookId: string,
  { userId }: Caller,
  { db }: Pick<ApiDeps, 'db'>,
): Promise<WebhookDelivery> {
  return due(await insertTestDelivery(db, userId, webhookId));
}

/** Sends a delivery again, however it ended. Ends as {@link sendTest}. */
export async function deliverAgain(
  webhookId: string,
  id: string,
  { userId }: Caller,
  { db }: Pick<ApiDeps, 'db'>,
): Promise<WebhookDelivery> {
  return due(await redeliver(db, userId, webhookId, id));
}

function due(request: DeliveryRequest): WebhookDelivery {
  switch (request.kind) {
    case 'due':
      return request.delivery;
    case 'missing':
      throw new FormaError('NOT_FOUND');
    case 'inactive':
      throw new FormaError('WEBHOOK_INACTIVE');
  }
}
