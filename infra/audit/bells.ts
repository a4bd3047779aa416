import { setTimeout as delay } from 'node:timers/promises';
import type { OpenWork } from '@formaops/db';
import type { QueueCounts } from '@formaops/queue';

/** What the queue still holds; what is kept of bells that rang is not counted. */
export interface BellReport {
  id: 'I10';
  name: 'no-bells-left';
  title: string;
  violations: number;
  offenders: string[];
  /** Executions that are PENDING or RUNNING; while there are any, bells may be there for them. */
  open: number;
  bells: Pick<QueueCounts, 'waiting' | 'delayed' | 'active'>;
}

export interface BellSources {
  findOpenWork(): Promise<OpenWork>;
  countBells(): Promise<QueueCounts>;
}

/** A bell that nobody needs any more is done with as soon as a worker is free; so often, and so far apart, we look. */
const looks = 6;
const betweenMs = 500;

/**
 * A bell that waits for its time may be left when its execution is cancelled. It is there for a minute, or until its turn
 * in the retry budget, which takes a quarter of an hour when a thousand have failed.
 */
const longestDelayMs = 1_800_000;

/** Looks for bells that ring for nobody: with no execution open, the queue is empty, or is so a moment later. */
export async function checkBells(
  { findOpenWork, countBells }: BellSources,
  wait: (ms: number) => Promise<unknown> = delay,
): Promise<BellReport> {
  for (let look = 1; ; look += 1) {
    const { waiting, delayed, active } = await countBells();
    const work = await findOpenWork();
    const offenders = orphans({ waiting, delayed, active }, work);
    if (offenders.length > 0 && look < looks) {
      await wait(betweenMs);
      continue;
    }
    return {
      id: 'I10',
      name: 'no-bells-left',
      title: 'The queue holds no bells when no execution is open',
      violations: offenders.reduce((sum, { count }) => sum + count, 0),
      offenders: offenders.map(({ state, count }) => `${count} bells are ${state}, and no execution is open`),
      open: work.open,
      bells: { waiting, delayed, active },
    };
  }
}

function orphans(
  { waiting, delayed, active }: BellReport['bells'],
  { open, idleMs, hasCancelledAhead }: OpenWork,
): Array<{ state: string; count: number }> {
  if (open > 0) return [];
  const isDelayDue = !hasCancelledAhead && (idleMs === null || idleMs > longestDelayMs);
  return [
    { state: 'waiting', count: waiting },
    { state: 'active', count: active },
    { state: 'delayed', count: isDelayDue ? delayed : 0 },
  ].filter(({ count }) => count > 0);
}
