import { randomBytes } from 'node:crypto';
import {
  createWebhookSecret,
  FormaError,
  type SealingKey,
  sealNonceBytes,
  sealSecret,
  webhookSecretBytes,
} from '@formaops/core';
import { type Caller, insertWebhook, newId, rotateWebhookSecret, type Webhook } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import type { CreateWebhookBody } from '../routes/webhook-schemas.ts';

/** With the secret in clear, which is stored nowhere. */
export type WebhookWithSecret = Webhook & { secret: string };

type WebhookDeps = Pick<ApiDeps, 'db' | 'webhooks'>;

/** Registers an endpoint. Ends with `WEBHOOKS_UNAVAILABLE` or `TOO_MANY_WEBHOOKS`. */
export async function createWebhook(
  body: CreateWebhookBody,
  { userId }: Caller,
  { db, webhooks }: WebhookDeps,
): Promise<WebhookWithSecret> {
  const id = newId();
  const { secret, sealed } = newSecret(id, webhooks.keys);
  const webhook = await insertWebhook(db, userId, { ...body, id, secret: sealed });
  if (webhook === null) throw new FormaError('TOO_MANY_WEBHOOKS');
  return { ...webhook, secret };
}

/** Gives an endpoint a new secret, beside which the old one stays valid for a day. Ends with `WEBHOOKS_UNAVAILABLE` or `NOT_FOUND`. */
export async function rotateSecret(
  id: string,
  { userId }: Caller,
  { db, webhooks }: WebhookDeps,
): Promise<WebhookWithSecret> {
  const { secret, sealed } = newSecret(id, webhooks.keys);
  const webhook = await rotateWebhookSecret(db, userId, id, sealed);
  if (webhook === null) throw missing();
  return { ...webhook, secret };
}

export const missing = () => new FormaError('NOT_FOUND', { message: 'There is no such webhook' });

/** Sealed with the first key; the others only open what was sealed before the first one came. */
function newSecret(id: string, [key]: readonly SealingKey[]): { secret: string; sealed: string } {
  if (key === undefined) throw new FormaError('WEBHOOKS_UNAVAILABLE');
  const secret = createWebhookSecret(randomBytes(webhookSecretBytes));
  return { secret, sealed: sealSecret(secret, id, key, randomBytes(sealNonceBytes)) };
}
