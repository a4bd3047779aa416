import type { Priority } from '@formaops/core';

/** Smaller runs first, as in BullMQ and graphile-worker. */
export const queuePriority: Readonly<Record<Priority, number>> = { CRITICAL: 1, HIGH: 2, NORMAL: 3, LOW: 4 };
