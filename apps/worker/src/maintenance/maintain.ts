import { isTerminal, type Logger } from '@formaops/core';
import { type BellTimes, expire, type Maintained, type Queryable, rescue, takeDueBells } from '@formaops/db';
import type { Producer, Signals } from '@formaops/queue';

export interface MaintenanceDeps {
  db: Queryable;
  producer: Pick<Producer, 'ring'>;
  signals: Pick<Signals, 'publishFinished'>;
  log: Logger;
}

/** Rows that one pass takes on at most. */
const limit = 500;

/** Production's patience; see {@link BellTimes}. */
export const defaultBellTimes: Omit<BellTimes, 'limit'> = {
  unrungMs: 5_000,
  reringMs: 60_000,
  overdueMs: 15_000,
};

/**
 * One pass: takes back executions of dead workers, ends those past their deadline, and rings again where the bell may
 * be lost. Safe in every worker at once; rows that another pass holds are skipped.
 */
export async function maintain(deps: MaintenanceDeps, times = defaultBellTimes): Promise<void> {
  const rescued = await rescue(deps.db, { limit });
  const expired = await expire(deps.db, { limit });
  const unheard = await takeDueBells(deps.db, { limit, ...times });
  const ended = [...rescued, ...expired].filter(({ status }) => isTerminal(status));
  if (ended.length > 0) deps.signals.publishFinished(ended.map(({ id }) => id));
  const toRing = [...rescued, ...unheard].filter(({ status }) => !isTerminal(status));
  await deps.producer.ring(toRing.map(bellOf));
  if (rescued.length + expired.length + unheard.length > 0) {
    const counts = { rescued: rescued.length, expired: expired.length, rung: toRing.length };
    deps.log.warn(counts, 'executions maintained');
  }
}

function bellOf({ id, epoch, priority, createdAt }: Maintained) {
  return { executionId: id, epoch, priority, submittedAt: createdAt };
}
