import type { ExecutionSummary } from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { type SummaryRow, summaryColumns, toSummary } from '../execution-row.ts';
import {
  type AttemptEnding,
  endAttempts,
  endingColumns,
  type LogLine,
  logColumns,
  logRows,
} from './attempt-records.ts';
import { costIsComplete, costTooLargeLine, spentUsd } from './cost.ts';
import { inLockOrder } from './lock-order.ts';
import { pairByToken, type Written } from './written.ts';

/** An attempt that ended while its execution goes on. */
export interface HandBack {
  id: string;
  token: string;
  /** Whether the attempt counts against `maxAttempts`; our own shutdown does not. */
  charged: boolean;
  /** When the next attempt may start, in milliseconds from now. */
  delayMs: number;
  /** When its bell is taken for lost after that, in milliseconds. */
  bellLostMs: number;
  ending: AttemptEnding;
  logs: LogLine[];
}

const handBackSql = `
  WITH s AS (
    SELECT * FROM json_to_recordset($1::json) AS s(
      id text, token text, charged boolean, "delayMs" double precision, "bellLostMs" double precision, "costLogId" text,
      ${endingColumns})
  ), ended AS (${endAttempts('s')}
  ), e AS (
    UPDATE executions x SET
      lease_token = NULL, lease_expires_at = NULL,
      next_attempt_at = clock_timestamp() + s."delayMs" * interval '1 ms',
      check_at = least(x.deadline_at, clock_timestamp() + (s."delayMs" + s."bellLostMs") * interval '1 ms'),
      charged_attempts = x.charged_attempts + s.charged::int,
      spent_usd = ${spentUsd}, cost_is_complete = ${costIsComplete}
    FROM s WHERE x.id = s.id AND x.status = 'RUNNING' AND x.lease_token = s.token AND x.cancel_requested_at IS NULL
    RETURNING x.*, s.token, s."costUsd", s."costLogId", clock_timestamp() AS now
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT l.id, e.id, l.level, l.message, l.metadata, e.now - l."agoMs" * interval '1 ms'
      FROM json_to_recordset($2::json) AS l(${logColumns}) JOIN e ON e.token = l.token
    UNION ALL ${costTooLargeLine('e.now')}
  )
  SELECT ${summaryColumns}, e.token FROM e
  UNION ALL
  SELECT ${summaryColumns}, s.token FROM s JOIN executions e ON e.id = s.id AND e.status = 'RUNNING' AND e.lease_token IS NULL
    JOIN execution_attempts a ON a.execution_id = e.id AND a.attempt = e.attempt AND a.token = s.token
      AND a.outcome = s.outcome`;

/**
 * RUNNING with a lease → RUNNING without one, until the next attempt is due: after a failure that another attempt may
 * mend (charged), or because the worker stops (not charged). Refused when the lease is lost, and when the owner wants
 * the execution cancelled: settle it then.
 *
 * May be repeated when the connection broke before the answer came: what the same token gave back before counts as applied.
 */
export async function handBack(
  db: Queryable,
  handBacks: HandBack[],
): Promise<Array<Written<ExecutionSummary>>> {
  const logs = logRows(handBacks);
  const rowsToWrite = handBacks.map(({ ending, logs: _logs, ...rest }) => ({
    ...rest,
    ...ending,
    costLogId: newId(),
  }));
  const { rows } = await db.query<SummaryRow & { token: string }>(handBackSql, [
    inLockOrder(rowsToWrite),
    logs,
  ]);
  return pairByToken(db, handBacks, new Map(rows.map((row) => [row.token, toSummary(row)])));
}
