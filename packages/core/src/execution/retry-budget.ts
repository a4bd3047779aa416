import type { Clock } from '../ports.ts';

export interface RetryBudgetPolicy {
  /** Retries that may come at once; also how many are there at the start. */
  capacity: number;
  /** How long one more takes to come back by itself, in milliseconds. A success brings one back, too. */
  refillMs: number;
  /** How many keys are remembered; the one that was used longest ago is forgotten, and begins with a full budget. */
  maxKeys: number;
}

export const defaultRetryBudget: RetryBudgetPolicy = { capacity: 100, refillMs: 1_000, maxKeys: 1_000 };

/** How many retries each key (a model at a provider) may still cause. */
export interface RetryBudget {
  /** A call has succeeded. */
  succeeded(key: string): void;
  /**
   * Takes one retry, on credit if need be.
   *
   * @returns how much longer the retry must wait, in milliseconds: 0 while there is something left, else until what
   *   was taken has come back.
   */
  reserve(key: string): number;
}

/**
 * A token bucket per key, which may go into debt: each retry beyond what is there waits for its own token, so they
 * come at the rate of the refill, however many there are. Nothing is refused; a provider that is down is only not
 * asked again and again by everything that failed.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function createRetryBudget(
  clock: Pick<Clock, 'monotonicMs'>,
  { capacity, refillMs, maxKeys }: RetryBudgetPolicy = defaultRetryBudget,
): RetryBudget {
  const buckets = new Map<string, { tokens: number; at: number }>();

  function change(key: string, by: number): number {
    const now = clock.monotonicMs();
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now };
    const refilled = Math.min(capacity, bucket.tokens + (now - bucket.at) / refillMs);
    const tokens = refilled + by;
    // Behind the others, so that the first of the map is the one that was used longest ago.
    buckets.delete(key);
    // A full bucket is like one that was never used.
    if (tokens < capacity) buckets.set(key, { tokens, at: now });
    forgetOldest();
    return tokens;
  }

  function forgetOldest(): void {
    if (buckets.size <= maxKeys) return;
    for (const key of buckets.keys().take(1)) buckets.delete(key);
  }

  return {
    succeeded(key) {
      if (buckets.has(key)) change(key, 1);
    },
    reserve: (key) => Math.ceil(Math.max(0, -change(key, -1)) * refillMs),
  };
}
