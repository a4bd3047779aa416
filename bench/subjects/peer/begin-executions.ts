import type { JsonObject, ModelParameters } from '@formaops/core';
import { newId, type Queryable } from '@formaops/db';
import { rowSource } from './row-source.ts';

/** An execution that a worker has begun. */
export interface BegunExecution {
  id: string;
  attempt: number;
  template: string;
  inputs: JsonObject;
  model: string;
  parameters: ModelParameters;
  timeoutMs: number;
}

const source = rowSource({ id: 'text', token: 'text', workerId: 'text', logId: 'text' });

// RUNNING is begun again: the queue brings the job of a worker that died.
const statement = (rows: string) => `
  WITH s AS (${rows}), e AS (
    UPDATE executions x SET status = 'RUNNING', attempt = x.attempt + 1,
      started_at = coalesce(x.started_at, greatest(clock_timestamp(), x.created_at)),
      edge_function_id = s."workerId" || '#' || (x.attempt + 1)
    FROM s WHERE x.id = s.id AND x.status IN ('PENDING', 'RUNNING')
    RETURNING x.id, x.attempt, x.inputs, x.model, x.parameters, x.timeout_ms, x.prompt_id, x.prompt_version,
      s.token, s."workerId", s."logId"
  ), ledger AS (
    INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
    SELECT e.id, e.attempt, e.token, e."workerId", clock_timestamp() FROM e
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT e."logId", e.id, 'INFO', 'Attempt started',
      jsonb_build_object('attempt', e.attempt, 'workerId', e."workerId", 'model', e.model), clock_timestamp() FROM e
  )
  SELECT e.id, e.attempt, e.inputs, e.model, e.parameters, e.timeout_ms AS "timeoutMs", v.template
  FROM e JOIN prompt_versions v ON v.prompt_id = e.prompt_id AND v.version = e.prompt_version`;

const oneSql = statement(source.one);
const manySql = statement(source.many);

const toRow = (workerId: string) => (id: string) => ({ id, token: newId(), workerId, logId: newId() });

/** PENDING → RUNNING, with the attempt and a log line, in one prepared statement. Undefined when it is over already. */
export async function beginExecution(
  db: Queryable,
  workerId: string,
  id: string,
): Promise<BegunExecution | undefined> {
  const values = source.oneValues(toRow(workerId)(id));
  const { rows } = await db.query<BegunExecution>({ name: 'begin-execution', text: oneSql, values });
  return rows[0];
}

/** As {@link beginExecution}, for a batch. Not prepared: a plan that was made for a small table would stay. */
export async function beginExecutions(
  db: Queryable,
  workerId: string,
  ids: string[],
): Promise<BegunExecution[]> {
  const { rows } = await db.query<BegunExecution>(manySql, source.manyValues(ids.map(toRow(workerId))));
  return rows;
}
