import { isTerminal } from '@formaops/core';
import {
  type Caller,
  type CancelFilter,
  type CancelledExecution,
  findCancellable,
  requestCancel,
} from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { tellOthers } from './tell-cancelled.ts';

/** What became of the executions that were to be cancelled. */
export interface BulkCancellation {
  /** Ended at once. */
  cancelled: number;
  /** They run, and their workers were told to stop. */
  requested: number;
  /** They had ended before, or are not there. */
  skipped: number;
  /** Whether more are left that the same request would cancel. */
  more: boolean;
}

/** How many one request cancels at most. */
const maxCancelled = 1_000;
/** Of one statement: as long as it takes, nobody can claim what it has locked. */
const batchSize = 250;

/** Cancels the caller's executions that are named, once each; others' are not there. */
export async function cancelNamed(
  ids: readonly string[],
  caller: Caller,
  deps: ApiDeps,
): Promise<BulkCancellation> {
  return { ...(await cancelAll([...new Set(ids)], caller, deps)), more: false };
}

/** Cancels the caller's executions that meet the filter, as many as one request may. */
export async function cancelMatching(
  filter: CancelFilter,
  caller: Caller,
  deps: ApiDeps,
): Promise<BulkCancellation> {
  const found = await findCancellable(deps.db, caller.userId, filter, maxCancelled + 1);
  const counts = await cancelAll(found.slice(0, maxCancelled), caller, deps);
  return { ...counts, more: found.length > maxCancelled };
}

async function cancelAll(ids: readonly string[], { userId }: Caller, deps: ApiDeps) {
  const applied: CancelledExecution[] = [];
  for (let start = 0; start < ids.length; start += batchSize) {
    const wishes = ids.slice(start, start + batchSize).map((id) => ({ id, userId }));
    const answers = await requestCancel(deps.db, wishes);
    const batch = answers.flatMap((answer) => (answer.applied ? [answer.execution] : []));
    tellOthers(batch, deps);
    applied.push(...batch);
  }
  const cancelled = applied.filter(({ status }) => isTerminal(status)).length;
  return { cancelled, requested: applied.length - cancelled, skipped: ids.length - applied.length };
}
