import { newId, type Queryable } from '@formaops/db';
import type { StoredExecution } from './peer-api.ts';
import { rowSource } from './row-source.ts';
import type { SubmitBody } from './submit-body.ts';

const source = rowSource({
  id: 'text',
  logId: 'text',
  userId: 'text',
  promptId: 'text',
  inputs: 'jsonb',
  context: 'jsonb',
  priority: '"Priority"',
  model: 'text',
  parameters: 'jsonb',
  maxAttempts: 'int',
  timeoutMs: 'int',
});

interface StoredRow {
  id: string;
  created_at: Date;
  prompt_version: number;
}

/**
 * Stores an execution with its first log line, in one prepared statement.
 *
 * @param enqueue an SQL expression that queues the execution `e`, where that is SQL; its job commits with the row.
 * @returns null when the user has no such prompt.
 */
export function createStore(db: Queryable, userId: string, enqueue = 'NULL') {
  const text = `
    WITH s AS (${source.one}), e AS (
      INSERT INTO executions
        (id, user_id, prompt_id, prompt_version, inputs, context, priority, model, parameters, max_attempts, timeout_ms,
         created_at)
      SELECT s.id, s."userId", p.id, p.version, s.inputs, s.context, s.priority, s.model, s.parameters, s."maxAttempts",
        s."timeoutMs", clock_timestamp()
      FROM s JOIN prompts p ON p.id = s."promptId" AND p.user_id = s."userId" AND p.status = 'PUBLISHED'
      RETURNING *
    ), logged AS (
      INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
      SELECT s."logId", e.id, 'INFO', 'Execution accepted',
        jsonb_build_object('priority', e.priority, 'model', e.model, 'promptVersion', e.prompt_version), e.created_at
      FROM e JOIN s USING (id)
    )
    SELECT e.id, e.created_at, e.prompt_version, ${enqueue} AS job FROM e`;

  return async (body: SubmitBody, on: Queryable = db): Promise<StoredExecution | null> => {
    const row = { ...body, context: body.context ?? null, id: newId(), logId: newId(), userId };
    const { rows } = await on.query<StoredRow>({
      name: 'store-execution',
      text,
      values: source.oneValues(row),
    });
    const [stored] = rows;
    return stored
      ? { id: stored.id, createdAt: stored.created_at, promptVersion: stored.prompt_version }
      : null;
  };
}
