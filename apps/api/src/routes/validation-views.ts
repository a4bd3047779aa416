import { z } from 'zod';
import { id, json, pageOf, time } from '../openapi/common.ts';
import { validationType, verdictOutcome } from '../openapi/names.ts';

const configWarning = z
  .object({ pointer: z.string(), detail: z.string() })
  .meta({ id: 'ConfigWarning', description: 'Something that is allowed and probably not meant' });

const validation = {
  id,
  name: z.string(),
  type: validationType,
  config: json,
  isActive: z.boolean(),
  createdAt: time,
  updatedAt: time,
};

export const validationView = z.object(validation).meta({ id: 'Validation' });

export const validationPageView = pageOf(validationView);

/** A validation that was just written. */
export const savedValidationView = z
  .object({
    ...validation,
    warnings: z.array(configWarning),
  })
  .meta({ id: 'SavedValidation' });

/** What a config says about a text. */
export const trialView = z
  .object({
    outcome: verdictOutcome,
    code: z.string().nullable(),
    errors: z.array(json),
    durationMs: z.number(),
    extraction: json.meta({ description: 'How JSON was found in the output' }),
    value: json.meta({ description: 'What would become of `validatedOutput`' }),
    warnings: z.array(configWarning),
  })
  .meta({ id: 'Trial' });
