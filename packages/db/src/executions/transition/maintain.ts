import type { ExecutionStatus, Priority } from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';

import { roundedCost } from './cost.ts';

/** What maintenance did to an execution: ended it, or made it due again. */
export interface Maintained {
  id: string;
  status: ExecutionStatus;
  priority: Priority;
  createdAt: Date;
  /** Number of the next ring of its bell. */
  epoch: number;
}

interface MaintainedRow {
  id: string;
  status: ExecutionStatus;
  priority: Priority;
  created_at: Date;
  enqueue_epoch: number;
}

/** An execution may lose this many workers; the next loss ends it. */
export const maxCrashAttempts = 3;

const finalLines = `
    SELECT e.id, CASE e.status WHEN 'FAILED' THEN 'ERROR'::"LogLevel" ELSE 'INFO' END,
      'Execution ' || lower(e.status::text), jsonb_strip_nulls(jsonb_build_object('errorCode', e.error_code)),
      e.completed_at, true
    FROM e WHERE e.status IN ('FAILED', 'CANCELLED')`;

/** Ids tell lines of one millisecond apart, so the final lines get the last ones of `$2`. */
const insertLines = (lines: string) => `
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT ($2::text[])[row_number() OVER (ORDER BY l.is_final)], l.id, l.level, l.message, l.metadata, l.timestamp
    FROM (${lines}) l (id, level, message, metadata, timestamp, is_final)`;

const ends = `(d.cancelled OR d.crashed OR d.late)`;

const rescueSql = `
  WITH d AS (
    SELECT id, lease_token AS token, clock_timestamp()::timestamptz(3) AS now,
      cancel_requested_at IS NOT NULL AS cancelled, crash_attempts >= ${maxCrashAttempts} AS crashed,
      deadline_at <= clock_timestamp() AS late
    FROM executions WHERE status = 'RUNNING' AND lease_expires_at < clock_timestamp()
    ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
  ), e AS (
    UPDATE executions x SET
      status = CASE WHEN d.cancelled THEN 'CANCELLED' WHEN d.crashed OR d.late THEN 'FAILED' ELSE x.status END,
      error_code = CASE WHEN d.cancelled THEN NULL WHEN d.crashed THEN 'WORKER_CRASHED'
        WHEN d.late THEN 'DEADLINE_EXCEEDED' END,
      completed_at = CASE WHEN ${ends} THEN greatest(d.now, x.started_at) END,
      validation_status = CASE WHEN ${ends} THEN 'SKIPPED' ELSE x.validation_status END,
      cost_usd = CASE WHEN ${ends} THEN ${roundedCost('x.spent_usd')} END, cost_is_complete = false,
      crash_attempts = x.crash_attempts + 1, lease_token = NULL, lease_expires_at = NULL,
      next_attempt_at = CASE WHEN NOT ${ends} THEN d.now END,
      enqueue_epoch = x.enqueue_epoch + 1, last_enqueued_at = d.now
    FROM d WHERE x.id = d.id
    RETURNING x.*, d.token, d.now
  ), ended AS (
    UPDATE execution_attempts a SET ended_at = e.now, outcome = 'LOST', error_code = 'WORKER_LOST'
    FROM e WHERE a.execution_id = e.id AND a.token = e.token
  ), logged AS (${insertLines(`
    SELECT e.id, 'WARN'::"LogLevel", 'Worker lost', jsonb_build_object('attempt', e.attempt), e.now, false FROM e
    UNION ALL ${finalLines}`)}
  )
  SELECT id, status, priority, created_at, enqueue_epoch FROM e`;

/**
 * Takes back executions whose worker let its lease run out: due again at once, or ended — CANCELLED when that was
 * wished, FAILED `WORKER_CRASHED` after {@link maxCrashAttempts} lost workers, FAILED `DEADLINE_EXCEEDED` when too late.
 */
export async function rescue(db: Queryable, { limit }: { limit: number }): Promise<Maintained[]> {
  return maintained(db, rescueSql, [limit, newIds(2 * limit)]);
}

const expireSql = `
  WITH d AS (
    SELECT id, clock_timestamp()::timestamptz(3) AS now FROM executions
    WHERE status IN ('PENDING', 'RUNNING') AND lease_token IS NULL AND deadline_at <= clock_timestamp()
    ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
  ), e AS (
    UPDATE executions x SET
      status = 'FAILED', error_code = 'DEADLINE_EXCEEDED', started_at = coalesce(x.started_at, d.now),
      completed_at = greatest(d.now, x.started_at), validation_status = 'SKIPPED',
      cost_usd = ${roundedCost('x.spent_usd')}, next_attempt_at = NULL
    FROM d WHERE x.id = d.id
    RETURNING x.*
  ), logged AS (${insertLines(finalLines)}
  )
  SELECT id, status, priority, created_at, enqueue_epoch FROM e`;

/** Ends as FAILED `DEADLINE_EXCEEDED` what nobody holds and whose deadline has passed. */
export async function expire(db: Queryable, { limit }: { limit: number }): Promise<Maintained[]> {
  return maintained(db, expireSql, [limit, newIds(limit)]);
}

export interface BellTimes {
  limit: number;
  /** A new execution whose bell is not known to have rung is rung for after this many milliseconds. */
  unrungMs: number;
  /** One that was rung for and still waits is rung for again after this many; doubles each time, at most tenfold. */
  reringMs: number;
  /** A repeated attempt that is overdue by this many is rung for. */
  overdueMs: number;
}

const dueBellsSql = `
  WITH d AS (
    SELECT id FROM executions
    WHERE status = 'PENDING' AND coalesce(
        last_enqueued_at + least(10, 2 ^ least(4, greatest(0, enqueue_epoch - 1))) * $3::float8 * interval '1 ms',
        created_at + $2::float8 * interval '1 ms') < clock_timestamp()
      OR status = 'RUNNING' AND lease_token IS NULL
        AND greatest(next_attempt_at, last_enqueued_at) < clock_timestamp() - $4::float8 * interval '1 ms'
    ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  UPDATE executions x SET enqueue_epoch = x.enqueue_epoch + 1, last_enqueued_at = clock_timestamp()
  FROM d WHERE x.id = d.id
  RETURNING x.id, x.status, x.priority, x.created_at, x.enqueue_epoch`;

/** Finds executions that are due and whose bell may be lost, and notes that it is rung again. */
export async function takeDueBells(db: Queryable, times: BellTimes): Promise<Maintained[]> {
  return maintained(db, dueBellsSql, [times.limit, times.unrungMs, times.reringMs, times.overdueMs]);
}

/** Notes which new executions were rung for; those that run already need no note. */
export async function noteRung(db: Queryable, ids: string[]): Promise<void> {
  await db.query(
    `UPDATE executions SET last_enqueued_at = clock_timestamp()
     WHERE id = ANY($1) AND status = 'PENDING' AND last_enqueued_at IS NULL`,
    [ids],
  );
}

async function maintained(db: Queryable, sql: string, parameters: unknown[]): Promise<Maintained[]> {
  const { rows } = await db.query<MaintainedRow>(sql, parameters);
  return rows.map((row) => ({
    id: row.id,
    status: row.status,
    priority: row.priority,
    createdAt: row.created_at,
    epoch: row.enqueue_epoch,
  }));
}

function newIds(count: number): string[] {
  return Array.from({ length: count }, newId);
}
