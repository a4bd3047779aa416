import { decideOutcome } from '@formaops/core';
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
  const ref = { executionId, userId: claimed.execution.userId };
  deps.events.changed([ref]);
  deps.failpoint('after_claim');
  const disposition = await runAttempt(claimed.execution, bell, stopping, deps);
  deps.events.changed([ref]);
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
  const claimedAtMs = deps.clock.monotonicMs();
  const signal = AbortSignal.any([lease.signal, stopping]);
  const story = createStory(deps.clock);
  if (execution.chargedAttempts > 0) deps.health.spendRetry(execution.userId, execution.model);
  const provider = bell.watch(deps.provider, execution.userId);
  const result = await attemptCall(execution, signal, story, { ...deps, provider });
  const now = deps.clock.now();
  // What is left by the clock of the database, which set the deadline.
  const leftMs = execution.deadlineInMs - (deps.clock.monotonicMs() - claimedAtMs);
  const history = { ...execution, deadlineAt: new Date(now.getTime() + leftMs) };
  const outcome = decideOutcome(result.end, history, now, deps.random, deps.retryPolicy);
  // Awaited: without it the lease would no longer be prolonged while its result waits for the database.
  return await settleAttempt({ execution, result, story }, outcome, deps);
}

function ifAway(error: unknown, stopping: AbortSignal): 'away' {
  if (isDatabaseUnavailable(error) || stopping.aborted) return 'away';
  throw error;
}
