import { executionStatuses, validationStatuses } from '@formaops/core';
import { z } from 'zod';
import { id, money, time } from '../openapi/common.ts';
import { stepNames } from './metrics-schemas.ts';

const count = z.int().min(0);

function countBy<Name extends string>(names: readonly Name[]) {
  return z.object(Object.fromEntries(names.map((name) => [name, count])) as Record<Name, typeof count>);
}

const latency = (what: string) => z.number().nullable().meta({ description: what });

const figures = {
  count,
  countByStatus: countBy(executionStatuses),
  countByValidationStatus: countBy(validationStatuses),
  validationPassRate: z.number().min(0).max(1).nullable().meta({
    description: 'Of those that were judged, the part that passed; null where none was',
  }),
  latencyMs: z
    .object({
      average: latency('Mean'),
      p50: latency('Median: a time that occurred'),
      p95: latency('95 of 100 took at most so long: a time that occurred'),
    })
    .meta({ description: 'Of those that an attempt settled, in milliseconds; null where there are none' }),
  costUsd: z.object({
    sum: money.meta({ description: 'The exact sum of what is known' }),
    average: money.nullable().meta({
      description: 'Of those whose cost is known, rounded to 12 places; null where there are none',
    }),
  }),
  costIsComplete: z.boolean().meta({ description: "Whether every attempt's cost is known exactly" }),
  tokens: z
    .object({ input: count, output: count, total: count })
    .meta({ description: 'As the providers count them, of the attempts that settled' }),
};

const window = { from: time, to: time };

/** The figures of all executions of a time. */
export const summaryView = z.object({ ...window, ...figures }).meta({ id: 'MetricsSummary' });

const promptFigures = z
  .object({ prompt: z.object({ id, name: z.string() }), ...figures })
  .meta({ id: 'PromptMetrics' });

/** The figures of prompts. */
export const promptFiguresView = z
  .object({ ...window, data: z.array(promptFigures) })
  .meta({ id: 'MetricsByPrompt' });

const modelFigures = z.object({ model: z.string(), ...figures }).meta({ id: 'ModelMetrics' });

/** The figures of models. */
export const modelFiguresView = z
  .object({ ...window, data: z.array(modelFigures) })
  .meta({ id: 'MetricsByModel' });

const bucket = z
  .object({ start: time.meta({ description: 'A multiple of the step, in UTC' }), ...figures })
  .meta({ id: 'MetricsBucket' });

/** The figures of each part of a time. */
export const timeseriesView = z
  .object({ ...window, step: z.enum(stepNames), data: z.array(bucket) })
  .meta({ id: 'MetricsTimeseries' });
