import { z } from 'zod';
import type { ModelPolicy } from '../api-deps.ts';
import { keyForm } from '../http/idempotency-key.ts';
import { problem } from '../openapi/common.ts';
import { submitBody } from './execution-schemas.ts';
import { executionSummaryView } from './execution-views.ts';

const maxItems = 1_000;

/** Checked as a whole only so far: what is wrong with one item is no problem of the others. */
export const batchBody = z.strictObject({ items: z.array(z.unknown()).min(1).max(maxItems) });

/** One item of a batch. */
export function batchItem(models: ModelPolicy) {
  return submitBody(models).extend({
    idempotencyKey: z
      .string()
      .regex(keyForm, { error: 'must be 1 to 255 visible ASCII characters without blanks' })
      .optional()
      .meta({ description: 'As the header of a single submission: the same item with it is stored once' }),
  });
}

/** The body of a batch as callers see it. */
export function batchBodyShown(models: ModelPolicy) {
  const item = batchItem(models).meta({ id: 'BatchItem' });
  const description = 'Each as the body of a single submission';
  return z.strictObject({ items: z.array(item).min(1).max(maxItems).meta({ description }) });
}

const accepted = z
  .object({
    status: z.literal(202),
    isReplay: z.boolean().meta({ description: 'An earlier request with the same key had submitted it' }),
    execution: executionSummaryView,
  })
  .meta({ id: 'BatchAccepted' });

const refused = z
  .object({
    status: z.int().meta({ description: 'As it would be answered by itself' }),
    error: problem,
    retryAfter: z
      .int()
      .nullable()
      .meta({ description: 'Seconds after which to send it again; null where that would not help' }),
  })
  .meta({ id: 'BatchRefused' });

/** What became of a batch. */
export const batchView = z
  .object({
    data: z
      .array(z.union([accepted, refused]))
      .meta({ description: 'An answer to each item, in their order' }),
    accepted: z.int().meta({ description: 'How many are stored and will run' }),
    refused: z.int().meta({ description: 'How many are not' }),
  })
  .meta({ id: 'BatchAnswer' });
