import { assertNever, type FormaError, type Outcome, type TerminalStatus } from '@formaops/core';
import type { AttemptEnding, ClaimedExecution, HandBack, Settlement } from '@formaops/db';
import type { Disposition } from '@formaops/queue';
import type { AttemptResult } from './attempt-call.ts';
import { patiently } from './patiently.ts';
import type { Story } from './story.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** An attempt that is over, with all that is known about it. */
export interface EndedAttempt {
  execution: ClaimedExecution;
  result: AttemptResult;
  story: Story;
}

const done: Disposition = { kind: 'done' };

/** Writes what became of an attempt: the only write of the executor. */
export async function settleAttempt(
  attempt: EndedAttempt,
  outcome: Outcome,
  deps: WorkerDeps,
): Promise<Disposition> {
  switch (outcome.kind) {
    case 'completed':
      return end(attempt, 'COMPLETED', null, deps);
    case 'failed':
      return end(attempt, 'FAILED', outcome.error, deps);
    case 'cancelled':
      return end(attempt, 'CANCELLED', null, deps);
    case 'retry':
      attempt.story.tell('WARN', 'Next attempt scheduled', {
        delayMs: outcome.delayMs,
        code: outcome.error.code,
      });
      return giveBack(attempt, { charged: true, delayMs: outcome.delayMs, error: outcome.error }, deps);
    case 'released':
      attempt.story.tell('INFO', 'Attempt given back: the worker stops');
      return giveBack(attempt, { charged: false, delayMs: 0, error: null }, deps);
    case 'abandoned':
      // Refused by the fence; what the attempt cost still reaches the ledger.
      await giveBack(attempt, { charged: false, delayMs: 0, error: null }, deps);
      return done;
    default:
      return assertNever(outcome);
  }
}

async function end(
  attempt: EndedAttempt,
  status: TerminalStatus,
  error: FormaError | null,
  deps: WorkerDeps,
): Promise<Disposition> {
  const { execution, result, story } = attempt;
  const settlement: Settlement = {
    id: execution.id,
    token: execution.token,
    status,
    output: result.output,
    validatedOutput: result.judgement?.validatedOutput,
    validationStatus: result.judgement?.status ?? 'SKIPPED',
    tokenUsage: result.usage,
    error: error && { code: error.code, message: error.message },
    ending: endingOf(result, error),
    logs: story.lines(),
    verdicts: result.judgement?.verdicts ?? [],
  };
  deps.failpoint('before_finish');
  const write = () => {
    const written = deps.settle(settlement, bytesOf(settlement));
    deps.failpoint('during_finish');
    return written;
  };
  const answer = await patiently(write, undefined, deps);
  deps.failpoint('after_finish');
  if (answer.applied) {
    deps.signals.publishFinished([execution.id]);
    deps.log.info(
      { executionId: execution.id, status: answer.execution.status, code: error?.code },
      'execution settled',
    );
  } else {
    deps.log.warn({ executionId: execution.id, actual: answer.actual }, 'late result refused');
  }
  return done;
}

async function giveBack(
  attempt: EndedAttempt,
  { charged, delayMs, error }: { charged: boolean; delayMs: number; error: FormaError | null },
  deps: WorkerDeps,
): Promise<Disposition> {
  const { execution, result, story } = attempt;
  const row: HandBack = {
    id: execution.id,
    token: execution.token,
    charged,
    delayMs,
    bellLostMs: 3 * deps.bellLostMs,
    ending: endingOf(result, error),
    logs: story.lines(),
  };
  const answer = await patiently(() => deps.handBack(row, 0), undefined, deps);
  if (answer.applied) return { kind: 'again', delayMs };
  // Refused although it runs: either the owner wants it cancelled, or the lease is lost, and then this is refused, too.
  if (answer.actual === 'RUNNING') return end(attempt, 'CANCELLED', null, deps);
  return done;
}

/** A validated output is part of the output, or made by a function whose values are small. */
function bytesOf({ output }: Settlement): number {
  return 2 * (output?.length ?? 0);
}

function endingOf(result: AttemptResult, error: FormaError | null): AttemptEnding {
  return {
    outcome: outcomeOf(result),
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    providerRequestId: result.providerRequestId,
    inputTokens: result.usage?.input ?? null,
    outputTokens: result.usage?.output ?? null,
    usageIsEstimated: result.usageIsEstimated,
    costUsd: result.costUsd,
    latencyMs: result.latencyMs,
  };
}

function outcomeOf({ end: ending }: AttemptResult): AttemptEnding['outcome'] {
  if (ending.kind === 'answered') return 'SUCCEEDED';
  if (ending.kind === 'failed') return 'FAILED';
  return ending.reason === 'cancelled' ? 'CANCELLED' : 'SHUTDOWN';
}
