import { z } from 'zod';
import { id, money, time } from '../openapi/common.ts';
import { plan, scope } from '../openapi/names.ts';

const limit = z.int().nullable();

const planLimits = z
  .object({
    maxWaiting: limit.meta({ description: 'Executions that may wait; null for no limit' }),
    maxRunning: limit.meta({ description: 'Executions that may run at once; null for no limit' }),
    maxAttempts: z.int32().meta({ description: 'The most attempts an execution may ask for' }),
    defaultMaxAttempts: z.int32().meta({ description: 'Attempts when an execution does not say' }),
    maxTimeoutMs: z.int32().meta({ description: 'The longest one attempt may take' }),
    criticalPriority: z.boolean(),
    functionValidations: z.boolean(),
    requestsPerMinute: limit.meta({ description: 'By all keys together; null for no limit' }),
    maxCostUsdPerDay: money.nullable().meta({
      description:
        'US dollars that may have been spent in a UTC day and something still be submitted; null for no limit',
    }),
  })
  .meta({ id: 'PlanLimits' });

/** Who asks. */
export const meView = z
  .object({
    user: z.object({
      id,
      email: z.string(),
      name: z.string().nullable(),
      avatarUrl: z.string().nullable(),
      plan,
      createdAt: time,
    }),
    key: z
      .object({ id, name: z.string(), scopes: z.array(scope) })
      .meta({ description: 'The key that asks' }),
    limits: planLimits,
    usage: z.object({
      waiting: z
        .int32()
        .meta({ description: 'Executions that wait for their first attempt; counted up to 100,000' }),
      running: z.int32().meta({ description: 'Executions that a worker has now; counted up to 100,000' }),
      requestsLeftThisMinute: limit.meta({ description: 'After this one; null for no limit' }),
      spentTodayUsd: money.meta({
        description: 'US dollars that were spent since midnight UTC, failed attempts included',
      }),
    }),
  })
  .meta({ id: 'Me' });
