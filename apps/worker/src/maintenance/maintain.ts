import { isTerminal } from '@formaops/core';
import {
  backfillFacts,
  deliveriesKeptMs,
  expire,
  forgetIdempotencyKeys,
  giveUpDeliveries,
  type Maintained,
  pruneDeliveries,
  type Queryable,
  rescue,
  unpark,
} from '@formaops/db';
import { bellOf } from '../bell-of.ts';
import type { MaintenanceDeps } from './maintenance-deps.ts';
import { ringUnheard } from './ring-unheard.ts';

/** How long an idempotency key is good for: what the API promises, in milliseconds. */
const keysKeptMs = 24 * 3_600_000;

/** What one pass did, in executions. */
export interface MaintenanceCounts {
  rescued: number;
  expired: number;
  calledOut: number;
  rung: number;
}

/** Asked before each batch of a pass. */
export interface Progress {
  /** @returns whether the pass may go on. */
  next(): boolean;
}

const noProgress: Progress = { next: () => true };

/** Rows that one statement takes on at most. */
const limit = 500;
/** Executions that one statement counts for figures at most; it reads each by its key. */
const factsLimit = 1_000;
/** Statements of one kind in a pass at most: after an outage of everything a pass must not last for minutes. */
const maxBatches = 20;

/**
 * One pass: takes back executions of dead workers, ends those past their deadline, calls out of the lines those that
 * there is room for, rings again where the bell may be lost, forgets old idempotency keys and webhook deliveries, and after an
 * update counts earlier executions for figures. With nothing to do it costs a look into an index each.
 * Safe in every worker at once; rows that another pass holds are skipped.
 */
export async function maintain(
  deps: MaintenanceDeps,
  progress: Progress = noProgress,
): Promise<MaintenanceCounts> {
  const { db, signals, events, runningCaps, bellTimes, log } = deps;
  const rescued = deps.mayRescue() ? await rescueAll(deps, progress) : [];
  const expired = await inBatches(progress, () => expire(db, { limit }));
  const ended = [...rescued, ...expired].filter(({ status }) => isTerminal(status));
  if (ended.length > 0) signals.publishFinished(ended.map(({ id }) => id));
  events.changed([...rescued, ...expired].map(({ id, userId }) => ({ executionId: id, userId })));

  const calledOut = progress.next()
    ? await unpark(db, { runningCaps, limit, bellLostMs: bellTimes.lostMs })
    : [];
  const again = [...rescued, ...calledOut].filter(({ status }) => !isTerminal(status));
  for (let start = 0; start < again.length; start += limit)
    await deps.producer.ring(again.slice(start, start + limit).map(bellOf));
  const unheard = await ringAllUnheard(deps, progress);
  await forgetKeys(db, progress);
  await tidyDeliveries(db, progress);
  await writeFacts(db, progress);

  const counts = {
    rescued: rescued.length,
    expired: expired.length,
    calledOut: calledOut.length,
    rung: again.length + unheard,
  };
  // Calling out is everyday work; the rest means that something was lost.
  if (counts.rescued + counts.expired + unheard > 0) log.warn(counts, 'executions maintained');
  return counts;
}

async function rescueAll(
  { db, bellTimes, onAway }: MaintenanceDeps,
  progress: Progress,
): Promise<Maintained[]> {
  try {
    return await inBatches(progress, () => rescue(db, { limit, bellLostMs: bellTimes.lostMs }));
  } catch (error) {
    // Whatever kept us from the leases may have kept their holders from them, a lock on the table for example.
    onAway();
    throw error;
  }
}

async function ringAllUnheard(deps: MaintenanceDeps, { next }: Progress): Promise<number> {
  let total = 0;
  for (let batch = 1; batch <= maxBatches && next(); batch += 1) {
    const { seen, rung } = await ringUnheard(deps, limit);
    total += rung;
    if (seen < limit) break;
  }
  return total;
}

async function forgetKeys(db: Queryable, progress: Progress): Promise<void> {
  await whileFull(progress, () => forgetIdempotencyKeys(db, { keptMs: keysKeptMs, limit }));
}

async function tidyDeliveries(db: Queryable, progress: Progress): Promise<void> {
  await whileFull(progress, () => giveUpDeliveries(db, { limit }));
  await whileFull(progress, () => pruneDeliveries(db, { keptMs: deliveriesKeptMs, limit }));
}

async function whileFull({ next }: Progress, work: () => Promise<number>, full = limit): Promise<void> {
  for (let batch = 1; batch <= maxBatches && next(); batch += 1) if ((await work()) < full) break;
}

async function writeFacts(db: Queryable, progress: Progress): Promise<void> {
  await whileFull(progress, () => backfillFacts(db, { limit: factsLimit }), factsLimit);
}

async function inBatches({ next }: Progress, work: () => Promise<Maintained[]>): Promise<Maintained[]> {
  const all: Maintained[] = [];
  for (let batch = 1; batch <= maxBatches && next(); batch += 1) {
    const some = await work();
    all.push(...some);
    if (some.length < limit) break;
  }
  return all;
}
