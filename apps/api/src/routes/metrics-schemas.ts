import { z } from 'zod';
import { limitParameter } from '../http/cursor.ts';
import { idPattern } from '../http/id-parameter.ts';

const time = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time' })
  .transform((text) => new Date(text));

const window = {
  from: time.optional().meta({ description: 'Inclusive; 24 hours before `to` when left out' }),
  to: time.optional().meta({ description: 'Exclusive; now when left out' }),
};

/** How long the parts of a time series may be, in milliseconds. */
export const stepsMs = { minute: 60_000, '5m': 300_000, hour: 3_600_000, day: 86_400_000 } as const;

export const stepNames = Object.keys(stepsMs) as Array<keyof typeof stepsMs>;

export const summaryQuery = z.strictObject(window);

export const groupsQuery = z.strictObject({
  ...window,
  orderBy: z.enum(['count', 'cost']).default('count').meta({ description: 'The largest come first' }),
  limit: limitParameter,
});

export const timeseriesQuery = z.strictObject({
  ...window,
  step: z.enum(stepNames).default('hour').meta({ description: 'How long the parts are' }),
  promptId: z
    .string()
    .regex(idPattern, { error: 'must be an id' })
    .optional()
    .meta({ description: 'Only executions of this prompt' }),
  model: z
    .string()
    .min(1)
    .max(200)
    .regex(/^\P{Cc}*$/u, { error: 'must not hold control characters' })
    .optional()
    .meta({ description: 'Only executions that asked for this model' }),
});
