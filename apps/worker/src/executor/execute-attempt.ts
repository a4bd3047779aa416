import { decideOutcome, type Outcome } from '@formaops/core';
import { type ClaimedExecution, isDatabaseUnavailable } from '@formaops/db';
import type { Disposition } from '@formaops/queue';
import { attemptCall } from './attempt-call.ts';
import { claimExecution } from './claim-execution.ts';
import { makeRoom } from './make-room.ts';
import type { HandledBell } from './provider-health.ts';
import { settleAttempt } from './settle-attempt.ts';
import { createStory } from './story.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** While the database is away bells wait this long, in milliseconds, and up to as much again. */
const awayDelayMs = 1_000;

/** Over this time, in milliseconds, bells that waited for the provider come back, so that they do not come all at once. */
const spreadMs = 5_000;

/**
 * Runs one attempt of one execution from claim to settlement. A bell that is stale does nothing, and one that comes while
 * the database is away, or while the provider refuses our credential, comes again: an outage must neither empty the
 * queue, so that maintenance had to fill it anew, nor use up attempts.
 */
export async function executeAttempt(
  executionId: string,
  stopping: AbortSignal,
  deps: WorkerDeps,
): Promise<Disposition> {
  const waitMs = deps.health.waitMs();
  if (waitMs > 0) return { kind: 'again', delayMs: Math.ceil(waitMs + deps.random() * spreadMs) };
  using bell = deps.health.handleBell();
  const claimed = await claimExecution(executionId, stopping, deps).catch((error) => ifAway(error, stopping));
  if (claimed === 'away') return { kind: 'again', delayMs: awayDelayMs * (1 + deps.random()) };
  if (claimed.execution === null) return claimed.disposition;
  deps.failpoint('after_claim');
  const disposition = await runAttempt(claimed.execution, bell, stopping, deps);
  await makeRoom(claimed.execution, deps);
  deps.failpoint('before_ack');
  return disposition;
}

async function runAttempt(
  execution: ClaimedExecution,
  bell: HandledBell,
  stopping: AbortSignal,
  deps: WorkerDeps,
): Promise<Disposition> {
  using lease = deps.leases.hold(execution);
  const signal = AbortSignal.any([lease.signal, stopping]);
  const story = createStory(deps.clock);
  const provider = bell.watch(deps.provider, execution.userId);
  const result = await attemptCall(execution, signal, story, { ...deps, provider });
  const outcome = decideOutcome(result.end, execution, deps.clock.now(), deps.random, deps.retryPolicy);
  return settleAttempt({ execution, result, story }, paced(outcome, execution.model, deps), deps);
}

/** The budget makes a retry later, never impossible: the deadline was weighed before. */
function paced(outcome: Outcome, model: string, { health }: WorkerDeps): Outcome {
  if (outcome.kind !== 'retry') return outcome;
  return { ...outcome, delayMs: outcome.delayMs + health.reserveRetry(model) };
}

function ifAway(error: unknown, stopping: AbortSignal): 'away' {
  if (isDatabaseUnavailable(error) || stopping.aborted) return 'away';
  throw error;
}
