import { FormaError } from '@formaops/core';
import {
  type Caller,
  findValidation,
  insertValidation,
  type StoredValidation,
  updateValidation,
  type ValidationWrite,
} from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import type { ChangeValidationBody, CreateValidationBody } from '../routes/validation-schemas.ts';
import { type ConfigWarning, checkValidation, requireTypes } from './check-validation.ts';
import { requirePrompt } from './own-prompt.ts';

export type SavedValidation = StoredValidation & { warnings: ConfigWarning[] };

/**
 * Adds a validation to a prompt. Ends with `PLAN_FORBIDDEN`, `NOT_FOUND`, `PROMPT_ARCHIVED`, `INVALID_REQUEST`,
 * `SANDBOX_UNAVAILABLE`, `VALIDATION_NAME_TAKEN` or `TOO_MANY_VALIDATIONS`.
 */
export async function createValidation(
  promptId: string,
  body: CreateValidationBody,
  caller: Caller,
  deps: ApiDeps,
): Promise<SavedValidation> {
  requireTypes([body.type], caller, deps);
  await requirePrompt(promptId, caller, deps);
  const warnings = await checkValidation(body, caller, deps);
  return { ...written(await insertValidation(deps.db, caller.userId, promptId, body)), warnings };
}

/** Changes a validation. A config is checked when it is changed or switched on. Ends as {@link createValidation}. */
export async function changeValidation(
  promptId: string,
  id: string,
  changes: ChangeValidationBody,
  caller: Caller,
  deps: ApiDeps,
): Promise<SavedValidation> {
  const stored = await findValidation(deps.db, caller.userId, promptId, id);
  if (stored === null) throw missing();
  await requirePrompt(promptId, caller, deps);
  // JSON's null is a config, too: one to refuse.
  const config = changes.config === undefined ? stored.config : changes.config;
  const needsCheck = changes.config !== undefined || changes.isActive === true;
  if (needsCheck) requireTypes([stored.type], caller, deps);
  const warnings = needsCheck ? await checkValidation({ type: stored.type, config }, caller, deps) : [];
  const { name, isActive } = changes;
  const defined = {
    ...(name !== undefined && { name }),
    ...(isActive !== undefined && { isActive }),
    ...(changes.config !== undefined && { config: changes.config }),
  };
  return { ...written(await updateValidation(deps.db, caller.userId, promptId, id, defined)), warnings };
}

export const missing = () => new FormaError('NOT_FOUND', { message: 'There is no such validation' });

function written(answer: ValidationWrite): StoredValidation {
  switch (answer.kind) {
    case 'written':
      return answer.validation;
    case 'missing':
      throw missing();
    case 'name-taken':
      throw new FormaError('VALIDATION_NAME_TAKEN');
    case 'too-many':
      throw new FormaError('TOO_MANY_VALIDATIONS');
  }
}
