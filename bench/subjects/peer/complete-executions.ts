import { newId, type Queryable } from '@formaops/db';
import type { Answer } from './call-model.ts';
import { rowSource } from './row-source.ts';

const source = rowSource({
  id: 'text',
  attempt: 'int',
  output: 'text',
  tokenUsage: 'jsonb',
  inputTokens: 'int',
  outputTokens: 'int',
  latencyMs: 'int',
  costUsd: 'numeric',
  providerRequestId: 'text',
  answeredLogId: 'text',
  judgedLogId: 'text',
  endedLogId: 'text',
});

const statement = (rows: string) => `
  WITH s AS (${rows}), ended AS (
    UPDATE execution_attempts a SET ended_at = clock_timestamp(), outcome = 'SUCCEEDED',
      provider_request_id = s."providerRequestId", input_tokens = s."inputTokens", output_tokens = s."outputTokens",
      cost_usd = s."costUsd", latency_ms = s."latencyMs"
    FROM s WHERE a.execution_id = s.id AND a.attempt = s.attempt
  ), e AS (
    UPDATE executions x SET status = 'COMPLETED', completed_at = greatest(clock_timestamp(), x.started_at),
      output = s.output, validation_status = 'SKIPPED', token_usage = s."tokenUsage", latency_ms = s."latencyMs",
      spent_usd = s."costUsd", cost_usd = round(s."costUsd", 6)
    FROM s WHERE x.id = s.id AND x.status = 'RUNNING' AND x.attempt = s.attempt
    RETURNING x.cost_usd, x.completed_at, s.*
  )
  INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
  SELECT l.id, e.id, 'INFO', l.message, l.metadata, e.completed_at FROM e CROSS JOIN LATERAL (VALUES
    (e."answeredLogId", 'Model answered', jsonb_build_object('latencyMs', e."latencyMs", 'inputTokens', e."inputTokens",
      'outputTokens', e."outputTokens", 'usageIsEstimated', false, 'finishReason', 'stop')),
    (e."judgedLogId", 'Output judged', jsonb_build_object('validationStatus', 'SKIPPED', 'validations', 0)),
    (e."endedLogId", 'Execution completed', jsonb_build_object('attempt', e.attempt, 'validationStatus', 'SKIPPED',
      'latencyMs', e."latencyMs", 'costUsd', e.cost_usd::text))
  ) AS l(id, message, metadata)`;

const oneSql = statement(source.one);
const manySql = statement(source.many);

const toRow = (answer: Answer) => ({
  ...answer,
  answeredLogId: newId(),
  judgedLogId: newId(),
  endedLogId: newId(),
});

/** RUNNING → COMPLETED, with the attempt's end and its log lines, in one prepared statement. */
export async function completeExecution(db: Queryable, answer: Answer): Promise<void> {
  await db.query({ name: 'complete-execution', text: oneSql, values: source.oneValues(toRow(answer)) });
}

/** As {@link completeExecution}, for a batch. */
export async function completeExecutions(db: Queryable, answers: Answer[]): Promise<void> {
  await db.query(manySql, source.manyValues(answers.map(toRow)));
}
