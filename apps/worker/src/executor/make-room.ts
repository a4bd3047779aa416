import { type ClaimedExecution, unpark } from '@formaops/db';
import { bellOf } from '../bell-of.ts';
import type { WorkerDeps } from './worker-deps.ts';

type RoomDeps = Pick<WorkerDeps, 'db' | 'producer' | 'runningCaps' | 'bellLostMs' | 'log'>;

/** The most that is called out of one line at once. */
const limit = 100;

/**
 * Rings for the next in the line of an owner whose plan limits how many run, after one of them has ended. Costs nothing
 * without such a limit. Never rejects: what is missed here, maintenance makes up for.
 */
export async function makeRoom({ userId, plan }: ClaimedExecution, deps: RoomDeps): Promise<void> {
  const { db, producer, runningCaps, bellLostMs, log } = deps;
  if (runningCaps[plan] === undefined) return;
  try {
    const next = await unpark(db, { userIds: [userId], runningCaps, limit, bellLostMs });
    if (next.length > 0) await producer.ring(next.map(bellOf));
  } catch (error) {
    log.warn({ err: error, userId }, 'nobody called out of the line');
  }
}
