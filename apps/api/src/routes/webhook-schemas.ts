import { everyEventType, maxWebhookUrlLength, readWebhookUrl, type WebhookUrlPolicy } from '@formaops/core';
import { z } from 'zod';
import { cursorParameter, limitParameter } from '../http/cursor.ts';
import { webhookDeliveryStatus, webhookEventType } from '../openapi/names.ts';

const url = (policy: WebhookUrlPolicy) =>
  z
    .string()
    .meta({
      description: `Where to send: https, port 443, a public address, at most ${maxWebhookUrlLength} characters`,
    })
    .transform((text, context) => {
      const read = readWebhookUrl(text, policy);
      if (read.ok) return read.url;
      context.addIssue({
        code: 'custom',
        message: read.problem,
        params: { code: 'WEBHOOK_URL_FORBIDDEN' },
      });
      return z.NEVER;
    });

const eventTypes = z
  .array(webhookEventType)
  .min(1)
  .max(10)
  .transform((types) => [...new Set(types)])
  .meta({ description: 'What to send; `*` stands for everything, also for what is still to come' });

const description = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}\p{Cf}]*$/u, { error: 'must not hold control or format characters' })
  .nullable()
  .meta({ description: 'For people' });

const isActive = z.boolean().meta({ description: 'Whether anything is sent' });

export const createWebhookBody = (policy: WebhookUrlPolicy) =>
  z.strictObject({
    url: url(policy),
    eventTypes: eventTypes.default([everyEventType]),
    description: description.default(null),
    isActive: isActive.default(true),
  });

export type CreateWebhookBody = z.output<ReturnType<typeof createWebhookBody>>;

export const changeWebhookBody = (policy: WebhookUrlPolicy) =>
  z
    .strictObject({
      url: url(policy).optional(),
      eventTypes: eventTypes.optional(),
      description: description.optional(),
      isActive: isActive.optional(),
    })
    .refine((body) => Object.keys(body).length > 0, { error: 'must name something to change' });

export type ChangeWebhookBody = z.output<ReturnType<typeof changeWebhookBody>>;

export const deliveriesQuery = z.strictObject({
  status: webhookDeliveryStatus.optional().meta({ description: 'Only deliveries that stand so' }),
  cursor: cursorParameter.optional(),
  limit: limitParameter,
});
