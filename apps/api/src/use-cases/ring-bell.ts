import type { Execution } from '@formaops/core';
import type { ApiDeps } from '../api-deps.ts';

/**
 * Rings for a stored execution, for half a second at most. Never fails: the row is the truth, and workers ring for
 * rows whose bell nobody heard.
 */
export async function ringBell({ id, priority, createdAt }: Execution, deps: ApiDeps): Promise<void> {
  deps.failpoint('before_enqueue');
  try {
    await deps.producer.ring([{ executionId: id, epoch: 0, priority, submittedAt: createdAt }]);
    deps.ringReceipts.note([id]);
  } catch (error) {
    deps.log.warn({ err: error, executionId: id }, 'bell not rung');
  }
}
