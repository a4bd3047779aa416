import { deleteValidation, findValidation, listValidations } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { type Operation, operation } from '../http/operation.ts';
import { findOwnPrompt, requirePrompt } from '../use-cases/own-prompt.ts';
import { changeValidation, createValidation, missing } from '../use-cases/save-validation.ts';
import { tryValidation } from '../use-cases/try-validation.ts';
import { changeValidationBody, createValidationBody, tryValidationBody } from './validation-schemas.ts';
import { savedValidationView, trialView, validationPageView, validationView } from './validation-views.ts';

const tag = 'Validations';
const collection = '/v1/prompts/{id}/validations';
const single = '/v1/prompts/{id}/validations/{validationId}';
const saving = ['PLAN_FORBIDDEN', 'PROMPT_ARCHIVED', 'VALIDATION_NAME_TAKEN', 'SANDBOX_UNAVAILABLE'] as const;

/** What can be done with the validations of a prompt. */
export function validationOperations(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: collection,
        operationId: 'listValidations',
        tag,
        summary: 'List the validations of a prompt, in the order in which they judge',
        answers: { 200: { description: 'All of them', schema: validationPageView } },
      },
      async ({ params: { id = '' }, caller }) => {
        const data = await listValidations(deps.db, caller.userId, id);
        // None, or none of the caller's: an archived prompt can still be looked at.
        if (data.length === 0) await findOwnPrompt(id, caller, deps);
        return { status: 200, body: { data, nextCursor: null } };
      },
    ),
    operation(
      {
        method: 'post',
        path: collection,
        operationId: 'createValidation',
        tag,
        summary: 'Add a validation to a prompt',
        description: 'The config is compiled before it is saved; nothing is run.',
        body: createValidationBody,
        bodyExample: { name: 'Has a rating', type: 'REGEX', config: { pattern: '"rating"\\s*:\\s*\\d' } },
        answers: {
          201: {
            description: 'Saved',
            schema: savedValidationView,
            headers: { Location: 'Address of the validation' },
          },
        },
        errors: [...saving, 'TOO_MANY_VALIDATIONS'],
      },
      async ({ params: { id = '' }, body, caller }) => {
        const saved = await createValidation(id, body, caller, deps);
        const headers = { Location: `/v1/prompts/${id}/validations/${saved.id}` };
        return { status: 201, body: saved, headers };
      },
    ),
    operation(
      {
        method: 'get',
        path: single,
        operationId: 'getValidation',
        tag,
        summary: 'Read a validation',
        answers: { 200: { description: 'The validation', schema: validationView } },
      },
      async ({ params: { id = '', validationId = '' }, caller }) => {
        const validation = await findValidation(deps.db, caller.userId, id, validationId);
        if (validation === null) throw missing();
        return { status: 200, body: validation };
      },
    ),
    operation(
      {
        method: 'patch',
        path: single,
        operationId: 'updateValidation',
        tag,
        summary: 'Change a validation, or switch it on or off',
        description: 'What is left out stays. A config is checked when it is changed or switched on.',
        body: changeValidationBody,
        bodyExample: { isActive: false },
        answers: { 200: { description: 'Changed', schema: savedValidationView } },
        errors: saving,
      },
      async ({ params: { id = '', validationId = '' }, body, caller }) => ({
        status: 200,
        body: await changeValidation(id, validationId, body, caller, deps),
      }),
    ),
    operation(
      {
        method: 'delete',
        path: single,
        operationId: 'deleteValidation',
        tag,
        summary: 'Delete a validation; its verdicts stay',
        answers: { 204: { description: 'Deleted' } },
        errors: ['PROMPT_ARCHIVED'],
      },
      async ({ params: { id = '', validationId = '' }, caller }) => {
        await requirePrompt(id, caller, deps);
        if (!(await deleteValidation(deps.db, caller.userId, id, validationId))) throw missing();
        return { status: 204 };
      },
    ),
    operation(
      {
        method: 'post',
        path: '/v1/validations/try',
        operationId: 'tryValidation',
        tag,
        summary: 'Judge a text by a config, and store nothing',
        body: tryValidationBody,
        bodyExample: { type: 'REGEX', config: { pattern: '^ok$' }, output: 'ok' },
        answers: { 200: { description: 'What it says', schema: trialView } },
        errors: ['PLAN_FORBIDDEN', 'SANDBOX_UNAVAILABLE'],
      },
      async ({ body, caller, response }) => ({
        status: 200,
        body: await tryValidation(body, caller, deps, closedSignal(response)),
      }),
    ),
  ];
}
