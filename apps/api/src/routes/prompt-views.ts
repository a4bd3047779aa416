import { z } from 'zod';
import { id, json, pageOf, time } from '../openapi/common.ts';
import { promptStatus, validationType, variableType } from '../openapi/names.ts';

const variable = z
  .object({
    name: z.string(),
    type: variableType,
    required: z.boolean().optional(),
    defaultValue: json.optional(),
    options: z.array(json).optional(),
    description: z.string().optional(),
  })
  .meta({ id: 'Variable' });

const prompt = {
  id,
  name: z.string(),
  description: z.string().nullable(),
  template: z.string(),
  variables: z.array(variable),
  version: z.int32(),
  status: promptStatus,
  tags: z.array(z.string()),
  createdAt: time,
  updatedAt: time,
  publishedAt: time.nullable(),
};

export const promptView = z.object(prompt).meta({ id: 'Prompt' });

/** A prompt with its validations. */
export const promptDetailsView = z
  .object({
    ...prompt,
    validations: z.array(z.object({ id, name: z.string(), type: validationType, isActive: z.boolean() })),
  })
  .meta({ id: 'PromptDetails' });

export const promptPageView = pageOf(promptView);
