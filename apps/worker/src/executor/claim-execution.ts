import { assertNever } from '@formaops/core';
import { type ClaimedExecution, newId, type RefusedClaim } from '@formaops/db';
import type { Disposition } from '@formaops/queue';
import type { WorkerDeps } from './worker-deps.ts';

/** An execution to run, or what becomes of a bell that found nothing to do. */
export type Claimed = { execution: ClaimedExecution } | { execution: null; disposition: Disposition };

/** Claims an execution for this worker. */
export async function claimExecution(id: string, deps: WorkerDeps): Promise<Claimed> {
  const { claim, workerId, leaseMs, log } = deps;
  const answer = await claim({ id, token: newId(), workerId, leaseMs });
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
