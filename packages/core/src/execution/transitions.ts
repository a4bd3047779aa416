import { type ExecutionStatus, executionStatuses } from './status.ts';

/**
 * What can happen to an execution. `settle*`, `scheduleRetry` and `release` need the lease; `cancel` and `expire` need
 * that nobody has it, and `wish` is all that its owner can do while somebody has. `rescue*` end a lease that is over.
 */
export type ExecutionEvent =
  | 'claim'
  | 'wish'
  | 'cancel'
  | 'expire'
  | 'settleCompleted'
  | 'settleFailed'
  | 'settleCancelled'
  | 'scheduleRetry'
  | 'release'
  | 'rescue'
  | 'rescueFailed'
  | 'rescueCancelled';

/**
 * The law: from × event → to. What is not listed cannot happen. The verbs of `@formaops/db` are its only hand, and a
 * trigger in the database refuses every pair of statuses that is not in here.
 */
export const transitions = {
  PENDING: { claim: 'RUNNING', cancel: 'CANCELLED', expire: 'FAILED' },
  RUNNING: {
    claim: 'RUNNING',
    wish: 'RUNNING',
    scheduleRetry: 'RUNNING',
    release: 'RUNNING',
    rescue: 'RUNNING',
    rescueFailed: 'FAILED',
    rescueCancelled: 'CANCELLED',
    expire: 'FAILED',
    cancel: 'CANCELLED',
    settleCompleted: 'COMPLETED',
    settleFailed: 'FAILED',
    settleCancelled: 'CANCELLED',
  },
  COMPLETED: {},
  FAILED: {},
  CANCELLED: {},
} as const satisfies Record<ExecutionStatus, Partial<Record<ExecutionEvent, ExecutionStatus>>>;

/** @returns whether the table lets an execution go from one status to another, different one. */
export function isLegalMove(from: ExecutionStatus, to: ExecutionStatus): boolean {
  return from !== to && Object.values(transitions[from]).includes(to as never);
}

/** Every pair of different statuses the table allows. */
export function legalMoves(): Array<[ExecutionStatus, ExecutionStatus]> {
  return executionStatuses.flatMap((from) =>
    executionStatuses
      .filter((to) => isLegalMove(from, to))
      .map((to): [ExecutionStatus, ExecutionStatus] => [from, to]),
  );
}
