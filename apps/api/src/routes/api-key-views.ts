import { apiKeyPattern, apiKeyPrefix } from '@formaops/core';
import { z } from 'zod';
import { id, pageOf, time } from '../openapi/common.ts';
import { scope } from '../openapi/names.ts';

const apiKey = {
  id,
  name: z.string(),
  prefix: z.literal(apiKeyPrefix).meta({ description: 'What every key starts with' }),
  lastFour: z
    .string()
    .nullable()
    .meta({ description: 'The last four characters of the key; null for keys from before they were kept' }),
  scopes: z.array(scope),
  createdAt: time,
  lastUsed: time.nullable().meta({ description: 'Up to half a minute late; null before the first use' }),
  isActive: z.boolean(),
  revokedAt: time.nullable(),
};

export const apiKeyView = z.object(apiKey).meta({ id: 'ApiKey' });

export const apiKeyPageView = pageOf(apiKeyView);

/** A key that was just issued. */
export const issuedApiKeyView = z
  .object({
    ...apiKey,
    key: z.string().regex(apiKeyPattern).meta({ description: 'The key itself, shown only now' }),
  })
  .meta({ id: 'IssuedApiKey' });
