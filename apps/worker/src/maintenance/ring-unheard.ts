import { countRing, noteNotRung, takeUnheardBells } from '@formaops/db';
import { bellOf } from '../bell-of.ts';
import type { MaintenanceDeps } from './maintenance-deps.ts';

type RingDeps = Pick<MaintenanceDeps, 'db' | 'producer' | 'bellTimes' | 'isIdle'>;

/**
 * Rings for executions that nobody came for. Those whose bell the queue still knows wait for their turn, however long the
 * line is: ringing for them again would only make it longer. When the queue is empty they are all rung for at once.
 *
 * @param limit how many of each status are looked at.
 * @returns how many were looked at and how many of them were rung for.
 * @throws what the queue throws; the executions are then due again soon.
 */
export async function ringUnheard(deps: RingDeps, limit: number): Promise<{ seen: number; rung: number }> {
  const { db, producer, bellTimes, isIdle } = deps;
  // A worker that is busy would not run more executions, however many bells were lost.
  const isQueueEmpty = isIdle() && isEmpty(await producer.counts());
  const unheard = await takeUnheardBells(db, { limit, ...bellTimes, isQueueEmpty });
  if (unheard.length === 0) return { seen: 0, rung: 0 };
  try {
    const maybeWaiting = isQueueEmpty ? [] : unheard.filter(({ wasRung }) => wasRung);
    const waiting = await producer.known(maybeWaiting.map(bellOf));
    const lost = unheard.filter(({ id }) => !waiting.has(id)).map(({ id }) => id);
    const toRing = lost.length > 0 ? await countRing(db, lost) : [];
    if (toRing.length > 0) await producer.ring(toRing.map(bellOf));
    return { seen: unheard.length, rung: toRing.length };
  } catch (error) {
    const ids = unheard.map(({ id }) => id);
    await noteNotRung(db, ids, bellTimes.lostMs);
    throw error;
  }
}

function isEmpty({
  waiting,
  delayed,
  active,
}: {
  waiting: number;
  delayed: number;
  active: number;
}): boolean {
  return waiting + delayed + active === 0;
}
