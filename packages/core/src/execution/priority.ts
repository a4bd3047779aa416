import type { Priority } from './status.ts';

/**
 * How much later than it was submitted an execution takes its place in a line, in milliseconds: a level is a head start,
 * not a wall, so that nobody starves. `docs/decisions/0005-priority-as-a-head-start.md` says why.
 */
export const priorityHandicapMs = {
  CRITICAL: 0,
  HIGH: 600_000,
  NORMAL: 1_200_000,
  LOW: 1_800_000,
} as const satisfies Record<Priority, number>;
