import { type Clock, FormaError, type Logger } from '@formaops/core';
import { countWaiting, type Queryable } from '@formaops/db';

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
  countedAtMs: number;
  /** Reserved since the counting under way began, which may not have seen them. */
  reserved: number;
  counting: Promise<void> | null;
}

/** Older counts are counted anew beside the request; other processes may have let in as many meanwhile. */
const freshMs = 1_000;
/** So old a count says nothing: the request waits for a new one. */
const staleMs = 10_000;
/** Users at most; whoever was counted longest ago is forgotten, and counted again. */
const maxUsers = 10_000;

export function createBacklogs(db: Queryable, log: Logger, clock: Pick<Clock, 'monotonicMs'>): Backlogs {
  const backlogs = new Map<string, Backlog>();

  const count = async (userId: string, backlog: Backlog, maxWaiting: number): Promise<void> => {
    backlog.reserved = 0;
    try {
      const counted = await countWaiting(db, userId, maxWaiting);
      backlog.count = counted + backlog.reserved;
      backlog.countedAtMs = clock.monotonicMs();
    } finally {
      backlog.counting = null;
    }
  };
  const backlogOf = (userId: string): Backlog => {
    const known = backlogs.get(userId);
    if (known !== undefined) return known;
    const [oldest] = backlogs.keys();
    if (oldest !== undefined && backlogs.size >= maxUsers) backlogs.delete(oldest);
    const backlog = { count: 0, countedAtMs: Number.NEGATIVE_INFINITY, reserved: 0, counting: null };
    backlogs.set(userId, backlog);
    return backlog;
  };

  return {
    async reserve(userId, maxWaiting) {
      if (maxWaiting === null) return;
      const backlog = backlogOf(userId);
      const ageMs = clock.monotonicMs() - backlog.countedAtMs;
      if (ageMs >= freshMs) backlog.counting ??= count(userId, backlog, maxWaiting);
      if (ageMs >= staleMs) await backlog.counting;
      else
        backlog.counting?.catch((error: unknown) => log.warn({ err: error, userId }, 'backlog not counted'));
      if (backlog.count >= maxWaiting) throw new FormaError('BACKLOG_LIMIT', { retryAfterMs: freshMs });
      backlog.count += 1;
      backlog.reserved += 1;
    },
  };
}
