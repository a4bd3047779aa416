import { apiKeyPrefix, FormaError } from '@formaops/core';
import { type Caller, insertApiKey, revokeApiKey, type StoredApiKey } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { scopeMissing } from '../http/require-scope.ts';
import type { CreateApiKeyBody } from '../routes/api-key-schemas.ts';

export type ApiKeyAnswer = StoredApiKey & { prefix: string };

/** A key as it is shown. */
export function presentApiKey(apiKey: StoredApiKey): ApiKeyAnswer {
  return { ...apiKey, prefix: apiKeyPrefix };
}

/**
 * Issues a key that may do no more than the one that asks. Ends with `SCOPE_MISSING` or `TOO_MANY_API_KEYS`.
 *
 * @returns the key with its secret, which nobody can read again.
 */
export async function issueKey(
  body: CreateApiKeyBody,
  caller: Caller,
  { db }: Pick<ApiDeps, 'db'>,
): Promise<ApiKeyAnswer & { key: string }> {
  const missing = body.scopes.find((scope) => !caller.scopes.includes(scope));
  if (missing !== undefined) throw scopeMissing(missing);
  const issued = await insertApiKey(db, caller.userId, body);
  switch (issued.kind) {
    case 'issued':
      return { ...presentApiKey(issued.apiKey), key: issued.secret };
    case 'too-many':
      throw new FormaError('TOO_MANY_API_KEYS');
    // Its user is gone, and so is the key that asked.
    case 'missing':
      throw new FormaError('INVALID_API_KEY');
  }
}

/** Revokes a key, here at once and everywhere within 5 seconds. Ends with `NOT_FOUND`. */
export async function revokeKey(
  id: string,
  { userId }: Caller,
  { db, callers }: Pick<ApiDeps, 'db' | 'callers'>,
): Promise<ApiKeyAnswer> {
  const revoked = await revokeApiKey(db, userId, id);
  if (revoked === null) throw noSuchKey();
  callers.forget(revoked.keyHash);
  return presentApiKey(revoked.apiKey);
}

export const noSuchKey = () => new FormaError('NOT_FOUND', { message: 'There is no such API key' });
