import type { ExecutionError, JsonValue, TerminalStatus, TokenUsage, ValidationStatus } from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { prepared } from '../../prepared.ts';
import { rowSet } from '../../row-set.ts';
import { hasStatus, looksRare } from '../by-key.ts';
import {
  type AttemptEnding,
  endAttempts,
  endingColumns,
  type LogLine,
  logColumns,
  type NewVerdict,
  withIds,
} from './attempt-records.ts';
import { costIsComplete, costTooLargeLine, roundedCost, spentUsd } from './cost.ts';
import { inLockOrder } from './lock-order.ts';
import { pairByToken, type Written } from './written.ts';

/** The end of an execution, by the worker that holds its lease. */
export interface Settlement {
  id: string;
  token: string;
  status: TerminalStatus;
  output: string | null;
  validatedOutput: JsonValue | undefined;
  validationStatus: Exclude<ValidationStatus, 'PENDING'>;
  tokenUsage: TokenUsage | null;
  /** Exactly when the status is FAILED. */
  error: ExecutionError | null;
  ending: AttemptEnding;
  logs: LogLine[];
  verdicts: NewVerdict[];
}

interface SettlementRow
  extends Pick<
      Settlement,
      'id' | 'token' | 'status' | 'output' | 'validatedOutput' | 'validationStatus' | 'tokenUsage'
    >,
    AttemptEnding {
  costLogId: string;
  finalLogId: string;
  logs: unknown[];
  verdicts: unknown[] | null;
}

const settlementRows = rowSet<SettlementRow>('s', {
  id: 'text',
  token: 'text',
  status: '"ExecutionStatus"',
  output: 'text',
  validatedOutput: 'jsonb',
  validationStatus: '"ValidationStatus"',
  tokenUsage: 'jsonb',
  costLogId: 'text',
  finalLogId: 'text',
  logs: 'json',
  verdicts: 'json',
  ...endingColumns,
});

/** What an execution has become. */
export interface Settled {
  status: TerminalStatus;
}

// A recorded wish to cancel beats every other end.
const finalStatus = `(CASE WHEN x.cancel_requested_at IS NULL THEN s.status ELSE 'CANCELLED' END)`;

const settleStatement = prepared(
  'settle',
  `
  WITH s AS (
    SELECT * FROM ${settlementRows.sql} WHERE ${looksRare('s.id')}
  ), ended AS (${endAttempts('s')}
  ), e AS (
    UPDATE executions x SET
      status = ${finalStatus}, completed_at = greatest(clock_timestamp(), x.started_at), output = s.output,
      validated_output = CASE WHEN ${finalStatus} = 'COMPLETED' THEN s."validatedOutput" END,
      validation_status = CASE WHEN ${finalStatus} = 'COMPLETED' THEN s."validationStatus" ELSE 'SKIPPED' END,
      token_usage = s."tokenUsage", latency_ms = greatest(1, s."latencyMs"),
      spent_usd = ${spentUsd}, cost_usd = ${roundedCost(spentUsd)}, cost_is_complete = ${costIsComplete},
      error_code = CASE WHEN ${finalStatus} = 'FAILED' THEN s."errorCode" END,
      error_message = CASE WHEN ${finalStatus} = 'FAILED' THEN s."errorMessage" END,
      charged_attempts = x.charged_attempts + (${finalStatus} = 'FAILED')::int,
      finished_token = x.lease_token, lease_token = NULL, lease_expires_at = NULL
    FROM s WHERE x.id = s.id AND ${hasStatus('x', 'RUNNING')} AND x.lease_token = s.token
    RETURNING x.id, x.status, x.completed_at, x.attempt, x.validation_status, x.latency_ms, x.spent_usd, x.cost_usd,
      x.error_code, x.finished_token, s."costUsd", s."costLogId", s."finalLogId", s.logs, s.verdicts
  ), verdicts AS (
    INSERT INTO execution_verdicts
      (id, execution_id, validation_id, validation_name, type, outcome, code, errors, config_hash, duration_ms)
    SELECT v.id, e.id, v."validationId", v."validationName", v.type, v.outcome, v.code, v.errors, v."configHash",
      v."durationMs"
    FROM e CROSS JOIN json_to_recordset(e.verdicts) AS v(id text, "validationId" text, "validationName" text,
      type "ValidationType", outcome "VerdictOutcome", code text, errors jsonb, "configHash" text,
      "durationMs" double precision)
    WHERE e.status = 'COMPLETED'
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT l.id, e.id, l.level, l.message, l.metadata, e.completed_at - l."agoMs" * interval '1 ms'
      FROM e CROSS JOIN json_to_recordset(e.logs) AS l(${logColumns})
    UNION ALL ${costTooLargeLine('e.completed_at')}
    UNION ALL
    SELECT e."finalLogId", e.id, CASE e.status WHEN 'FAILED' THEN 'ERROR'::"LogLevel" ELSE 'INFO' END,
      'Execution ' || lower(e.status::text),
      jsonb_strip_nulls(jsonb_build_object('attempt', e.attempt, 'validationStatus', e.validation_status,
        'latencyMs', e.latency_ms, 'costUsd', e.cost_usd::text, 'errorCode', e.error_code)), e.completed_at
      FROM e
  )
  SELECT e.finished_token AS token, e.status FROM e`,
);

const settledSql = `
  SELECT s.token, e.status
  FROM unnest($1::text[], $2::text[]) AS s(id, token) JOIN executions e ON e.id = s.id AND e.finished_token = s.token
  WHERE ${looksRare('s.id')}`;

/**
 * RUNNING → COMPLETED, FAILED or CANCELLED, by the holder of the lease. Writes the result, the verdicts, the log lines
 * and the ledger in one statement. Where the owner's wish to cancel was recorded meanwhile, the execution becomes
 * CANCELLED, and what was spent is kept. A lost lease is refused; its attempt's cost still reaches the ledger.
 *
 * May be repeated when the connection broke before the answer came: what the same token wrote before counts as applied.
 */
export async function settle(db: Queryable, settlements: Settlement[]): Promise<Array<Written<Settled>>> {
  // Ids tell lines of one millisecond apart, so they are made in the order of the story.
  const rows = settlements.map(({ ending, logs, verdicts, error, ...rest }) => ({
    ...rest,
    logs: withIds(logs),
    verdicts: verdicts.length > 0 ? withIds(verdicts) : null,
    ...ending,
    errorCode: error?.code ?? ending.errorCode,
    errorMessage: error?.message ?? ending.errorMessage,
    costLogId: newId(),
    finalLogId: newId(),
  }));
  return pairByToken(db, settlements, {
    written: await query(db, settleStatement, settlementRows.parameters(inLockOrder(rows))),
    writtenBefore: (refused) =>
      query(db, { text: settledSql }, [refused.map(({ id }) => id), refused.map(({ token }) => token)]),
  });
}

async function query(
  db: Queryable,
  statement: { text: string },
  values: unknown[],
): Promise<Map<string, Settled>> {
  const { rows } = await db.query<Settled & { token: string }>({ ...statement, values });
  return new Map(rows.map(({ token, status }) => [token, { status }]));
}
