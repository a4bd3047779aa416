import type {
  ErrorCode,
  Execution,
  ExecutionStatus,
  ExecutionSummary,
  JsonObject,
  JsonValue,
  ModelParameters,
  Priority,
  TokenUsage,
  ValidationStatus,
} from '@formaops/core';

/** A row of `executions` as `pg` returns it. */
export interface ExecutionRow extends SummaryRow {
  inputs: JsonObject;
  context: JsonValue | null;
  output: string | null;
  validated_output: JsonValue | null;
}

/** As {@link ExecutionRow}, without the columns that can be large. */
export interface SummaryRow {
  id: string;
  user_id: string;
  prompt_id: string;
  prompt_version: number;
  status: ExecutionStatus;
  priority: Priority;
  model: string;
  parameters: ModelParameters;
  validation_status: ValidationStatus;
  token_usage: TokenUsage | null;
  latency_ms: number | null;
  cost_usd: string | null;
  cost_is_complete: boolean;
  error_code: string | null;
  error_message: string | null;
  edge_function_id: string | null;
  attempt: number;
  max_attempts: number;
  charged_attempts: number;
  timeout_ms: number;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  deadline_at: Date;
  run_at: Date | null;
  next_attempt_at: Date | null;
  cancel_requested_at: Date | null;
  rerun_of: string | null;
  redacted_at: Date | null;
  enqueue_epoch: number;
}

/** The columns of {@link SummaryRow}, for a select list; `e` is the table's alias. */
export const summaryColumns = `
  e.id, e.user_id, e.prompt_id, e.prompt_version, e.status, e.priority, e.model, e.parameters, e.validation_status,
  e.token_usage, e.latency_ms, e.cost_usd, e.cost_is_complete, e.error_code, e.error_message, e.edge_function_id,
  e.attempt, e.max_attempts, e.charged_attempts, e.timeout_ms, e.created_at, e.started_at, e.completed_at,
  e.deadline_at, e.run_at, e.next_attempt_at, e.cancel_requested_at, e.rerun_of, e.redacted_at, e.enqueue_epoch`;

/** The columns of {@link ExecutionRow}, for a select list; `e` is the table's alias. */
export const executionColumns = `${summaryColumns}, e.inputs, e.context, e.output, e.validated_output`;

export function toExecution(row: ExecutionRow): Execution {
  const { inputs, context, output, validated_output: validatedOutput } = row;
  return { ...toSummary(row), inputs, context, output, validatedOutput };
}

export function toSummary(row: SummaryRow): ExecutionSummary {
  return {
    id: row.id,
    userId: row.user_id,
    promptId: row.prompt_id,
    promptVersion: row.prompt_version,
    status: row.status,
    priority: row.priority,
    model: row.model,
    parameters: row.parameters,
    validationStatus: row.validation_status,
    tokenUsage: row.token_usage,
    latencyMs: row.latency_ms,
    costUsd: row.cost_usd,
    costIsComplete: row.cost_is_complete,
    error: row.error_code
      ? { code: row.error_code as ErrorCode, message: row.error_message ?? row.error_code }
      : null,
    edgeFunctionId: row.edge_function_id,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    timeoutMs: row.timeout_ms,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    deadlineAt: row.deadline_at,
    runAt: row.run_at,
    nextAttemptAt: row.next_attempt_at,
    cancelRequestedAt: row.cancel_requested_at,
    rerunOf: row.rerun_of,
    redactedAt: row.redacted_at,
  };
}
