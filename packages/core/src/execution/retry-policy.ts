import type { Random } from '../ports.ts';

export interface RetryPolicy {
  /** The first delay's upper bound in milliseconds; doubles with every charged attempt. */
  baseMs: number;
  /** No delay is longer, in milliseconds. */
  capMs: number;
  /** A `Retry-After` below this is raised to it, in milliseconds. */
  minRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { baseMs: 1_000, capMs: 60_000, minRetryAfterMs: 200 };

/**
 * How long to wait before the next attempt: exponential with full jitter, or what the provider asked for plus jitter
 * of at most one base delay, so that many executions told the same second do not come back together.
 *
 * @param chargedAttempts attempts charged so far, at least 1.
 * @returns milliseconds from 0 to `capMs` (`capMs + baseMs` after a `Retry-After`).
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelayMs(
  chargedAttempts: number,
  retryAfterMs: number | undefined,
  random: Random,
  policy: RetryPolicy = defaultRetryPolicy,
): number {
  if (retryAfterMs !== undefined) {
    const asked = Math.min(policy.capMs, Math.max(policy.minRetryAfterMs, retryAfterMs));
    return Math.round(asked + random() * policy.baseMs);
  }
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(chargedAttempts - 1, 30));
  return Math.round(random() * ceiling);
}
