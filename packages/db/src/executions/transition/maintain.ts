import { maxCrashAttempts } from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { roundedCost } from './cost.ts';
import { type Maintained, type MaintainedRow, maintainedColumns, toMaintained } from './maintained.ts';

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
    FROM executions WHERE lease_token IS NOT NULL AND lease_expires_at < statement_timestamp()
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
      check_at = least(x.deadline_at, d.now + $3::float8 * interval '1 ms'),
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
  SELECT ${maintainedColumns} FROM e x`;

/**
 * Takes back executions whose worker let its lease run out: due again at once, or ended — CANCELLED when that was
 * wished, FAILED `WORKER_CRASHED` after {@link maxCrashAttempts} lost workers, FAILED `DEADLINE_EXCEEDED` when too late.
 */
export async function rescue(
  db: Queryable,
  { limit, bellLostMs = 5_000 }: { limit: number; bellLostMs?: number },
): Promise<Maintained[]> {
  return maintained(db, rescueSql, [limit, newIds(2 * limit), bellLostMs]);
}

const expireSql = `
  WITH d AS (
    SELECT id, clock_timestamp()::timestamptz(3) AS now FROM executions
    WHERE lease_token IS NULL AND status IN ('PENDING', 'RUNNING')
      AND check_at <= statement_timestamp() AND deadline_at <= statement_timestamp()
    ORDER BY check_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
  ), e AS (
    UPDATE executions x SET
      status = 'FAILED', error_code = 'DEADLINE_EXCEEDED', started_at = coalesce(x.started_at, d.now),
      completed_at = greatest(d.now, x.started_at), validation_status = 'SKIPPED',
      cost_usd = ${roundedCost('x.spent_usd')}, next_attempt_at = NULL, parked_rank = NULL
    FROM d WHERE x.id = d.id
    RETURNING x.*
  ), logged AS (${insertLines(finalLines)}
  )
  SELECT ${maintainedColumns} FROM e x`;

/** Ends as FAILED `DEADLINE_EXCEEDED` what nobody holds and whose deadline has passed. */
export async function expire(db: Queryable, { limit }: { limit: number }): Promise<Maintained[]> {
  return maintained(db, expireSql, [limit, newIds(limit)]);
}

async function maintained(db: Queryable, sql: string, parameters: unknown[]): Promise<Maintained[]> {
  const { rows } = await db.query<MaintainedRow>(sql, parameters);
  return rows.map(toMaintained);
}

function newIds(count: number): string[] {
  return Array.from({ length: count }, newId);
}
