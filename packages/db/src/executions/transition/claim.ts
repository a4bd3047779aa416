import type { Execution } from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { type ExecutionRow, executionColumns, toExecution } from '../execution-row.ts';
import { inLockOrder } from './lock-order.ts';
import { maxCrashAttempts } from './maintain.ts';
import { pairByToken, type Written } from './written.ts';

export interface Claim {
  id: string;
  /** Unique for this attempt; every later write of the attempt must show it. */
  token: string;
  workerId: string;
  leaseMs: number;
}

/** An execution that this worker may run now. */
export interface ClaimedExecution extends Execution {
  token: string;
  /** The template of the pinned prompt version. */
  template: string;
  /** Attempts charged so far, without this one. */
  chargedAttempts: number;
}

const claimSql = `
  WITH wanted AS (
    SELECT * FROM json_to_recordset($1::json)
      AS w(id text, token text, "workerId" text, "leaseMs" bigint, "logId" text)
  ), e AS (
    UPDATE executions x SET
      status = 'RUNNING', started_at = coalesce(x.started_at, clock_timestamp()), attempt = x.attempt + 1,
      lease_token = w.token, lease_expires_at = clock_timestamp() + w."leaseMs" * interval '1 ms',
      next_attempt_at = NULL, edge_function_id = w."workerId" || '#' || (x.attempt + 1)
    FROM wanted w
    WHERE x.id = w.id
      AND (x.status = 'PENDING' OR (x.status = 'RUNNING' AND x.lease_token IS NULL
        AND (x.next_attempt_at IS NULL OR x.next_attempt_at <= clock_timestamp())))
      AND x.cancel_requested_at IS NULL AND x.deadline_at > clock_timestamp()
      AND x.charged_attempts < x.max_attempts AND x.crash_attempts <= ${maxCrashAttempts}
    RETURNING x.*, w."workerId", w."logId"
  ), ledger AS (
    INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
    SELECT e.id, e.attempt, e.lease_token, e."workerId", clock_timestamp() FROM e
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT e."logId", e.id, 'INFO', 'Attempt started',
      jsonb_build_object('attempt', e.attempt, 'workerId', e."workerId", 'model', e.model), clock_timestamp() FROM e
  )
  SELECT ${executionColumns}, e.lease_token, v.template
  FROM e JOIN prompt_versions v ON v.prompt_id = e.prompt_id AND v.version = e.prompt_version`;

/**
 * PENDING, or RUNNING without a lease and due → RUNNING with a lease. Writes the attempt into the ledger before
 * anybody can call the model. Refused while somebody holds the lease, before the next attempt is due, after a wish to
 * cancel, after the deadline, and when the attempts are used up.
 */
export async function claim(db: Queryable, claims: Claim[]): Promise<Array<Written<ClaimedExecution>>> {
  const wanted = claims.map((one) => ({ ...one, logId: newId() }));
  const { rows } = await db.query<ExecutionRow & { lease_token: string; template: string }>(claimSql, [
    inLockOrder(wanted),
  ]);
  const claimed = new Map(
    rows.map((row) => [
      row.lease_token,
      {
        ...toExecution(row),
        token: row.lease_token,
        template: row.template,
        chargedAttempts: row.charged_attempts,
      },
    ]),
  );
  return pairByToken(db, claims, claimed);
}
