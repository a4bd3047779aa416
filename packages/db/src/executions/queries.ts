import type {
  Execution,
  ExecutionStatus,
  ExecutionSummary,
  JsonObject,
  JsonValue,
  LogLevel,
  TerminalStatus,
  ValidationStatus,
  ValidationType,
} from '@formaops/core';
import type { Queryable } from '../pool.ts';
import {
  type ExecutionRow,
  executionColumns,
  type SummaryRow,
  summaryColumns,
  toExecution,
  toSummary,
} from './execution-row.ts';

/** The place in a list, newest first, after which the next page starts. */
export interface ListPosition {
  createdAt: Date;
  id: string;
}

/** An execution in a list, with what its prompt is called now. */
export interface ListedExecution extends ExecutionSummary {
  prompt: { id: string; name: string };
}

export interface ListFilter {
  /** One of these; at least one is given. */
  status?: ExecutionStatus[];
  promptId?: string;
  /** Inclusive. */
  createdFrom?: Date;
  /** Exclusive. */
  createdBefore?: Date;
  /** Those that repeat this execution. */
  rerunOf?: string;
}

/** One attempt, as its owner sees it. */
export interface AttemptView {
  attempt: number;
  workerId: string;
  startedAt: Date;
  endedAt: Date | null;
  outcome: string | null;
  errorCode: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  usageIsEstimated: boolean;
  costUsd: string | null;
  latencyMs: number | null;
}

/** One verdict, as its owner sees it. */
export interface VerdictView {
  validationId: string;
  validationName: string;
  type: ValidationType;
  outcome: string;
  code: string | null;
  errors: unknown[];
  configHash: string;
  durationMs: number;
  createdAt: Date;
}

export interface LogView {
  id: string;
  level: LogLevel;
  message: string;
  metadata: JsonObject | null;
  timestamp: Date;
}

/** A later judgement of the stored output. */
export interface RevalidationView {
  id: string;
  createdAt: Date;
  validationStatus: ValidationStatus;
  verdicts: VerdictView[];
}

/** As {@link RevalidationView}, with what came out: as large as an output. */
export interface Revalidation extends RevalidationView {
  validatedOutput: JsonValue;
}

export interface ExecutionDetails extends Execution {
  attempts: AttemptView[];
  /** Those of the execution itself. */
  verdicts: VerdictView[];
  /** Newest first, at most 20. */
  revalidations: RevalidationView[];
}

const attemptsSql = `
  (SELECT coalesce(json_agg(json_build_object('attempt', a.attempt, 'workerId', a.worker_id,
      'startedAt', a.started_at, 'endedAt', a.ended_at, 'outcome', a.outcome, 'errorCode', a.error_code,
      'inputTokens', a.input_tokens, 'outputTokens', a.output_tokens, 'usageIsEstimated', a.usage_is_estimated,
      'costUsd', a.cost_usd::text, 'latencyMs', a.latency_ms) ORDER BY a.attempt), '[]')
   FROM execution_attempts a WHERE a.execution_id = e.id) AS attempts`;

const verdictJson = `
  json_build_object('validationId', v.validation_id, 'validationName', v.validation_name, 'type', v.type,
    'outcome', v.outcome, 'code', v.code, 'errors', v.errors, 'configHash', v.config_hash,
    'durationMs', v.duration_ms, 'createdAt', v.created_at) ORDER BY v.created_at, v.id`;

const verdictsSql = `
  (SELECT coalesce(json_agg(${verdictJson}), '[]')
   FROM execution_verdicts v WHERE v.execution_id = e.id AND v.revalidation_id IS NULL) AS verdicts`;

const revalidationsSql = `
  (SELECT coalesce(json_agg(json_build_object('id', r.id, 'createdAt', r.created_at,
      'validationStatus', r.validation_status, 'verdicts',
      (SELECT coalesce(json_agg(${verdictJson}), '[]') FROM execution_verdicts v WHERE v.revalidation_id = r.id))
      ORDER BY r.created_at DESC, r.id DESC), '[]')
   FROM execution_revalidations r WHERE r.execution_id = e.id) AS revalidations`;

type DetailsRow = ExecutionRow & Pick<ExecutionDetails, 'attempts' | 'verdicts' | 'revalidations'>;

/**
 * Reads one execution with its attempts and verdicts, in one statement.
 *
 * @param userId whose it must be; null for an operator, who may see every execution.
 * @returns null when there is none, or it is somebody else's.
 */
export async function findExecution(
  db: Queryable,
  userId: string | null,
  id: string,
): Promise<ExecutionDetails | null> {
  const { rows } = await db.query<DetailsRow>(
    `SELECT ${executionColumns}, ${attemptsSql}, ${verdictsSql}, ${revalidationsSql}
     FROM executions e WHERE e.id = $1 AND ($2::text IS NULL OR e.user_id = $2)`,
    [id, userId],
  );
  const row = rows[0];
  if (!row) return null;
  return {
    ...toExecution(row),
    attempts: row.attempts.map(withDates),
    verdicts: row.verdicts.map(withDate),
    revalidations: row.revalidations.map((set) => ({
      ...withDate(set),
      verdicts: set.verdicts.map(withDate),
    })),
  };
}

/** Reads one later judgement. @returns null when there is none, or it is somebody else's. */
export async function findRevalidation(
  db: Queryable,
  userId: string,
  executionId: string,
  id: string,
): Promise<Revalidation | null> {
  const { rows } = await db.query<Revalidation>(
    `SELECT r.id, r.created_at AS "createdAt", r.validation_status AS "validationStatus",
       r.validated_output AS "validatedOutput",
       (SELECT coalesce(json_agg(${verdictJson}), '[]') FROM execution_verdicts v WHERE v.revalidation_id = r.id) AS verdicts
     FROM execution_revalidations r JOIN executions e ON e.id = r.execution_id
     WHERE r.id = $1 AND e.id = $2 AND e.user_id = $3`,
    [id, executionId, userId],
  );
  const row = rows[0];
  return row ? { ...row, verdicts: row.verdicts.map(withDate) } : null;
}

