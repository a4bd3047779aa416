import { types } from 'node:util';
import type { Execution, JsonObject, JsonValue, ModelParameters, Priority } from '@formaops/core';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';
import { prepared } from '../prepared.ts';
import { rowSet } from '../row-set.ts';
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
  /** From its start at the earliest, which is now or `runAt`; in milliseconds. */
  deadlineMs: number;
  /** When maintenance takes its bell for lost, if nobody has noted it as rung by then; from now, in milliseconds. */
  bellLostMs: number;
  /** Whether it is stored as if its bell had been rung by then: nobody needs to note that later. */
  isTakenForRung?: boolean;
  /** Nobody may start it before. What is past means now, and is not kept. */
  runAt?: Date | undefined;
  /** The execution that it repeats. */
  rerunOf?: string | undefined;
  /** Another execution of the user with this key is taken for the same. */
  idempotency?: { key: string; requestHash: string };
  /** The prompt's current version as far as the caller knows: not stored unless it is so, and published. */
  assumedVersion?: number;
}

/** What became of a new execution. */
export type Inserted =
  | { kind: 'stored'; execution: Execution }
  /** There is one with the same user and idempotency key already. */
  | { kind: 'repeated'; execution: Execution; requestHash: string }
  /** Not stored: the prompt is not what the caller assumed. */
  | { kind: 'stale' }
  /** Not stored now; whether it was before could not be looked up. */
  | { kind: 'unclear'; error: unknown };

type NewRow = Omit<NewExecution, 'idempotency'> & {
  idempotencyKey: string | undefined;
  requestHash: string | undefined;
  logId: string;
};

const newRows = rowSet<NewRow>('w', {
  id: 'text',
  userId: 'text',
  promptId: 'text',
  promptVersion: 'int',
  inputs: 'jsonb',
  context: 'jsonb',
  priority: '"Priority"',
  model: 'text',
  parameters: 'jsonb',
  maxAttempts: 'int',
  timeoutMs: 'int',
  deadlineMs: 'bigint',
  bellLostMs: 'bigint',
  isTakenForRung: 'boolean',
  runAt: 'timestamptz',
  rerunOf: 'text',
  idempotencyKey: 'text',
  requestHash: 'text',
  assumedVersion: 'int',
  logId: 'text',
});

const insertStatement = prepared(
  'insert_executions',
  `
  WITH wanted AS (
    SELECT * FROM ${newRows.sql}
  ), e AS (
    INSERT INTO executions (id, user_id, prompt_id, prompt_version, inputs, context, priority, model, parameters,
      max_attempts, timeout_ms, created_at, run_at, deadline_at, check_at, last_enqueued_at,
      rerun_of, idempotency_key, request_hash)
    SELECT w.id, w."userId", w."promptId", w."promptVersion", w.inputs, w.context, w.priority, w.model, w.parameters,
      w."maxAttempts", w."timeoutMs", t.now, s."runAt", coalesce(s."runAt", t.now) + w."deadlineMs" * interval '1 ms',
      coalesce(s."runAt", t.now + least(w."deadlineMs", w."bellLostMs") * interval '1 ms'),
      CASE WHEN w."isTakenForRung" THEN t.now END, w."rerunOf", w."idempotencyKey", w."requestHash"
    FROM wanted w CROSS JOIN (SELECT clock_timestamp() AS now) t
      CROSS JOIN LATERAL (SELECT CASE WHEN w."runAt" > t.now THEN w."runAt" END AS "runAt") s
      -- By its key: as EXISTS, a plan from when there were few would read all that are published.
      LEFT JOIN LATERAL (SELECT true AS "isAssumed" FROM prompts p WHERE p.id = w."promptId"
        AND p.user_id = w."userId" AND p.version = w."assumedVersion" AND p.status::text = 'PUBLISHED' OFFSET 0) p ON true
    WHERE w."assumedVersion" IS NULL OR p."isAssumed"
    ON CONFLICT (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING id, priority, model, prompt_version, created_at, run_at, deadline_at
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT w."logId", e.id, 'INFO', 'Execution accepted',
      jsonb_build_object('priority', e.priority, 'model', e.model, 'promptVersion', e.prompt_version), e.created_at
    FROM e JOIN wanted w USING (id)
  )
  SELECT id, created_at, run_at, deadline_at FROM e`,
);

/**
 * Stores executions as PENDING, each with its first log line, in one statement and one commit. One whose idempotency key
 * its user has used before is not stored; the earlier one comes back in its place, which costs a second statement.
 *
 * @returns what became of them, in the order of the argument.
 */
