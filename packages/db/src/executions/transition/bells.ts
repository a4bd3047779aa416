import type { Queryable } from '../../pool.ts';
import { hasStatus } from '../by-key.ts';
import { type Maintained, type MaintainedRow, maintainedColumns, toMaintained } from './maintained.ts';
import { waitsSince } from './waits-since.ts';

/** An execution that nobody came for. */
export interface UnheardBell extends Maintained {
  /** Whether its bell is known to have been rung: then it may still be in the queue. */
  wasRung: boolean;
}

export interface BellTimes {
  /** Executions at most. */
  limit: number;
  /** How long a bell may go unheard in an empty queue, in milliseconds. */
  lostMs: number;
  /** How soon a waiting execution is looked at again, in milliseconds; later as it gets older, up to tenfold. */
  repeatMs: number;
  /** The queue is known to be empty: every bell that was rung some time ago is lost. */
  isQueueEmpty: boolean;
}

const isFree = `lease_token IS NULL AND status IN ('PENDING', 'RUNNING')`;
const isStillFree = `lease_token IS NULL AND ${hasStatus('executions', 'PENDING', 'RUNNING')}`;
/** In its owner's line: maintenance calls it out when there is room. */
const isParked = 'coalesce(parked_rank, 0) > 0';

const longestMs = '10 * $2::float8';
const isDue = 'check_at <= statement_timestamp()';
// The first condition leaves out what is parked, whose time to be looked at is its deadline.
const isLost = `check_at <= statement_timestamp() + ${longestMs} * interval '1 ms'
      AND greatest(created_at, run_at, last_enqueued_at, next_attempt_at)
        < statement_timestamp() - $3::float8 * interval '1 ms'`;

// Found by `idx_executions_check` without reading what is not due; the condition must be a stable one, which
// clock_timestamp() is not. With an empty queue what waits is little, or else all of it is due.
const unheardSql = ({ isQueueEmpty }: BellTimes) => `
  WITH d AS (
    SELECT id FROM executions
    WHERE ${isFree} AND NOT ${isParked} AND deadline_at > statement_timestamp()
      AND ${isQueueEmpty ? isLost : isDue}
    ORDER BY check_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE executions x SET
    check_at = least(x.deadline_at, clock_timestamp() + greatest($2::float8 * interval '1 ms',
      least(${longestMs} * interval '1 ms', clock_timestamp() - ${waitsSince('x')})))
  FROM d WHERE x.id = d.id
  RETURNING ${maintainedColumns}, x.last_enqueued_at IS NOT NULL OR x.status = 'RUNNING' AS was_rung`;

/**
 * Finds executions that should have been claimed by now, and notes when to look at them again. Which of them have a bell
 * in the queue the queue knows: a long line is no lost bell.
 */
export async function takeUnheardBells(db: Queryable, times: BellTimes): Promise<UnheardBell[]> {
  const { limit, repeatMs, lostMs, isQueueEmpty } = times;
  const parameters = [limit, repeatMs, ...(isQueueEmpty ? [lostMs] : [])];
  const { rows } = await db.query<MaintainedRow & { was_rung: boolean }>(unheardSql(times), parameters);
  return rows.map((row) => ({ ...toMaintained(row), wasRung: row.was_rung }));
}

/** Those among the ids that can still be rung for; somebody else writes the locked ones. */
const ringable = (condition: string) => `
  (SELECT id FROM executions WHERE id = ANY ($1) AND ${condition} ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)`;

/** Gives executions the number of a new ring, which has to follow. @returns those that nobody holds. */
export async function countRing(db: Queryable, ids: readonly string[]): Promise<Maintained[]> {
  const { rows } = await db.query<MaintainedRow>(
    `UPDATE executions x SET enqueue_epoch = x.enqueue_epoch + 1, last_enqueued_at = clock_timestamp()
     WHERE x.id IN ${ringable(isStillFree)}
     RETURNING ${maintainedColumns}`,
    [ids],
  );
  return rows.map(toMaintained);
}

/** Takes a ring back that failed: the executions are due again soon, in milliseconds. */
export async function noteNotRung(db: Queryable, ids: readonly string[], soonMs: number): Promise<void> {
  await db.query(
    `UPDATE executions SET check_at = least(deadline_at, clock_timestamp() + $2::float8 * interval '1 ms')
     WHERE id IN ${ringable(`${isStillFree} AND NOT ${isParked}`)}`,
    [ids, soonMs],
  );
}

/**
 * Notes which new executions were rung for, and when to look at them; those that run already need no note. What may start
 * later is looked at then, as before.
 */
export async function noteRung(db: Queryable, ids: readonly string[], repeatMs: number): Promise<void> {
  await db.query(
    `UPDATE executions SET last_enqueued_at = clock_timestamp(),
       check_at = CASE WHEN run_at > clock_timestamp() THEN check_at
         ELSE least(deadline_at, clock_timestamp() + $2::float8 * interval '1 ms') END
     WHERE id IN ${ringable(`${hasStatus('executions', 'PENDING')} AND last_enqueued_at IS NULL AND NOT ${isParked}`)}`,
    [ids, repeatMs],
  );
}
