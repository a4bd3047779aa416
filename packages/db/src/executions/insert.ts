import type { Execution, JsonObject, JsonValue, ModelParameters, Priority } from '@formaops/core';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';
import { type ExecutionRow, executionColumns, toExecution } from './execution-row.ts';

export interface NewExecution {
  id: string;
  userId: string;
  promptId: string;
  promptVersion: number;
  inputs: JsonObject;
  context: JsonValue | null;
  priority: Priority;
  model: string;
  parameters: ModelParameters;
  maxAttempts: number;
  timeoutMs: number;
  /** From now; in milliseconds. */
  deadlineMs: number;
}

const insertSql = `
  WITH wanted AS (
    SELECT * FROM json_to_recordset($1::json) AS w(
      id text, "userId" text, "promptId" text, "promptVersion" int, inputs jsonb, context jsonb,
      priority "Priority", model text, parameters jsonb, "maxAttempts" int, "timeoutMs" int, "deadlineMs" bigint,
      "logId" text)
  ), e AS (
    INSERT INTO executions (id, user_id, prompt_id, prompt_version, inputs, context, priority, model, parameters,
      max_attempts, timeout_ms, created_at, deadline_at)
    SELECT w.id, w."userId", w."promptId", w."promptVersion", w.inputs, w.context, w.priority, w.model, w.parameters,
      w."maxAttempts", w."timeoutMs", t.now, t.now + w."deadlineMs" * interval '1 ms'
    FROM wanted w, (SELECT clock_timestamp() AS now) t
    RETURNING *
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT w."logId", e.id, 'INFO', 'Execution accepted',
      jsonb_build_object('priority', e.priority, 'model', e.model, 'promptVersion', e.prompt_version), e.created_at
    FROM e JOIN wanted w USING (id)
  )
  SELECT ${executionColumns} FROM e`;

/**
 * Stores executions as PENDING, each with its first log line, in one statement and one commit.
 *
 * @returns them as stored, in the order of the argument.
 */
export async function insertExecutions(db: Queryable, executions: NewExecution[]): Promise<Execution[]> {
  const wanted = executions.map((execution) => ({ ...execution, logId: newId() }));
  const { rows } = await db.query<ExecutionRow>(insertSql, [JSON.stringify(wanted)]);
  const stored = new Map(rows.map((row) => [row.id, toExecution(row)]));
  return executions.map(({ id }) => {
    const execution = stored.get(id);
    if (!execution) throw new TypeError(`execution ${id} was not stored`);
    return execution;
  });
}
