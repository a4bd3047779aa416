import type { JsonObject, ValidationType } from '@formaops/core';
import type { Queryable } from '@formaops/db';
import { createPrompt, createUser, createValidation, type TestUser } from '@formaops/testing';
import { type PromptKind, tenantCount } from '../plan/operations.ts';

export interface Tenant extends TestUser {
  prompts: Record<PromptKind, string>;
}

const validations: Array<[PromptKind, ValidationType, JsonObject]> = [
  [
    'schema',
    'SCHEMA',
    {
      type: 'object',
      required: ['ordinal', 'answerId'],
      properties: { ordinal: { type: 'integer' }, answerId: { pattern: '^chatcmpl-' } },
    },
  ],
  ['regex', 'REGEX', { pattern: '"answerId":"chatcmpl-[0-9a-f]{29}"' }],
  [
    'function',
    'FUNCTION',
    {
      source:
        '(output, { parsed, context }) => ({ valid: parsed.ordinal === context.ordinal, value: parsed })',
    },
  ],
];

/** The users of a run, each with a prompt of every kind. ENTERPRISE, because other plans may be told to come later. */
export function createTenants(db: Queryable): Promise<Tenant[]> {
  return Promise.all(Array.from({ length: tenantCount }, () => createTenant(db)));
}

async function createTenant(db: Queryable): Promise<Tenant> {
  const user = await createUser(db, 'ENTERPRISE');
  const prompt = () => createPrompt(db, { userId: user.userId });
  const prompts = {
    plain: await prompt(),
    schema: await prompt(),
    regex: await prompt(),
    function: await prompt(),
  };
  for (const [kind, type, config] of validations)
    await createValidation(db, { promptId: prompts[kind], type, config });
  return { ...user, prompts };
}
