import type { ApiDeps } from '../api-deps.ts';
import { type Operation, operation } from '../http/operation.ts';
import { redactExecution } from '../use-cases/redact-execution.ts';
import { executionSummaryView } from './execution-views.ts';
import { presentSummary } from './present-execution.ts';

const tag = 'Executions';

const whatGoes =
  'Removes for good its inputs, context and output, what validations said about them, and messages of the provider. Status, tokens, cost and times stay, and so does its place in lists.';

/** Removing what executions hold of their owner's data. */
export function executionContentOperations(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: '/v1/executions/{id}/redact',
        operationId: 'redactExecution',
        tag,
        summary: 'Remove the content of an execution that has ended',
        description: `${whatGoes} Again changes nothing.`,
        answers: { 200: { description: 'It is removed', schema: executionSummaryView } },
        errors: ['EXECUTION_NOT_FINISHED'],
      },
      async ({ params: { id = '' }, caller }) => ({
        status: 200,
        body: presentSummary(await redactExecution(id, caller, deps)),
      }),
    ),
    operation(
      {
        method: 'delete',
        path: '/v1/executions/{id}',
        operationId: 'deleteExecution',
        tag,
        summary: 'Remove the content of an execution, as redacting does',
        description: `${whatGoes} What was spent is accounted for by executions, so none of them disappears.`,
        answers: { 204: { description: 'It is removed' } },
        errors: ['EXECUTION_NOT_FINISHED'],
      },
      async ({ params: { id = '' }, caller }) => {
        await redactExecution(id, caller, deps);
        return { status: 204 };
      },
    ),
  ];
}
