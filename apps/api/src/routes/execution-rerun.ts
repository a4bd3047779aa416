import type { ApiDeps } from '../api-deps.ts';
import { idempotencyOf } from '../http/idempotency-key.ts';
import { type Operation, operation } from '../http/operation.ts';
import { rerunExecution } from '../use-cases/rerun-execution.ts';
import { newExecutionId } from '../use-cases/submit-execution.ts';
import { rerunBody } from './execution-schemas.ts';
import { acceptedHeaders, idempotencyHeader, locationOf, submitErrors } from './execution-submission.ts';
import { executionView } from './execution-views.ts';
import { presentExecution } from './present-execution.ts';

/** Running executions again. */
export function executionRerunOperations(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: '/v1/executions/{id}/rerun',
        operationId: 'rerunExecution',
        tag: 'Executions',
        summary: 'Run an execution again, as a new one',
        description:
          'The new one has the same inputs and context, and whatever the body does not change, and names the first in `rerunOf`. It may be in any status. With `promptVersion` `current` it runs the version that is published now.',
        headers: idempotencyHeader,
        body: rerunBody(deps.models),
        bodyIsOptional: true,
        bodyExample: { promptVersion: 'current', priority: 'HIGH' },
        answers: { 202: { description: 'Accepted', schema: executionView, headers: acceptedHeaders } },
        errors: ['EXECUTION_REDACTED', ...submitErrors],
      },
      async ({ params: { id = '' }, body, caller, request, response }) => {
        const idempotency = idempotencyOf(request, response);
        const rerun = { id: newExecutionId(), rerunOf: id, changes: body, idempotency };
        const submitted = await rerunExecution(rerun, caller, deps);
        const headers = locationOf(submitted);
        return { status: 202, headers, body: presentExecution(submitted.execution) };
      },
    ),
  ];
}