function withDates(attempt: AttemptView): AttemptView {
  const endedAt = attempt.endedAt === null ? null : new Date(attempt.endedAt);
  return { ...attempt, startedAt: new Date(attempt.startedAt), endedAt };
}

function withDate<T extends { createdAt: Date }>(row: T): T {
  return { ...row, createdAt: new Date(row.createdAt) };
}

/** SQL: null for a prompt of somebody else, of whose executions none must be read. */
const ownPrompt = (id: string) => `(SELECT p.id FROM prompts p WHERE p.id = ${id} AND p.user_id = $1)`;

/**
 * Lists a user's executions, newest first by (created_at, id). Served by `idx_executions_user_created`, with a
 * prompt by `idx_executions_prompt_created`, with statuses by `idx_executions_user_status`, with an execution that was repeated
 * by `idx_executions_rerun`. Where two are given, PostgreSQL chooses. The names are looked up for the page alone.
 *
 * @param limit 1 to 100.
 */
export async function listExecutions(
  db: Queryable,
  userId: string,
  filter: ListFilter,
  after: ListPosition | null,
  limit: number,
): Promise<ListedExecution[]> {
  const conditions: string[] = [];
  const parameters: unknown[] = [userId];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  if (filter.promptId) conditions.push(`e.prompt_id = ${ownPrompt(parameter(filter.promptId))}`);
  else conditions.push('e.user_id = $1');
  if (filter.rerunOf) conditions.push(`e.rerun_of = ${parameter(filter.rerunOf)}`);
  if (filter.createdFrom) conditions.push(`e.created_at >= ${parameter(filter.createdFrom)}`);
  if (filter.createdBefore) conditions.push(`e.created_at < ${parameter(filter.createdBefore)}`);
  if (after) {
    const createdAt = parameter(after.createdAt);
    // The first condition alone bounds the scan of the index; the second cuts within one millisecond.
    conditions.push(
      `e.created_at <= ${createdAt}`,
      `(e.created_at, e.id) < (${createdAt}, ${parameter(after.id)})`,
    );
  }
  const order = `ORDER BY e.created_at DESC, e.id DESC LIMIT ${parameter(limit)}`;
  const page = (condition: string) =>
    `(SELECT e.* FROM executions e WHERE ${[...conditions, condition].join(' AND ')} ${order})`;
  // Status by status: asked for several at once, PostgreSQL would read all that the user has of them, or all that is newer.
  const pages = [...new Set(filter.status)].map((status) => page(`e.status = ${parameter(status)}`));
  const source = filter.status ? `(SELECT e.* FROM (${pages.join(' UNION ALL ')}) e ${order})` : page('true');
  const { rows } = await db.query<SummaryRow & { prompt_name: string }>(
    // The owner comes last, where it changes nothing: asked for it within, PostgreSQL would rather read everything of his
    // than the newest of one prompt.
    `SELECT ${summaryColumns}, p.name AS prompt_name FROM ${source} e
     JOIN prompts p ON p.id = e.prompt_id
     WHERE e.user_id = $1 ORDER BY e.created_at DESC, e.id DESC`,
    parameters,
  );
  return rows.map((row) => ({ ...toSummary(row), prompt: { id: row.prompt_id, name: row.prompt_name } }));
}

/** @returns whether the user has such an execution; reads nothing of it. */
export async function hasExecution(db: Queryable, userId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('SELECT 1 FROM executions WHERE id = $1 AND user_id = $2', [
    id,
    userId,
  ]);
  return rowCount === 1;
}

/**
 * Counts a user's executions that wait for their first attempt, up to `limit`; what is beyond costs nothing. Served by
 * `idx_executions_user_status`.
 */
export async function countWaiting(db: Queryable, userId: string, limit: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count
     FROM (SELECT 1 FROM executions WHERE user_id = $1 AND status = 'PENDING' LIMIT $2) w`,
    [userId, limit],
  );
  return rows[0]?.count ?? 0;
}

/** Counts a user's executions that a worker has now, up to `limit`. Served by `idx_executions_leased`. */
export async function countRunning(db: Queryable, userId: string, limit: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count
     FROM (SELECT 1 FROM executions WHERE user_id = $1 AND lease_token IS NOT NULL LIMIT $2) r`,
    [userId, limit],
  );
  return rows[0]?.count ?? 0;
}

/** The story of an execution in the order it happened; at most `limit` lines after the given one. */
export async function listLogs(
  db: Queryable,
  executionId: string,
  after: { timestamp: Date; id: string } | null,
  limit: number,
): Promise<LogView[]> {
  const { rows } = await db.query<LogView>(
    `SELECT id, level, message, metadata, timestamp FROM execution_logs
     WHERE execution_id = $1 AND ($2::timestamptz IS NULL OR (timestamp, id) > ($2, $3))
     ORDER BY timestamp, id LIMIT $4`,
    [executionId, after?.timestamp ?? null, after?.id ?? null, limit],
  );
  return rows;
}

/** @returns which of the executions have ended; for many waiters in one statement. */
export async function findEnded(db: Queryable, ids: string[]): Promise<Map<string, TerminalStatus>> {
  const { rows } = await db.query<{ id: string; status: TerminalStatus }>(
    `SELECT id, status FROM executions WHERE id = ANY($1) AND status IN ('COMPLETED', 'FAILED', 'CANCELLED')`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.status]));
}
