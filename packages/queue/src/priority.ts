import { type Priority, priorityHandicapMs } from '@formaops/core';

/** Where the counting starts: 2026-01-01T00:00:00Z. */
export const PRIORITY_EPOCH_MS = Date.UTC(2026, 0, 1);

/** The grain of the order, in milliseconds: within five minutes only the level counts. */
export const PRIORITY_UNIT_MS = 5 * 60_000;

/** How many units later a level counts as submitted. */
export const PRIORITY_HANDICAP_UNITS: Readonly<Record<Priority, number>> = {
  CRITICAL: priorityHandicapMs.CRITICAL / PRIORITY_UNIT_MS,
  HIGH: priorityHandicapMs.HIGH / PRIORITY_UNIT_MS,
  NORMAL: priorityHandicapMs.NORMAL / PRIORITY_UNIT_MS,
  LOW: priorityHandicapMs.LOW / PRIORITY_UNIT_MS,
};

/**
 * BullMQ takes 0 to 2^21 - 1 (`PRIORITY_LIMIT` in its `classes/job.ts`, 6.7.0); smaller runs first, and 0 runs
 * before every other number, so it is never used.
 */
export const PRIORITY_MAX = 2 ** 21 - 1;

const LAST_UNIT = PRIORITY_MAX - 1 - PRIORITY_HANDICAP_UNITS.LOW;

/**
 * BullMQ's priority of an execution, from 1 to {@link PRIORITY_MAX}: the time of submission, made later by the
 * handicap of its level. A level is so a head start of 5 to 10 minutes over the next one, not a wall:
 *
 * - Submitted together, executions run in strict order CRITICAL, HIGH, NORMAL, LOW.
 * - Nothing submitted 30 minutes or more after a LOW execution runs before it (20 after a NORMAL, 10 after a
 *   HIGH one), however much arrives. Equal numbers run in the order of ringing, so a bell that had to be rung
 *   again may wait up to 5 minutes' worth of submissions longer.
 *
 * Times before the epoch count as the epoch. The numbers are used up on 2045-12-08; from then on the order of
 * the levels stays strict but the bound on waiting is gone: a later epoch must be chosen before.
 *
 * @throws RangeError when the date is invalid.
 */
export function queuePriority(level: Priority, submittedAt: Date): number {
  const units = Math.floor((submittedAt.getTime() - PRIORITY_EPOCH_MS) / PRIORITY_UNIT_MS);
  // BullMQ takes NaN for 0.
  if (Number.isNaN(units)) throw new RangeError('the time of submission is not valid');
  return 1 + Math.min(Math.max(units, 0), LAST_UNIT) + PRIORITY_HANDICAP_UNITS[level];
}
