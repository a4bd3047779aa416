import type { JsonValue } from '@formaops/core';
import { z } from 'zod';
import { cleanLine } from '../http/clean-line.ts';
import { validationType } from '../openapi/names.ts';

const jsonValue = z.custom<JsonValue>((value) => value !== undefined, {
  error: 'is required',
  params: { code: 'REQUIRED' },
});

const name = cleanLine(200);

const config = jsonValue.meta({
  description:
    'SCHEMA: the JSON Schema itself; REGEX: `{ pattern, flags?, mustMatch? }`; FUNCTION: `{ source, timeoutMs?, memoryMb? }`',
});

const isActive = z.boolean().meta({ description: 'Whether it judges' });

export const createValidationBody = z.strictObject({
  name,
  type: validationType,
  config,
  isActive: isActive.default(true),
});

export type CreateValidationBody = z.output<typeof createValidationBody>;

export const changeValidationBody = z
  .strictObject({ name: name.optional(), config: config.optional(), isActive: isActive.optional() })
  .refine((body) => Object.keys(body).length > 0, { error: 'must name something to change' });

export type ChangeValidationBody = z.output<typeof changeValidationBody>;

export const tryValidationBody = z.strictObject({
  type: validationType,
  config,
  output: z.string().meta({ description: 'The text to judge' }),
  inputs: z
    .record(z.string(), z.custom<JsonValue>())
    .default({})
    .meta({ description: 'What a FUNCTION is told of the inputs' }),
  context: jsonValue.optional().meta({ description: 'What a FUNCTION is told of the context' }),
});

export type TryValidationBody = z.output<typeof tryValidationBody>;
