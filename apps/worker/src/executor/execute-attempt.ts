import { decideOutcome } from '@formaops/core';
import type { Disposition } from '@formaops/queue';
import { stopSignalOf } from './abort-reason.ts';
import { attemptCall } from './attempt-call.ts';
import { claimExecution } from './claim-execution.ts';
import { settleAttempt } from './settle-attempt.ts';
import { createStory } from './story.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Runs one attempt of one execution from claim to settlement. A bell that is stale does nothing. */
export async function executeAttempt(
  executionId: string,
  bell: AbortSignal,
  deps: WorkerDeps,
): Promise<Disposition> {
  const execution = await claimExecution(executionId, deps);
  if (!execution) return { kind: 'done' };

  using lease = deps.leases.hold(execution);
  const signal = AbortSignal.any([lease.signal, stopSignalOf(bell)]);
  const story = createStory(deps.clock);
  const result = await attemptCall(execution, signal, story, deps);
  const outcome = decideOutcome(result.end, execution, deps.clock.now(), deps.random);
  return settleAttempt({ execution, result, story }, outcome, deps);
}
