import {
  executionStatuses,
  logLevels,
  priorities,
  validationStatuses,
  validationTypes,
} from '@formaops/core';
import { z } from 'zod';
import { id, json, jsonObject, money, pageOf, time } from '../openapi/common.ts';

const tokenUsage = z
  .object({ input: z.int(), output: z.int(), total: z.int(), model: z.string() })
  .nullable()
  .meta({ description: 'Tokens as the provider counts them; null before anything was spent' });

const error = z
  .object({ code: z.string(), message: z.string() })
  .nullable()
  .meta({ description: 'Why it FAILED; null otherwise' });

const summary = {
  id,
  status: z.enum(executionStatuses),
  priority: z.enum(priorities),
  promptId: id,
  promptVersion: z.int(),
  model: z.string(),
  parameters: jsonObject,
  validationStatus: z.enum(validationStatuses),
  tokenUsage,
  latencyMs: z.int().nullable().meta({ description: 'Time of the attempt that settled it, in milliseconds' }),
  costUsd: money.nullable(),
  costIsComplete: z.boolean().meta({ description: "Whether every attempt's cost is known exactly" }),
  error,
  edgeFunctionId: z.string().nullable().meta({ description: 'Which worker ran which attempt' }),
  attempt: z.int(),
  maxAttempts: z.int(),
  timeoutMs: z.int(),
  createdAt: time,
  startedAt: time.nullable(),
  completedAt: time.nullable(),
  deadlineAt: time,
  nextAttemptAt: time.nullable(),
  cancelRequestedAt: time.nullable(),
};

/** An execution in a list. */
export const executionSummaryView = z.object(summary).meta({ id: 'ExecutionSummary' });

const whole = {
  ...summary,
  inputs: jsonObject,
  context: json,
  output: z.string().nullable(),
  validatedOutput: json,
};

/** An execution that was just accepted. */
export const executionView = z.object(whole).meta({ id: 'Execution' });

export const verdictView = z
  .object({
    validationId: z.string(),
    validationName: z.string(),
    type: z.enum(validationTypes),
    outcome: z.enum(['PASSED', 'FAILED', 'ERRORED']),
    code: z.string().nullable(),
    errors: z.array(json),
    configHash: z.string(),
    durationMs: z.number(),
    createdAt: time,
  })
  .meta({ id: 'Verdict' });

const attempt = z
  .object({
    attempt: z.int(),
    workerId: z.string(),
    startedAt: time,
    endedAt: time.nullable(),
    outcome: z.enum(['SUCCEEDED', 'FAILED', 'CANCELLED', 'SHUTDOWN', 'LOST']).nullable(),
    errorCode: z.string().nullable(),
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    usageIsEstimated: z.boolean(),
    costUsd: money.nullable(),
    latencyMs: z.int().nullable(),
  })
  .meta({ id: 'Attempt' });

const revalidation = {
  id,
  createdAt: time,
  validationStatus: z.enum(validationStatuses),
  verdicts: z.array(verdictView),
};

/** A later judgement, with what came out of it. */
export const revalidationView = z
  .object({ ...revalidation, validatedOutput: json })
  .meta({ id: 'Revalidation' });

/** An execution with its attempts and verdicts. */
export const executionDetailsView = z
  .object({
    ...whole,
    attempts: z.array(attempt),
    verdicts: z.array(verdictView),
    revalidations: z.array(z.object(revalidation)).meta({ description: 'Newest first, at most 20' }),
  })
  .meta({ id: 'ExecutionDetails' });

export const executionPageView = pageOf(executionSummaryView);

export const logPageView = pageOf(
  z
    .object({
      id,
      level: z.enum(logLevels),
      message: z.string(),
      metadata: jsonObject.nullable(),
      timestamp: time,
    })
    .meta({ id: 'LogLine' }),
);
