import { FormaError } from '@formaops/core';
import { type Caller, findPrompt, type TaggedPrompt } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';

/** @throws FormaError `NOT_FOUND`. */
export async function findOwnPrompt(id: string, { userId }: Caller, { db }: ApiDeps): Promise<TaggedPrompt> {
  const prompt = await findPrompt(db, userId, id);
  if (prompt === null) throw new FormaError('NOT_FOUND', { message: 'There is no such prompt' });
  return prompt;
}

/** @throws FormaError `NOT_FOUND`, `PROMPT_ARCHIVED`. */
export async function requirePrompt(id: string, caller: Caller, deps: ApiDeps): Promise<void> {
  requireActive(await findOwnPrompt(id, caller, deps));
}

/** @throws FormaError `PROMPT_ARCHIVED`. */
export function requireActive({ status }: Pick<TaggedPrompt, 'status'>): void {
  if (status === 'ARCHIVED') throw new FormaError('PROMPT_ARCHIVED');
}
