import { type JsonValue, validationTypes } from '@formaops/core';
import { z } from 'zod';

const jsonValue = z.custom<JsonValue>((value) => value !== undefined, {
  error: 'is required',
  params: { code: 'REQUIRED' },
});

const name = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^\p{Cc}\p{Cf}]*$/u, { error: 'must not hold control or format characters' }),
  );

export const createValidationBody = z.strictObject({
  name,
  type: z.enum(validationTypes),
  config: jsonValue,
  isActive: z.boolean().default(true),
});

export type CreateValidationBody = z.output<typeof createValidationBody>;

export const changeValidationBody = z
  .strictObject({ name: name.optional(), config: jsonValue.optional(), isActive: z.boolean().optional() })
  .refine((body) => Object.keys(body).length > 0, { error: 'must name something to change' });

export type ChangeValidationBody = z.output<typeof changeValidationBody>;

export const tryValidationBody = z.strictObject({
  type: z.enum(validationTypes),
  config: jsonValue,
  output: z.string(),
  inputs: z.record(z.string(), z.custom<JsonValue>()).default({}),
  context: jsonValue.optional(),
});

export type TryValidationBody = z.output<typeof tryValidationBody>;
