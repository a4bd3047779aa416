import { scopes } from '@formaops/core';
import { z } from 'zod';
import { cleanLine } from '../http/clean-line.ts';
import { cursorParameter, limitParameter } from '../http/cursor.ts';
import { scope } from '../openapi/names.ts';

const name = cleanLine(200).meta({ description: 'For you to tell keys apart' });

export const createApiKeyBody = z.strictObject({
  name,
  scopes: z
    .array(scope)
    .min(1)
    .max(scopes.length)
    .refine((list) => new Set(list).size === list.length, { error: 'must name each scope once' })
    .meta({ description: 'What the key may do; none that the key which asks has not', uniqueItems: true }),
});

export type CreateApiKeyBody = z.output<typeof createApiKeyBody>;

export const renameApiKeyBody = z.strictObject({ name });

export const apiKeyListQuery = z.strictObject({ cursor: cursorParameter.optional(), limit: limitParameter });
