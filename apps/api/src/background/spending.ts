import { type Clock, FormaError, type Logger } from '@formaops/core';
import { type DaySpend, findSpentToday, type Queryable } from '@formaops/db';
import { createUserFigures } from './user-figures.ts';

/** Keeps users from spending more in a UTC day than their plan allows. */
export interface Spending {
  /**
   * Refuses who has spent the limit. What was submitted before goes on, and is spent on top.
   *
   * @param maxCostUsdPerDay US dollars as a decimal; null for no limit, which costs nothing.
   * @throws FormaError `COST_LIMIT`, until the next day begins.
   */
  check(userId: string, maxCostUsdPerDay: string | null): Promise<void>;
}

export function createSpending(db: Queryable, log: Logger, clock: Pick<Clock, 'monotonicMs'>): Spending {
  const spent = createUserFigures<DaySpend & { readAtMs: number }, string>({
    async read(userId, limitUsd) {
      const readAtMs = clock.monotonicMs();
      return { ...(await findSpentToday(db, userId, limitUsd)), readAtMs };
    },
    clock,
    log,
  });
  return {
    async check(userId, maxCostUsdPerDay) {
      if (maxCostUsdPerDay === null) return;
      const { isOver, endsInMs, readAtMs } = await spent.find(userId, maxCostUsdPerDay);
      const leftMs = endsInMs - (clock.monotonicMs() - readAtMs);
      // A figure of yesterday says nothing of today.
      if (isOver && leftMs > 0) throw new FormaError('COST_LIMIT', { retryAfterMs: leftMs });
    },
  };
}
