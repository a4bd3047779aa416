import { executionStatuses, type JsonValue } from '@formaops/core';
import { z } from 'zod';
import type { ModelPolicy } from '../api-deps.ts';
import { commaSeparated } from '../http/comma-separated.ts';
import { cursorParameter, limitParameter } from '../http/cursor.ts';
import { idPattern } from '../http/id-parameter.ts';
import { invalidRequest } from '../http/parse.ts';
import { executionStatus, priority } from '../openapi/names.ts';
import { shownAs, shownAsList } from '../openapi/simplify.ts';

/** Whatever the parser made of a body is JSON; `z.json()` would look at each of 300,000 values again, for a second. */
const jsonValue = z.custom<JsonValue>();
const jsonObject = z.record(z.string(), jsonValue);
const id = z.string().regex(idPattern, { error: 'must be an id' });

/** Characters of a schema for the model as JSON: every list of executions repeats it, a hundred of them a page. */
const maxSchemaChars = 64_000;

const responseFormat = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      jsonSchema: z.strictObject({
        name: z.string().regex(/^[\w-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, "_" or "-"' }),
        schema: jsonObject
          .refine((schema) => JSON.stringify(schema).length <= maxSchemaChars, {
            error: `must have at most ${maxSchemaChars} characters as JSON`,
            params: { code: 'OUT_OF_RANGE' },
          })
          .meta({ description: `At most ${maxSchemaChars} characters` }),
        strict: z.boolean().optional(),
      }),
    }),
  ])
  .meta({ id: 'ResponseFormat', description: 'What the model is asked to answer with' });

const parameters = z
  .strictObject({
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.int().min(1).max(1_000_000).optional(),
    topP: z.number().gt(0).max(1).optional(),
    seed: z.int().optional(),
    stop: z.array(z.string().min(1).max(200)).min(1).max(4).optional(),
    responseFormat: responseFormat.optional(),
  })
  .meta({
    id: 'ModelParameters',
    description: 'What the model is asked with; what is left out is up to the provider',
  });

const time = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time' })
  .transform((text) => new Date(text));

/** How far ahead an execution may be submitted, in milliseconds. */
const maxAheadMs = 30 * 86_400_000;

const runAt = time
  .refine((at) => at.getTime() - Date.now() <= maxAheadMs, {
    error: 'must be at most 30 days ahead',
    params: { code: 'OUT_OF_RANGE' },
  })
  .meta({
    description:
      'Not to be started before; up to 30 days ahead, and at once when it has passed. `deadlineMs` counts from then',
  });

/** The body of a submission. Plans may allow less than the ranges here. */
export function submitBody(models: ModelPolicy) {
  return z.strictObject({
    promptId: id.meta({ description: 'A published prompt' }),
    inputs: jsonObject.meta({ description: "Values of the prompt's variables, by name" }),
    context: jsonValue
      .optional()
      .meta({ description: 'Any JSON value; FUNCTION validations see it, the model does not' }),
    priority: priority.default('NORMAL'),
    promptVersion: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .meta({ description: 'An earlier version; the current one when left out' }),
    model: modelName(models)
      .default(models.fallback)
      .meta({ description: 'A model that may be used here', examples: [models.fallback] }),
    parameters: parameters.default({}),
    maxAttempts: z.int().min(1).max(10).optional().meta({
      description: 'Calls of the model at most; the plan may allow fewer, and says how many by default',
    }),
    timeoutMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .optional()
      .meta({ description: 'How long an attempt may take, in milliseconds; the plan may allow less' }),
    runAt: runAt.optional(),
    /** Up to seven days. */
    deadlineMs: z.int().min(1_000).max(604_800_000).optional().meta({
      description:
        'After how many milliseconds it ends as FAILED in any case, from `runAt` where there is one; a day when left out',
    }),
  });
}

export type SubmitBody = z.output<ReturnType<typeof submitBody>>;

