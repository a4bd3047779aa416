import { decideOutcome } from '@formaops/core';
import { type ClaimedExecution, isDatabaseUnavailable } from '@formaops/db';
import type { Disposition } from '@formaops/queue';
import { attemptCall } from './attempt-call.ts';
import { claimExecution } from './claim-execution.ts';
import { settleAttempt } from './settle-attempt.ts';
import { createStory } from './story.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** While the database is away bells wait this long, in milliseconds, and up to as much again. */
const awayDelayMs = 1_000;

/**
 * Runs one attempt of one execution from claim to settlement. A bell that is stale does nothing, and one that comes while
 * the database is away comes again: else an outage would empty the queue, and maintenance had to fill it anew.
 */
export async function executeAttempt(
  executionId: string,
  stopping: AbortSignal,
  deps: WorkerDeps,
): Promise<Disposition> {
  const claimed = await claimExecution(executionId, deps).catch(ifAway);
  if (claimed === 'away') return { kind: 'again', delayMs: awayDelayMs * (1 + deps.random()) };
  if (!claimed) return { kind: 'done' };
  deps.failpoint('after_claim');
  const disposition = await runAttempt(claimed, stopping, deps);
  deps.failpoint('before_ack');
  return disposition;
}

async function runAttempt(
  execution: ClaimedExecution,
  stopping: AbortSignal,
  deps: WorkerDeps,
): Promise<Disposition> {
  using lease = deps.leases.hold(execution);
  const signal = AbortSignal.any([lease.signal, stopping]);
  const story = createStory(deps.clock);
  const result = await attemptCall(execution, signal, story, deps);
  const outcome = decideOutcome(result.end, execution, deps.clock.now(), deps.random);
  return settleAttempt({ execution, result, story }, outcome, deps);
}

function ifAway(error: unknown): 'away' {
  if (isDatabaseUnavailable(error)) return 'away';
  throw error;
}
