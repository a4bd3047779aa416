import { type Clock, FormaError, type Logger } from '@formaops/core';
import { countWaiting, type Queryable } from '@formaops/db';
import { createUserFigures, freshMs } from './user-figures.ts';

/** Keeps users from letting more executions wait than their plan allows. */
export interface Backlogs {
  /**
   * Counts one more execution that waits. What is never stored after all is counted for a second at most.
   *
   * @param maxWaiting null for no limit, which costs nothing.
   * @throws FormaError `BACKLOG_LIMIT`.
   */
  reserve(userId: string, maxWaiting: number | null): Promise<void>;
}

interface Backlog {
  count: number;
  /** Reserved since the counting under way began, which may not have seen them. */
  reserved: number;
}

export function createBacklogs(db: Queryable, log: Logger, clock: Pick<Clock, 'monotonicMs'>): Backlogs {
  const backlogs = createUserFigures<Backlog, number>({
    async read(userId, maxWaiting, previous = { count: 0, reserved: 0 }) {
      previous.reserved = 0;
      const counted = await countWaiting(db, userId, maxWaiting);
      return { count: counted + previous.reserved, reserved: 0 };
    },
    clock,
    log,
  });
  return {
    async reserve(userId, maxWaiting) {
      if (maxWaiting === null) return;
      const backlog = await backlogs.find(userId, maxWaiting);
      if (backlog.count >= maxWaiting) throw new FormaError('BACKLOG_LIMIT', { retryAfterMs: freshMs });
      backlog.count += 1;
      backlog.reserved += 1;
    },
  };
}