export async function insertExecutions(db: Queryable, executions: NewExecution[]): Promise<Inserted[]> {
  const wanted = executions.map(({ idempotency, ...execution }) => ({
    ...execution,
    idempotencyKey: idempotency?.key,
    requestHash: idempotency?.requestHash,
    logId: newId(),
  }));
  const values = newRows.parameters(inKeyOrder(wanted));
  const { rows } = await db.query<StoredRow>({ ...insertStatement, values }).catch((error: unknown) => {
    // The prompt was deleted between the look at it and the row. Of several, nobody knows which; they are written one by one.
    if (executions.length === 1 && isMissingPrompt(error)) return { rows: [] };
    throw error;
  });
  const stored = new Map(rows.map((row) => [row.id, row]));
  return Promise.all(
    executions.map((execution) => {
      const row = stored.get(execution.id);
      return row ? { kind: 'stored', execution: toStored(execution, row) } : whyNotStored(db, execution);
    }),
  );
}

/** Two statements that write the same keys in the same order never wait for each other in a circle. */
function inKeyOrder(rows: NewRow[]): NewRow[] {
  const keyOf = ({ idempotencyKey = '', userId }: NewRow) => `${idempotencyKey}\0${userId}`;
  return rows.toSorted((a, b) => Number(keyOf(a) > keyOf(b)) - Number(keyOf(a) < keyOf(b)));
}

/** Never rejects: the others of the statement are stored, and must hear of it. */
async function whyNotStored(db: Queryable, { userId, idempotency }: NewExecution): Promise<Inserted> {
  try {
    const earlier = idempotency && (await findByIdempotencyKey(db, userId, idempotency.key));
    // Neither stored nor there: its prompt has changed, or its key was forgotten between the two statements.
    return earlier ? { kind: 'repeated', ...earlier } : { kind: 'stale' };
  } catch (error) {
    return { kind: 'unclear', error };
  }
}

function isMissingPrompt(error: unknown): boolean {
  if (!types.isNativeError(error) || !('constraint' in error)) return false;
  return /^executions_prompt_id_(prompt_version_)?fkey$/.test(String(error.constraint));
}

type StoredRow = Pick<ExecutionRow, 'id' | 'created_at' | 'run_at' | 'deadline_at'>;

/** What reading it would give, without reading it: PostgreSQL tells only what it has decided itself. */
function toStored(execution: NewExecution, row: StoredRow): Execution {
  const { id, userId, promptId, promptVersion, priority, model, parameters } = execution;
  return {
    id,
    userId,
    promptId,
    promptVersion,
    status: 'PENDING',
    priority,
    model,
    parameters,
    inputs: execution.inputs,
    context: execution.context,
    output: null,
    validatedOutput: null,
    validationStatus: 'PENDING',
    tokenUsage: null,
    latencyMs: null,
    costUsd: null,
    costIsComplete: true,
    error: null,
    edgeFunctionId: null,
    attempt: 0,
    maxAttempts: execution.maxAttempts,
    timeoutMs: execution.timeoutMs,
    createdAt: row.created_at,
    startedAt: null,
    completedAt: null,
    deadlineAt: row.deadline_at,
    runAt: row.run_at,
    nextAttemptAt: null,
    cancelRequestedAt: null,
    rerunOf: execution.rerunOf ?? null,
    redactedAt: null,
  };
}

/** Finds what was submitted with this key, within the time that keys are kept. */
export async function findByIdempotencyKey(
  db: Queryable,
  userId: string,
  key: string,
): Promise<{ execution: Execution; requestHash: string } | null> {
  const { rows } = await db.query<ExecutionRow & { request_hash: string }>(
    `SELECT ${executionColumns}, e.request_hash FROM executions e WHERE e.user_id = $1 AND e.idempotency_key = $2`,
    [userId, key],
  );
  const [row] = rows;
  return row ? { execution: toExecution(row), requestHash: row.request_hash } : null;
}

/**
 * Forgets keys that were used longer ago than `keptMs` by executions that have ended; a batch at a time.
 *
 * @returns how many; fewer than `limit` when no old ones are left.
 */
export async function forgetIdempotencyKeys(
  db: Queryable,
  { keptMs, limit }: { keptMs: number; limit: number },
): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE executions SET idempotency_key = NULL, request_hash = NULL WHERE id IN (
       SELECT id FROM executions
       WHERE idempotency_key IS NOT NULL AND status IN ('COMPLETED', 'FAILED', 'CANCELLED')
         AND created_at < statement_timestamp() - $1::float8 * interval '1 ms'
       ORDER BY created_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)`,
    [keptMs, limit],
  );
  return rowCount ?? 0;
}
