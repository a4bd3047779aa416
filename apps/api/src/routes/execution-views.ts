import { z } from 'zod';
import { id, json, jsonObject, money, pageOf, time } from '../openapi/common.ts';
import {
  attemptOutcome,
  executionStatus,
  logLevel,
  priority,
  validationStatus,
  validationType,
  verdictOutcome,
} from '../openapi/names.ts';

const tokenUsage = z
  .object({ input: z.int32(), output: z.int32(), total: z.int32(), model: z.string() })
  .nullable()
  .meta({ description: 'Tokens as the provider counts them; null before anything was spent' });

const error = z
  .object({ code: z.string(), message: z.string() })
  .nullable()
  .meta({ description: 'Why it FAILED; null otherwise' });

const summary = {
  id,
  status: executionStatus,
  priority,
  promptId: id,
  promptVersion: z.int32(),
  model: z.string(),
  parameters: jsonObject,
  validationStatus,
  tokenUsage,
  latencyMs: z
    .int32()
    .nullable()
    .meta({ description: 'Time of the attempt that settled it, in milliseconds' }),
  costUsd: money.nullable(),
  costIsComplete: z.boolean().meta({ description: "Whether every attempt's cost is known exactly" }),
  error,
  edgeFunctionId: z.string().nullable().meta({ description: 'Which worker ran which attempt' }),
  attempt: z.int32(),
  maxAttempts: z.int32(),
  timeoutMs: z.int32(),
  createdAt: time,
  startedAt: time.nullable(),
  completedAt: time.nullable(),
  deadlineAt: time,
  runAt: time.nullable().meta({ description: 'It does not start before; null when it could start at once' }),
  nextAttemptAt: time.nullable(),
  cancelRequestedAt: time.nullable(),
  rerunOf: id.nullable().meta({ description: 'The execution that it repeats' }),
  redactedAt: time
    .nullable()
    .meta({ description: 'When what was given to it and what came out of it was removed' }),
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
    type: validationType,
    outcome: verdictOutcome,
    code: z.string().nullable(),
    errors: z.array(json),
    configHash: z.string(),
    durationMs: z.number(),
    createdAt: time,
  })
  .meta({ id: 'Verdict' });

const attempt = z
  .object({
    attempt: z.int32(),
    workerId: z.string(),
    startedAt: time,
    endedAt: time.nullable(),
    outcome: attemptOutcome.nullable(),
    errorCode: z.string().nullable(),
    inputTokens: z.int32().nullable(),
    outputTokens: z.int32().nullable(),
    usageIsEstimated: z.boolean(),
    costUsd: money.nullable(),
    latencyMs: z.int32().nullable(),
  })
  .meta({ id: 'Attempt' });

const revalidation = {
  id,
  createdAt: time,
  validationStatus,
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
    revalidations: z
      .array(z.object(revalidation).meta({ id: 'RevalidationSummary' }))
      .meta({ description: 'Newest first, at most 20' }),
  })
  .meta({ id: 'ExecutionDetails' });

const listedExecution = z
  .object({
    ...summary,
    prompt: z.object({ id, name: z.string().meta({ description: 'What the prompt is called now' }) }),
  })
  .meta({ id: 'ListedExecution' });

export const executionPageView = pageOf(listedExecution);

export const logPageView = pageOf(
  z
    .object({
      id,
      level: logLevel,
      message: z.string(),
      metadata: jsonObject.nullable(),
      timestamp: time,
    })
    .meta({ id: 'LogLine' }),
);
