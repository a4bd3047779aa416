import { assertNever } from '@formaops/core';
import { type ClaimedExecution, newId, type RefusedClaim } from '@formaops/db';
import type { Disposition } from '@formaops/queue';
import { patiently } from './patiently.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** An execution to run, or what becomes of a bell that found nothing to do. */
export type Claimed = { execution: ClaimedExecution } | { execution: null; disposition: Disposition };

/**
 * Claims an execution for this worker. While the database is away the same claim is repeated: it may have been written
 * before the connection broke, and nobody else could run it until its lease is over.
 *
 * @throws what `patiently` throws, also when the worker stops meanwhile.
 */
export async function claimExecution(id: string, stopping: AbortSignal, deps: WorkerDeps): Promise<Claimed> {
  const { claim, workerId, leaseMs, log } = deps;
  const wanted = { id, token: newId(), workerId, leaseMs };
  const answer = await patiently(() => claim(wanted), stopping, deps);
  if (answer.applied) {
    log.info({ executionId: id, attempt: answer.execution.attempt }, 'execution claimed');
    return answer;
  }
  log.debug({ executionId: id, reason: answer.reason }, 'execution not claimed');
  return { execution: null, disposition: afterRefusal(answer, deps) };
}

const done: Disposition = { kind: 'done' };

/** How soon to look again at what somebody else was writing, at the latest, in milliseconds. */
const contendedMs = 1_000;
/** When to ask again whether there is a retry to spend, in milliseconds; from a second on, so that not all ask at once. */
const unfundedMs = 30_000;
/** When to ask again whether a model may be called, in milliseconds; up to thrice that, so that not all ask at once. */
const suspendedMs = 15_000;

function afterRefusal({ reason, dueInMs }: RefusedClaim, { random }: WorkerDeps): Disposition {
  switch (reason) {
    case 'notDue':
      return { kind: 'again', delayMs: dueInMs };
    case 'contended':
      return { kind: 'again', delayMs: Math.round(random() * contendedMs) };
    case 'suspended':
      return { kind: 'again', delayMs: Math.round(suspendedMs * (1 + 2 * random())) };
    case 'unfunded':
      return { kind: 'again', delayMs: Math.round(1_000 + unfundedMs * random()) };
    // Maintenance ends what is too late, and rings for what is parked or whose holder is lost.
    case 'late':
    case 'usedUp':
    case 'parked':
    case 'held':
    case 'ended':
    case 'cancelRequested':
    case 'missing':
      return done;
    default:
      return assertNever(reason);
  }
}
