import { type ClaimedExecution, claim, newId } from '@formaops/db';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * Claims an execution for this worker.
 *
 * @returns null when it cannot be run now: it has ended, somebody else holds it, or it is not due.
 */
export async function claimExecution(id: string, deps: WorkerDeps): Promise<ClaimedExecution | null> {
  const { db, workerId, leaseMs, log } = deps;
  const [answer] = await claim(db, [{ id, token: newId(), workerId, leaseMs }]);
  if (answer?.applied) {
    log.info({ executionId: id, attempt: answer.execution.attempt }, 'execution claimed');
    return answer.execution;
  }
  log.debug({ executionId: id, actual: answer?.actual }, 'execution not claimed');
  return null;
}
