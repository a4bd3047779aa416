import type { Execution } from '@formaops/core';
import type { Bell } from '@formaops/queue';
import type { ApiDeps } from '../api-deps.ts';

/**
 * Rings for a stored execution, for half a second at most. Never fails: the row is the truth, and workers ring for
 * rows whose bell nobody heard.
 *
 * @param stored.isTakenForRung whether the row says already that it was rung for.
 */
export async function ringBell(
  execution: Execution,
  stored: { isTakenForRung: boolean },
  deps: ApiDeps,
): Promise<void> {
  const { id } = execution;
  deps.failpoint('before_enqueue');
  try {
    await deps.producer.ring([bellOf(execution)]);
    if (!stored.isTakenForRung) deps.ringReceipts.note([id]);
  } catch (error) {
    deps.log.warn({ err: error, executionId: id }, 'bell not rung');
    if (stored.isTakenForRung) deps.ringReceipts.takeBack([id]);
  }
}

/** It comes when the execution may start, by the clock that stored it. */
function bellOf({ id, priority, createdAt, runAt }: Execution): Bell {
  const bell = { executionId: id, epoch: 0, priority, submittedAt: runAt ?? createdAt };
  return runAt === null ? bell : { ...bell, delayMs: runAt.getTime() - createdAt.getTime() };
}
