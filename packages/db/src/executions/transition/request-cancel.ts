import type { ExecutionStatus, ExecutionSummary } from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { rowSet } from '../../row-set.ts';
import { hasStatus, looksRare, unindexed } from '../by-key.ts';
import { type SummaryRow, summaryColumns, toSummary } from '../execution-row.ts';
import { roundedCost } from './cost.ts';
import { inLockOrder } from './lock-order.ts';
import type { Written } from './written.ts';

export interface CancelWish {
  id: string;
  userId: string;
}

// An execution that nobody holds ends at once; for one that is held, the holder ends it with what was spent.
const isFree = 'x.lease_token IS NULL';

const isOpen = hasStatus('x', 'PENDING', 'RUNNING');

const isOwned = `${unindexed('x.user_id')} = w."userId"`;

const wishRows = rowSet<CancelWish & { logId?: string }>('w', { id: 'text', userId: 'text', logId: 'text' });

const requestCancelSql = `
  WITH locked AS (
    SELECT w.* FROM ${wishRows.sql} JOIN executions x ON x.id = w.id AND ${isOwned}
    WHERE ${looksRare('w.id')} AND ${isOpen}
    ORDER BY x.id FOR NO KEY UPDATE OF x
  ), wanted AS (
    -- The clock is read when the locks are held: what had to be waited for happened before.
    SELECT l.*, t.now FROM locked l,
      (SELECT clock_timestamp()::timestamptz(3) AS now FROM (SELECT count(*) FROM locked) c) t
  ), e AS (
    UPDATE executions x SET
      cancel_requested_at = coalesce(x.cancel_requested_at, w.now),
      status = CASE WHEN ${isFree} THEN 'CANCELLED' ELSE x.status END,
      started_at = CASE WHEN ${isFree} THEN coalesce(x.started_at, w.now) ELSE x.started_at END,
      completed_at = CASE WHEN ${isFree} THEN greatest(w.now, x.started_at) END,
      validation_status = CASE WHEN ${isFree} THEN 'SKIPPED' ELSE x.validation_status END,
      cost_usd = CASE WHEN ${isFree} THEN ${roundedCost('x.spent_usd')} END,
      next_attempt_at = NULL, parked_rank = NULL
    FROM wanted w
    WHERE x.id = w.id AND ${isOwned} AND ${isOpen}
    RETURNING x.*, w."logId", w.now
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT e."logId", e.id, 'INFO',
      CASE e.status WHEN 'CANCELLED' THEN 'Execution cancelled' ELSE 'Cancellation requested' END, NULL, e.now
    FROM e WHERE e.status = 'CANCELLED' OR e.cancel_requested_at = e.now
  )
  SELECT ${summaryColumns} FROM e`;

/** Sees an execution of the owner that could not be cancelled; another user's is not there. */
const ownStatusSql = `
  SELECT x.id, x.user_id, x.status FROM ${wishRows.sql} JOIN executions x ON x.id = w.id AND ${isOwned}
  WHERE ${looksRare('w.id')}`;

/** An execution that is cancelled, or will be. */
export interface CancelledExecution extends ExecutionSummary {
  /** Number of the latest ring of its bell, which is no longer needed when it has ended. */
  epoch: number;
}

/**
 * Records that the owner wants executions cancelled. Nobody holds it (PENDING, or RUNNING between two attempts):
 * CANCELLED at once. Held by a worker: it stays RUNNING with the wish recorded, and can no longer be COMPLETED.
 * Refused when it has ended, and `missing` when the owner has no such execution.
 */
export async function requestCancel(
  db: Queryable,
  wishes: CancelWish[],
): Promise<Array<Written<CancelledExecution>>> {
  const wanted = wishes.map((wish) => ({ ...wish, logId: newId() }));
  const { rows } = await db.query<SummaryRow>(requestCancelSql, wishRows.parameters(inLockOrder(wanted)));
  const written = new Map(
    rows.map((row) => [keyOf(row.id, row.user_id), { ...toSummary(row), epoch: row.enqueue_epoch }]),
  );
  const refused = wishes.filter((wish) => !written.has(keyOf(wish.id, wish.userId)));
  const actual = refused.length > 0 ? await ownStatuses(db, refused) : new Map<string, ExecutionStatus>();
  return wishes.map(({ id, userId }) => {
    const execution = written.get(keyOf(id, userId));
    return execution
      ? { id, applied: true, execution }
      : { id, applied: false, actual: actual.get(keyOf(id, userId)) ?? 'missing' };
  });
}

async function ownStatuses(db: Queryable, wishes: CancelWish[]): Promise<Map<string, ExecutionStatus>> {
  const { rows } = await db.query<Pick<SummaryRow, 'id' | 'user_id' | 'status'>>(
    ownStatusSql,
    wishRows.parameters(wishes),
  );
  return new Map(rows.map((row) => [keyOf(row.id, row.user_id), row.status]));
}

/** One batch may hold wishes of two users about the same id. */
function keyOf(id: string, userId: string): string {
  return JSON.stringify([id, userId]);
}
