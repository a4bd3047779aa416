import { isTerminal } from '@formaops/core';
import type { CancelledExecution } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';

/** Tells workers what they should stop, and everybody what has ended. */
export function tellOthers(
  executions: readonly CancelledExecution[],
  { producer, signals, events }: Pick<ApiDeps, 'producer' | 'signals' | 'events'>,
): void {
  events.publisher.changed(executions.map(({ id, userId }) => ({ executionId: id, userId })));
  const ended = executions.filter(({ status }) => isTerminal(status));
  const running = executions.filter(({ status }) => !isTerminal(status));
  if (running.length > 0) signals.publishCancel(running.map(({ id }) => id));
  if (ended.length === 0) return;
  signals.publishFinished(ended.map(({ id }) => id));
  // Only tidiness: a bell that stays finds nothing to do.
  void producer.remove(ended.map(({ id, epoch }) => ({ executionId: id, epoch })));
}
