import { FormaError } from '@formaops/core';
import { archivePrompt, deletePrompt, hasRun, publishPrompt, type TaggedPrompt } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { type PromptRequest, targetOf, writePrompt } from './write-prompt.ts';

/**
 * Lets a prompt run, from DRAFT and from ARCHIVED. One that is published already stays as it is. Ends with `NOT_FOUND`
 * or `PRECONDITION_FAILED`, as the others here do.
 */
export function publish(request: PromptRequest, deps: ApiDeps): Promise<TaggedPrompt> {
  return writePrompt(request, deps, () => publishPrompt(deps.db, targetOf(request)));
}

/** Keeps a prompt from running. What waits or runs already goes on: its version is pinned. */
export function archive(request: PromptRequest, deps: ApiDeps): Promise<TaggedPrompt> {
  return writePrompt(request, deps, () => archivePrompt(deps.db, targetOf(request)));
}

/** Deletes a prompt with its versions and validations. Ends with `PROMPT_IN_USE`, too. */
export async function remove(request: PromptRequest, deps: ApiDeps): Promise<void> {
  const { id, caller } = request;
  const write = async () => ((await deletePrompt(deps.db, targetOf(request))) ? true : null);
  await writePrompt(request, deps, write, async () => {
    if (await hasRun(deps.db, caller.userId, id)) throw new FormaError('PROMPT_IN_USE');
  });
}