const modelNotAllowed = { code: 'MODEL_NOT_ALLOWED', detail: 'is not a model that may be used here' };

const modelName = (models: ModelPolicy) =>
  z
    .string()
    .max(200)
    .refine((name) => isAllowed(name, models), {
      error: modelNotAllowed.detail,
      params: { code: modelNotAllowed.code },
    });

/** What a repeated execution may have different from the first. */
export function rerunBody(models: ModelPolicy) {
  return z.strictObject({
    promptVersion: z
      .enum(['same', 'current'])
      .default('same')
      .meta({ description: 'The version that the first one ran, or the one that is published now' }),
    model: modelName(models).optional().meta({ description: "In place of the first one's" }),
    parameters: parameters.optional().meta({ description: "In place of all of the first one's" }),
    priority: priority.optional().meta({ description: "In place of the first one's" }),
  });
}

export type RerunBody = z.output<ReturnType<typeof rerunBody>>;

/** @throws FormaError `INVALID_REQUEST` when the model may not be used, or no longer. */
export function requireModel(name: string, models: ModelPolicy): void {
  if (!isAllowed(name, models)) throw invalidRequest([{ pointer: '/model', ...modelNotAllowed }]);
}

function isAllowed(name: string, { allowed }: ModelPolicy): boolean {
  return allowed.some((entry) =>
    entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry,
  );
}

const waitError = { error: 'must be a number of seconds from 0 to 60' };
const wait = z
  .string(waitError)
  .regex(/^\d{1,2}(\.\d{1,3})?$/, waitError)
  .transform(Number)
  .pipe(z.number().max(60, waitError))
  .default(0)
  .meta(
    shownAs('Seconds that the answer may wait for the end', {
      type: 'number',
      minimum: 0,
      maximum: 60,
      default: 0,
    }),
  );

/** `?wait=N`: seconds that the answer may wait for the execution's end. */
export const waitQuery = z.strictObject({ wait });

const statuses = commaSeparated(executionStatus, executionStatuses.length).meta(
  shownAsList('Only these, with commas between', 'ExecutionStatus'),
);

export const listQuery = z.strictObject({
  status: statuses.optional(),
  promptId: id.optional().meta({ description: 'Only those of this prompt' }),
  /** Inclusive. */
  createdFrom: time.optional().meta({ description: 'Only those created then or later' }),
  /** Exclusive. */
  createdBefore: time.optional().meta({ description: 'Only those created before' }),
  rerunOf: id.optional().meta({ description: 'Only those that repeat this execution' }),
  cursor: cursorParameter.optional(),
  limit: limitParameter,
});

/** How many executions one request may name. */
const maxNamed = 1_000;

const cancelFilter = {
  status: z
    .array(z.enum(['PENDING', 'RUNNING']))
    .min(1)
    .max(2)
    .optional()
    .meta({ description: 'Only these' }),
  promptId: id.optional().meta({ description: 'Only those of this prompt' }),
  createdFrom: time.optional().meta({ description: 'Only those created then or later' }),
  createdBefore: time.optional().meta({ description: 'Only those created before' }),
};

const whichToCancel = {
  error: 'must have ids, or at least one condition, or "all": true',
  params: { code: 'REQUIRED' },
};

/** Which executions to cancel: those that are named, those that meet every condition, or all. */
export const cancelBody = z
  .union([
    z.strictObject({ ids: z.array(id).min(1).max(maxNamed).meta({ description: 'Only these' }) }),
    z.strictObject({
      ...cancelFilter,
      all: z.literal(true).optional().meta({ description: 'Where there is no condition: all that are open' }),
    }),
  ])
  .refine((body) => Object.values(body).some((value) => value !== undefined), whichToCancel);

export type CancelBody = z.output<typeof cancelBody>;

export const logsQuery = z.strictObject({ cursor: cursorParameter.optional(), limit: limitParameter });
