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
  publishedAt: time.nullable().meta({ description: 'When it was published for the first time' }),
};

export const promptView = z.object(prompt).meta({ id: 'Prompt' });

const details = {
  ...prompt,
  validations: z.array(z.object({ id, name: z.string(), type: validationType, isActive: z.boolean() })),
};

/** A prompt with its validations. */
export const promptDetailsView = z.object(details).meta({ id: 'PromptDetails' });

const promptWarning = z
  .object({ pointer: z.string(), code: z.string(), detail: z.string() })
  .meta({ id: 'PromptWarning', description: 'Something that is allowed and probably not meant' });

/** A prompt that was just written. */
export const savedPromptView = z
  .object({ ...details, warnings: z.array(promptWarning) })
  .meta({ id: 'SavedPrompt' });

export const promptPageView = pageOf(promptView);

const version = {
  version: z.int32(),
  changeLog: z.string().nullable(),
  createdAt: time,
  isCurrent: z.boolean().meta({ description: 'It runs unless a submission asks for another version' }),
};

export const versionPageView = pageOf(
  z.object(version).meta({ id: 'PromptVersionSummary', description: 'A version without its content' }),
);

/** One version with its content. */
export const versionView = z
  .object({
    ...version,
    template: z.string(),
    templateLines: z
      .array(z.string())
      .meta({ description: 'The template line by line, so that two versions can be compared as they are' }),
    variables: z.array(variable),
  })
  .meta({ id: 'PromptVersion' });
