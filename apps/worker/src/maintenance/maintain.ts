import { isTerminal, type Logger } from '@formaops/core';
import { expire, type Maintained, type Queryable, rescue, takeDueBells } from '@formaops/db';
import type { Producer, Signals } from '@formaops/queue';

export interface MaintenanceDeps {
  db: Queryable;
  producer: Pick<Producer, 'ring'>;
  signals: Pick<Signals, 'publishFinished'>;
  /** Production's are the defaults of `BELL_LOST_MS` and `BELL_REPEAT_MS`. */
  bellTimes: { lostMs: number; repeatMs: number };
  log: Logger;
}

/** Rows that one pass takes on at most. */
const limit = 500;

/**
 * One pass: takes back executions of dead workers, ends those past their deadline, and rings again where the bell may
 * be lost. Safe in every worker at once; rows that another pass holds are skipped.
 */
export async function maintain(deps: MaintenanceDeps): Promise<void> {
  const rescued = await rescue(deps.db, { limit });
  const expired = await expire(deps.db, { limit });
  const { lostMs, repeatMs } = deps.bellTimes;
  const times = { limit, unrungMs: lostMs, reringMs: repeatMs, overdueMs: 3 * lostMs };
  const unheard = await takeDueBells(deps.db, times);
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
