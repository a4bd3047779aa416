import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import { type Operation, operation } from '../http/operation.ts';
import { cancelMatching, cancelNamed } from '../use-cases/cancel-executions.ts';
import { cancelBody } from './execution-schemas.ts';

const bulkCancellationView = z
  .object({
    cancelled: z.int().meta({ description: 'How many ended at once' }),
    requested: z.int().meta({ description: 'How many run; their workers were told to stop' }),
    skipped: z.int().meta({ description: 'How many had ended before, or are not yours' }),
    more: z.boolean().meta({ description: 'Whether some are left: send the same request again' }),
  })
  .meta({ id: 'BulkCancellation' });

/** Cancelling many executions at once. */
export function bulkCancelOperations(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: '/v1/executions/cancel',
        operationId: 'cancelExecutions',
        tag: 'Executions',
        summary: 'Cancel many executions',
        description:
          'Those with one of the `ids`, at most 1,000; or those that meet every condition, of which one request cancels 1,000. `all` is needed where there is no condition. Each is cancelled as by itself.',
        body: cancelBody,
        bodyExample: { status: ['PENDING'], promptId: 'demo-prompt-code-reviewer' },
        answers: { 200: { description: 'How many were cancelled', schema: bulkCancellationView } },
      },
      async ({ body, caller }) => ({
        status: 200,
        body:
          'ids' in body
            ? await cancelNamed(body.ids, caller, deps)
            : await cancelMatching(body, caller, deps),
      }),
    ),
  ];
}
