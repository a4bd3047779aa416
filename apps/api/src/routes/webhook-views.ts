import { webhookDisabledReasons, webhookEventTypes, webhookTestType } from '@formaops/core';
import { z } from 'zod';
import { id, pageOf, time } from '../openapi/common.ts';
import { webhookDeliveryStatus, webhookEventType } from '../openapi/names.ts';

const webhook = {
  id,
  url: z.string(),
  description: z.string().nullable(),
  eventTypes: z.array(webhookEventType),
  isActive: z.boolean(),
  disabledAt: time.nullable().meta({ description: 'When it was switched off without having been asked' }),
  disabledReason: z
    .enum(webhookDisabledReasons)
    .nullable()
    .meta({ description: 'GONE: it answered 410. FAILING: nothing went well for five days' }),
  failingSince: time
    .nullable()
    .meta({ description: 'Since when nothing has gone well; null while all is well' }),
  previousSecretUntil: time
    .nullable()
    .meta({ description: 'Until when the secret before this one signs as well' }),
  createdAt: time,
  updatedAt: time,
};

/** An endpoint, without its secret. */
export const webhookView = z.object(webhook).meta({ id: 'Webhook' });

export const webhookPageView = pageOf(webhookView);

/** An endpoint with a secret that was just made. */
export const webhookWithSecretView = z
  .object({
    ...webhook,
    secret: z.string().meta({
      description: 'Signs what is sent, as Standard Webhooks says. Shown only here',
      examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    }),
  })
  .meta({ id: 'WebhookWithSecret' });

const attempt = z
  .object({
    attempt: z.int32(),
    endedAt: time,
    statusCode: z
      .int32()
      .nullable()
      .meta({ description: 'What the endpoint answered; null where it did not' }),
    errorCode: z.string().nullable().meta({ description: 'Null when it was delivered' }),
    durationMs: z.int32(),
  })
  .meta({ id: 'WebhookAttempt' });

/** Something that an endpoint is told. */
export const deliveryView = z
  .object({
    id: id.meta({ description: 'Sent as `webhook-id`, the same for every attempt' }),
    webhookId: id,
    eventType: z.enum([...webhookEventTypes, webhookTestType]),
    executionId: id.nullable().meta({ description: 'Null for a test' }),
    status: webhookDeliveryStatus,
    errorCode: z.string().nullable().meta({ description: 'Why it FAILED; null otherwise' }),
    createdAt: time,
    nextAttemptAt: time.nullable().meta({ description: 'Null when it has ended' }),
    endedAt: time.nullable(),
    attempts: z.array(attempt).meta({ description: 'From the first to the latest' }),
  })
  .meta({ id: 'WebhookDelivery' });

export const deliveryPageView = pageOf(deliveryView);
