/** What an endpoint can be told of, as Standard Webhooks names types: from the general to the particular. */
export const webhookEventTypes = ['execution.completed', 'execution.failed', 'execution.cancelled'] as const;

export type WebhookEventType = (typeof webhookEventTypes)[number];

/** Stands for every type, also for those that are still to come. */
export const everyEventType = '*';

/** The type of what is sent to try an endpoint; nobody needs to ask for it. */
export const webhookTestType = 'webhook.test';

/** Where a delivery stands. FAILED: nobody tries any more, unless it is asked for again. */
export const webhookDeliveryStatuses = ['PENDING', 'DELIVERED', 'FAILED'] as const;

export type WebhookDeliveryStatus = (typeof webhookDeliveryStatuses)[number];

/** Why the product switched an endpoint off: it answered 410, or nothing went well for days. */
export const webhookDisabledReasons = ['GONE', 'FAILING'] as const;

export type WebhookDisabledReason = (typeof webhookDisabledReasons)[number];
