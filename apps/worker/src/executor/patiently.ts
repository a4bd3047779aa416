import { setTimeout as wait } from 'node:timers/promises';
import { isDatabaseUnavailable } from '@formaops/db';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * Repeats a database call while the database is away, for as long as the lease can still be ours: a result that was
 * paid for is worth waiting with.
 *
 * @throws the last error when the lease time is over, and every error that waiting does not mend.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
  { leaseMs, clock, random, log }: Pick<WorkerDeps, 'leaseMs' | 'clock' | 'random' | 'log'>,
): Promise<T> {
  const until = clock.monotonicMs() + leaseMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || clock.monotonicMs() >= until) throw error;
      log.warn({ err: error, tries }, 'database away, waiting');
      await wait(Math.round(100 + random() * Math.min(2_000, 100 * 2 ** tries)), undefined, { signal });
    }
  }
}
