import type { Queryable } from '../../pool.ts';
import { type Maintained, type MaintainedRow, maintainedColumns, toMaintained } from './maintained.ts';

/** An execution that nobody came for. */
export interface UnheardBell extends Maintained {
  /** Whether its bell is known to have been rung: then it may still be in the queue. */
  wasRung: boolean;
}

export interface BellTimes {
  /** Executions of each status at most. */
  limit: number;
  /** How long a bell may go unheard in an empty queue, in milliseconds; a repeated attempt may be overdue three times that. */
  lostMs: number;
  /** How soon a waiting execution is looked at again, in milliseconds; later as it gets older, up to tenfold. */
  repeatMs: number;
  /** The queue is known to be empty: every bell that was rung some time ago is lost. */
  isQueueEmpty: boolean;
}

const isDue = 'check_at <= statement_timestamp()';
const longestMs = '10 * $3::float8';
// The first condition leaves out what is parked, whose time to be looked at is its deadline.
const isLost = `check_at <= statement_timestamp() + ${longestMs} * interval '1 ms'
        AND coalesce(last_enqueued_at, created_at) < statement_timestamp() - $2::float8 * interval '1 ms'`;

// Nothing here is found by reading what is not due: PENDING rows by `idx_executions_check`, whose condition must be a
// stable one (clock_timestamp() is not), and RUNNING ones are few. With an empty queue the waiting ones are few as well,
// or else they are all due.
const unheardSql = ({ isQueueEmpty }: BellTimes) => `
  WITH p AS (
    SELECT id FROM executions
    WHERE status = 'PENDING' AND parked_rank IS NULL AND deadline_at > statement_timestamp()
      AND ${isQueueEmpty ? isLost : isDue}
    ORDER BY check_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
  ), r AS (
    SELECT id FROM executions
    WHERE status = 'RUNNING' AND lease_token IS NULL AND parked_rank IS NULL
      AND greatest(next_attempt_at, last_enqueued_at)
        < clock_timestamp() - ${isQueueEmpty ? 1 : 3} * $2::float8 * interval '1 ms'
    ORDER BY created_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
  ), d AS (SELECT id FROM p UNION ALL SELECT id FROM r)
  UPDATE executions x SET
    check_at = least(x.deadline_at, clock_timestamp() + greatest($3::float8 * interval '1 ms',
      least(${longestMs} * interval '1 ms', clock_timestamp() - x.created_at))),
    last_enqueued_at = CASE x.status WHEN 'RUNNING' THEN clock_timestamp() ELSE x.last_enqueued_at END
  FROM d WHERE x.id = d.id
  RETURNING ${maintainedColumns}, x.last_enqueued_at IS NOT NULL AS was_rung`;

/**
 * Finds executions that should have been claimed by now, and notes when to look at them again. Which of them have a bell
 * in the queue the queue knows: a long line is no lost bell.
 */
export async function takeUnheardBells(db: Queryable, times: BellTimes): Promise<UnheardBell[]> {
  const parameters = [times.limit, times.lostMs, times.repeatMs];
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
     WHERE x.id IN ${ringable(`status IN ('PENDING', 'RUNNING') AND lease_token IS NULL`)}
     RETURNING ${maintainedColumns}`,
    [ids],
  );
  return rows.map(toMaintained);
}

/** Takes a ring back that failed: the executions are due again soon, in milliseconds. */
export async function noteNotRung(db: Queryable, ids: readonly string[], soonMs: number): Promise<void> {
  await db.query(
    `UPDATE executions SET check_at = least(deadline_at, clock_timestamp() + $2::float8 * interval '1 ms')
     WHERE id IN ${ringable(`status = 'PENDING'`)}`,
    [ids, soonMs],
  );
}

/** Notes which new executions were rung for, and when to look at them; those that run already need no note. */
export async function noteRung(db: Queryable, ids: readonly string[], repeatMs: number): Promise<void> {
  await db.query(
    `UPDATE executions SET last_enqueued_at = clock_timestamp(),
       check_at = least(deadline_at, clock_timestamp() + $2::float8 * interval '1 ms')
     WHERE id IN ${ringable(`status = 'PENDING' AND last_enqueued_at IS NULL`)}`,
    [ids, repeatMs],
  );
}
