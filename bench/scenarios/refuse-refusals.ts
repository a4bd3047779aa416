import type { LoadResult } from '../load/load-plan.ts';

/** @throws Error when a request was not accepted: refusing is faster than accepting. */
export function refuseRefusals({ refused, accepted }: LoadResult): void {
  if (Object.keys(refused).length > 0 || accepted === 0)
    throw new Error(`of ${accepted} accepted requests, others were refused: ${JSON.stringify(refused)}`);
}
