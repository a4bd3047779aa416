import { checkPrompt, type JsonValue, promptLimits as limits } from '@formaops/core';
import { z } from 'zod';
import { cleanLine } from '../http/clean-line.ts';
import { commaSeparated } from '../http/comma-separated.ts';
import { cursorParameter, limitParameter } from '../http/cursor.ts';
import { promptStatus, variableType } from '../openapi/names.ts';
import { shownAs, shownAsList } from '../openapi/simplify.ts';

/** Whatever the parser made of a body is JSON. */
const jsonValue = z.custom<JsonValue>();

const tag = cleanLine(limits.tagChars).refine((text) => !text.includes(','), {
  error: 'must not hold a comma',
});

const tags = z
  .array(tag)
  .max(limits.tags)
  .superRefine((all, context) => {
    for (const [index, one] of all.entries()) {
      if (all.indexOf(one) === index) continue;
      context.addIssue({
        code: 'custom',
        path: [index],
        message: 'is the same as an earlier tag',
        params: { code: 'TAG_DUPLICATE' },
      });
    }
  });

const variable = z.strictObject({
  name: z
    .string()
    .meta({ description: `A letter or _, then letters, digits or _; ${limits.variableNameChars} at most` }),
  type: variableType,
  required: z.boolean().exactOptional(),
  defaultValue: jsonValue.exactOptional(),
  options: z.array(jsonValue).min(1).max(limits.options).exactOptional(),
  description: z.string().max(limits.variableDescriptionChars).exactOptional(),
});

const content = {
  name: cleanLine(limits.nameChars),
  description: z
    .string()
    .max(limits.descriptionChars)
    .transform((text) => text.normalize('NFC'))
    .nullable(),
  template: z.string().max(limits.templateChars).meta({ description: 'Text with placeholders `{{name}}`' }),
  variables: z
    .array(variable)
    .max(limits.variables)
    .meta({ description: 'What the template may ask for; each name once' }),
  tags,
};

/** Adds what is wrong with template and variables to what is wrong with the form, so that all is told at once. */
function checkContent(body: unknown, context: z.core.$RefinementCtx): void {
  const { template, variables }: Record<string, unknown> = { ...Object(body) };
  for (const { pointer, code, detail } of checkPrompt(template, variables)) {
    const path = pointer.slice(1).split('/');
    context.addIssue({ code: 'custom', path, message: detail, params: { code } });
  }
}

/** Looked at also where the form is wrong somewhere. */
const always = { when: () => true };

export const createPromptBody = z
  .strictObject({
    ...content,
    description: content.description.default(null),
    variables: content.variables.default([]),
    tags: tags.default([]),
  })
  .superRefine(checkContent, always);

export type CreatePromptBody = z.output<typeof createPromptBody>;

export const changePromptBody = z
  .strictObject({
    name: content.name.exactOptional(),
    description: content.description.exactOptional(),
    template: content.template.exactOptional(),
    variables: content.variables.exactOptional(),
    tags: tags.exactOptional(),
    changeLog: z
      .string()
      .min(1)
      .max(limits.changeLogChars)
      .meta({ description: 'Why there is a new version; kept with it' })
      .exactOptional(),
  })
  .superRefine(checkContent, always)
  .refine((body) => Object.keys(body).length > 0, { error: 'must name something to change' })
  .refine(
    ({ changeLog, template, variables }) =>
      changeLog === undefined || template !== undefined || variables !== undefined,
    {
      path: ['changeLog'],
      error: 'needs a template or variables: only they make a new version',
    },
  );

export type ChangePromptBody = z.output<typeof changePromptBody>;

export const listPromptsQuery = z.strictObject({
  status: commaSeparated(promptStatus, promptStatus.options.length)
    .meta(shownAsList('Only these, with commas between', 'PromptStatus'))
    .optional(),
  tags: commaSeparated(tag, limits.tags)
    .meta({
      ...shownAs('Only those that have all of these, with commas between', {
        type: 'array',
        items: { type: 'string' },
      }),
      param: { style: 'form', explode: false },
    })
    .optional(),
  q: z
    .string()
    .min(1)
    .max(limits.nameChars)
    .regex(/^\P{Cc}*$/u, { error: 'must not hold control characters' })
    .transform((text) => text.normalize('NFC'))
    .meta({
      description:
        'A part of the name or the description, whatever the case; every character stands for itself',
    })
    .optional(),
  cursor: cursorParameter.optional(),
  limit: limitParameter,
});

/** Versions are listed from the number that the cursor names downwards. */
const versionCursor = z
  .string()
  .regex(/^\d{1,9}$/, { error: 'must be a nextCursor of an earlier answer' })
  .transform(Number)
  .meta({ description: 'The `nextCursor` of an earlier answer, to get what follows' });

export const listVersionsQuery = z.strictObject({ cursor: versionCursor.optional(), limit: limitParameter });
