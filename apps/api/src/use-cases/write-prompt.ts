import { FormaError } from '@formaops/core';
import type { Caller, TaggedPrompt } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { findOwnPrompt } from './own-prompt.ts';

/** A prompt as a request names it. */
export interface PromptRequest {
  id: string;
  caller: Caller;
  /** Tags of the states in which it may be written; null where any will do. */
  ifMatch: readonly string[] | null;
}

/** How often a prompt may be changed by others while it is being written. */
const maxTries = 5;

/**
 * Writes a prompt. What was refused by the statement is looked at afterwards, so that a write that goes well costs
 * nothing more.
 *
 * @param write answers null where it has written nothing.
 * @param refuse throws where the prompt is in a state in which it cannot be written. That comes before `If-Match`
 *   (RFC 9110, section 13.2.1).
 * @throws FormaError `NOT_FOUND`, `PRECONDITION_FAILED`, or `DATABASE_BUSY` when others keep changing it.
 */
export async function writePrompt<Written>(
  { id, caller, ifMatch }: PromptRequest,
  deps: ApiDeps,
  write: () => Promise<Written | null>,
  refuse: (current: TaggedPrompt) => void | Promise<void> = () => undefined,
): Promise<Written> {
  for (let tries = 1; tries <= maxTries; tries += 1) {
    const written = await write();
    if (written !== null) return written;
    const current = await findOwnPrompt(id, caller, deps);
    await refuse(current);
    if (ifMatch !== null && !ifMatch.includes(current.etag)) throw new FormaError('PRECONDITION_FAILED');
  }
  throw new FormaError('DATABASE_BUSY');
}

/** The same for statements. */
export function targetOf({ id, caller, ifMatch }: PromptRequest) {
  return { id, userId: caller.userId, ifMatch };
}
