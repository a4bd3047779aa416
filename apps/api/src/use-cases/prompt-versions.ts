import { FormaError } from '@formaops/core';
import {
  type Caller,
  findVersion,
  type PromptVersion,
  restoreVersion,
  type TaggedPrompt,
} from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { requireActive } from './own-prompt.ts';
import { type PromptRequest, targetOf, writePrompt } from './write-prompt.ts';

/** @throws FormaError `NOT_FOUND`. */
export async function readVersion(
  promptId: string,
  version: number,
  { userId }: Caller,
  { db }: ApiDeps,
): Promise<PromptVersion> {
  const found = await findVersion(db, userId, promptId, version);
  if (found === null) throw missing();
  return found;
}

/**
 * Makes a new version with the content of an earlier one, which was checked when it was saved. What is current already
 * stays as it is. Ends with `NOT_FOUND`, `PROMPT_ARCHIVED` or `PRECONDITION_FAILED`.
 */
export function restore(request: PromptRequest, version: number, deps: ApiDeps): Promise<TaggedPrompt> {
  return writePrompt(
    request,
    deps,
    () => restoreVersion(deps.db, targetOf(request), version),
    async (current) => {
      await readVersion(request.id, version, request.caller, deps);
      requireActive(current);
    },
  );
}

/** A version as a path names it. @throws FormaError `NOT_FOUND` for what cannot be one. */
export function versionOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw missing();
  return Number(text);
}

const missing = () => new FormaError('NOT_FOUND', { message: 'There is no such version' });
