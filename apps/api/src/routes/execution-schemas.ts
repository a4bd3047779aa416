import { executionStatuses, type JsonValue, priorities } from '@formaops/core';
import { z } from 'zod';
import type { ModelPolicy } from '../api-deps.ts';
import { cursorParameter, limitParameter } from '../http/cursor.ts';
import { idPattern } from '../http/id-parameter.ts';

/** Whatever the parser made of a body is JSON; `z.json()` would look at each of 300,000 values again, for a second. */
const jsonValue = z.custom<JsonValue>();
const jsonObject = z.record(z.string(), jsonValue);
const id = z.string().regex(idPattern, { error: 'must be an id' });

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    jsonSchema: z.strictObject({
      name: z.string().regex(/^[\w-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, "_" or "-"' }),
      schema: jsonObject,
      strict: z.boolean().optional(),
    }),
  }),
]);

const parameters = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().min(1).max(1_000_000).optional(),
  topP: z.number().gt(0).max(1).optional(),
  seed: z.int().optional(),
  stop: z.array(z.string().min(1).max(200)).min(1).max(4).optional(),
  responseFormat: responseFormat.optional(),
});

/** The body of a submission. Plans may allow less than the ranges here. */
export function submitBody(models: ModelPolicy) {
  return z.strictObject({
    promptId: id,
    inputs: jsonObject,
    context: jsonValue.optional(),
    priority: z.enum(priorities).default('NORMAL'),
    promptVersion: z.int().min(1).max(2_147_483_647).optional(),
    model: z
      .string()
      .max(200)
      .refine((name) => isAllowed(name, models), {
        error: 'is not a model that may be used here',
        params: { code: 'MODEL_NOT_ALLOWED' },
      })
      .default(models.fallback),
    parameters: parameters.default({}),
    maxAttempts: z.int().min(1).max(10).optional(),
    timeoutMs: z.int().min(1_000).max(3_600_000).optional(),
    /** Up to seven days. */
    deadlineMs: z.int().min(1_000).max(604_800_000).optional(),
  });
}

export type SubmitBody = z.output<ReturnType<typeof submitBody>>;

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
  .default(0);

/** `?wait=N`: seconds that the answer may wait for the execution's end. */
export const waitQuery = z.strictObject({ wait });

const statuses = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(executionStatuses)).max(executionStatuses.length));

const time = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time' })
  .transform((text) => new Date(text));

export const listQuery = z.strictObject({
  status: statuses.optional(),
  promptId: id.optional(),
  /** Inclusive. */
  createdFrom: time.optional(),
  /** Exclusive. */
  createdBefore: time.optional(),
  cursor: cursorParameter.optional(),
  limit: limitParameter,
});

export const logsQuery = z.strictObject({ cursor: cursorParameter.optional(), limit: limitParameter });
