import { type ExecutionSummary, FormaError } from '@formaops/core';
import { type Caller, requestCancel } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { readExecution } from './read-execution.ts';
import { tellOthers } from './tell-cancelled.ts';

/**
 * Cancels an execution: at once where nobody holds it, else by telling its worker. Cancelling again changes nothing.
 * Ends with `NOT_FOUND`, or `EXECUTION_ALREADY_FINISHED` when it is COMPLETED or FAILED.
 */
export async function cancelExecution(id: string, caller: Caller, deps: ApiDeps): Promise<ExecutionSummary> {
  const [answer] = await requestCancel(deps.db, [{ id, userId: caller.userId }]);
  if (answer?.applied) {
    tellOthers([answer.execution], deps);
    return answer.execution;
  }
  const execution = await readExecution(id, caller, deps);
  if (execution.status !== 'CANCELLED') throw new FormaError('EXECUTION_ALREADY_FINISHED');
  return execution;
}
