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

/** How many retries each key may still cause. */
export interface RetryBudget {
  /** A call has succeeded. */
  succeeded(key: string): void;
  /** A retry has started. Those that start at the same time may use more than there is, though never twice as much. */
  spend(key: string): void;
  /** The keys whose retries have to wait now. */
  empty(): string[];
}

/**
 * A token bucket per key. A retry that finds it empty waits and asks again: nothing is refused, and what fails is only
 * not called again and again. While nothing succeeds, retries come at the rate of the refill; each success makes room for
 * another at once, so that those that wait are through soon after an outage.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function createRetryBudget(
  clock: Pick<Clock, 'monotonicMs'>,
  { capacity, refillMs, maxKeys }: RetryBudgetPolicy = defaultRetryBudget,
): RetryBudget {
  const buckets = new Map<string, { tokens: number; at: number }>();

  const refilled = ({ tokens, at }: { tokens: number; at: number }, now: number) =>
    Math.min(capacity, tokens + (now - at) / refillMs);

  function change(key: string, by: number): void {
    const now = clock.monotonicMs();
    const tokens = Math.max(-capacity, refilled(buckets.get(key) ?? { tokens: capacity, at: now }, now) + by);
    // Behind the others, so that the first of the map is the one that was used longest ago.
    buckets.delete(key);
    // A full bucket is like one that was never used.
    if (tokens < capacity) buckets.set(key, { tokens, at: now });
    if (buckets.size > maxKeys) for (const oldest of buckets.keys().take(1)) buckets.delete(oldest);
  }

  return {
    succeeded(key) {
      if (buckets.has(key)) change(key, 1);
    },
    spend: (key) => change(key, -1),
    empty() {
      const now = clock.monotonicMs();
      return [...buckets].filter(([, bucket]) => refilled(bucket, now) < 1).map(([key]) => key);
    },
  };
}
