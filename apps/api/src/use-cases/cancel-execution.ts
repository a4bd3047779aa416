import { type ExecutionSummary, FormaError, isTerminal } from '@formaops/core';
import { type Caller, type CancelledExecution, requestCancel } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { readExecution } from './read-execution.ts';

/**
 * Cancels an execution: at once where nobody holds it, else by telling its worker. Cancelling again changes nothing.
 * Ends with `NOT_FOUND`, or `EXECUTION_ALREADY_FINISHED` when it is COMPLETED or FAILED.
 */
export async function cancelExecution(id: string, caller: Caller, deps: ApiDeps): Promise<ExecutionSummary> {
  const [answer] = await requestCancel(deps.db, [{ id, userId: caller.userId }]);
  if (answer?.applied) {
    tellOthers(answer.execution, deps);
    return answer.execution;
  }
  const execution = await readExecution(id, caller, deps);
  if (execution.status !== 'CANCELLED') throw new FormaError('EXECUTION_ALREADY_FINISHED');
  return execution;
}

function tellOthers({ id, status, epoch }: CancelledExecution, { producer, signals }: ApiDeps): void {
  if (!isTerminal(status)) {
    signals.publishCancel([id]);
    return;
  }
  signals.publishFinished([id]);
  // Only tidiness: a bell that stays finds nothing to do.
  void producer.remove([{ executionId: id, epoch }]);
}
