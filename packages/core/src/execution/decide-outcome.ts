import { assertNever } from '../assert-never.ts';
import type { ErrorCode } from '../errors/catalogue.ts';
import type { FormaError } from '../errors/forma-error.ts';
import type { Random } from '../ports.ts';
import { defaultRetryPolicy, type RetryPolicy, retryDelayMs } from './retry-policy.ts';

/** Why a model call was ended by ourselves. */
export type AbortReason = 'cancelled' | 'leaseLost' | 'shutdown';

/** How one attempt ended, as far as the decision about the execution is concerned. */
export type AttemptEnd =
  | { kind: 'answered' }
  | { kind: 'failed'; error: FormaError }
  | { kind: 'aborted'; reason: AbortReason };

/** What the execution has used up before this attempt's end is counted. */
export interface AttemptHistory {
  chargedAttempts: number;
  maxAttempts: number;
  deadlineAt: Date;
}

export type Outcome =
  | { kind: 'completed' }
  | { kind: 'failed'; error: FormaError }
  | { kind: 'retry'; error: FormaError; delayMs: number }
  | { kind: 'cancelled' }
  | { kind: 'released' }
  | { kind: 'abandoned' };

/**
 * Codes that may have been billed although nothing usable came back: they are repeated once, whatever `maxAttempts`
 * says, so that a provider that always answers rubbish is not paid again and again.
 */
const repeatedOnce: ReadonlySet<ErrorCode> = new Set(['PROVIDER_BAD_RESPONSE', 'PROVIDER_TIMEOUT']);

/**
 * Decides what becomes of an execution after an attempt. Pure: time, randomness and policy are arguments.
 *
 * - `completed` and `failed` are final; `retry` leaves it RUNNING without a lease until `delayMs` are over;
 * - `released` (our shutdown) gives it back without charging the attempt;
 * - `abandoned` (the lease belongs to another worker now) writes nothing.
 */
export function decideOutcome(
  end: AttemptEnd,
  history: AttemptHistory,
  now: Date,
  random: Random,
  policy: RetryPolicy = defaultRetryPolicy,
): Outcome {
  switch (end.kind) {
    case 'answered':
      return { kind: 'completed' };
    case 'aborted':
      return afterAbort(end.reason);
    case 'failed':
      return afterFailure(end.error, history, now, random, policy);
    default:
      return assertNever(end);
  }
}

function afterAbort(reason: AbortReason): Outcome {
  switch (reason) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'shutdown':
      return { kind: 'released' };
    case 'leaseLost':
      return { kind: 'abandoned' };
    default:
      return assertNever(reason);
  }
}

function afterFailure(
  error: FormaError,
  history: AttemptHistory,
  now: Date,
  random: Random,
  policy: RetryPolicy,
): Outcome {
  const charged = history.chargedAttempts + 1;
  const allowed = repeatedOnce.has(error.code) ? Math.min(2, history.maxAttempts) : history.maxAttempts;
  if (!error.entry.retryable || charged >= allowed) return { kind: 'failed', error };
  const delayMs = retryDelayMs(charged, error.retryAfterMs, random, policy);
  if (now.getTime() + delayMs >= history.deadlineAt.getTime()) return { kind: 'failed', error };
  return { kind: 'retry', error, delayMs };
}
