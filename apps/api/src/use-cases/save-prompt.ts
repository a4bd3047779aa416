import { checkPrompt, type PromptWarning, warnOfPrompt } from '@formaops/core';
import { type Caller, insertPrompt, type PromptChanges, type TaggedPrompt, updatePrompt } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { invalidRequest } from '../http/parse.ts';
import type { ChangePromptBody, CreatePromptBody } from '../routes/prompt-schemas.ts';
import { findOwnPrompt, requireActive } from './own-prompt.ts';
import { type PromptRequest, targetOf, writePrompt } from './write-prompt.ts';

export type SavedPrompt = TaggedPrompt & { warnings: PromptWarning[] };

/** Stores a prompt whose parts were checked when the body was parsed. It is a draft: nobody can run it yet. */
export async function createPrompt(
  body: CreatePromptBody,
  { userId }: Caller,
  { db }: ApiDeps,
): Promise<SavedPrompt> {
  return warned(await insertPrompt(db, userId, body));
}

/**
 * Changes a prompt. Another template or other variables make a new version, which runs from now on where the prompt is
 * published. Ends with `NOT_FOUND`, `PROMPT_ARCHIVED`, `PRECONDITION_FAILED` or `INVALID_REQUEST`.
 */
export async function changePrompt(
  request: PromptRequest,
  { changeLog, ...changes }: ChangePromptBody,
  deps: ApiDeps,
): Promise<SavedPrompt> {
  const write = async () => {
    const assumed = await checkBesideStored(request, changes, deps);
    return updatePrompt(deps.db, targetOf(request), changes, { assumed, changeLog: changeLog ?? null });
  };
  return warned(await writePrompt(request, deps, write, requireActive));
}

/**
 * Checks one half of the content with the other half as it is stored. Both halves together were checked when the body was parsed.
 *
 * @returns the half that was read.
 */
async function checkBesideStored(
  { id, caller }: PromptRequest,
  { template, variables }: PromptChanges,
  deps: ApiDeps,
): Promise<PromptChanges> {
  if ((template === undefined) === (variables === undefined)) return {};
  const stored = await findOwnPrompt(id, caller, deps);
  requireActive(stored);
  const problems = checkPrompt(template ?? stored.template, variables ?? stored.variables);
  if (problems.length > 0) throw invalidRequest(problems);
  return template === undefined ? { template: stored.template } : { variables: stored.variables };
}

function warned(prompt: TaggedPrompt): SavedPrompt {
  return { ...prompt, warnings: warnOfPrompt(prompt.template, prompt.variables) };
}
