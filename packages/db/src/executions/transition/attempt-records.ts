import type { JsonObject, LogLevel, ValidationType } from '@formaops/core';
import { newId } from '../../new-id.ts';

/** How an attempt ended, for the ledger. */
export interface AttemptEnding {
  outcome: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'SHUTDOWN';
  errorCode: string | null;
  /** Safe to show. */
  errorMessage: string | null;
  providerRequestId: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  usageIsEstimated: boolean;
  /** US dollars as an unrounded decimal; null when nobody knows. */
  costUsd: string | null;
  latencyMs: number;
}

/** A line of the execution's story, for its owner. */
export interface LogLine {
  level: LogLevel;
  message: string;
  metadata: JsonObject;
  /** How long before the write it happened, in milliseconds of a monotonic clock. */
  agoMs: number;
}

/** What one validation said. */
export interface NewVerdict {
  validationId: string;
  validationName: string;
  type: ValidationType;
  outcome: 'PASSED' | 'FAILED' | 'ERRORED';
  code: string | null;
  errors: unknown[];
  configHash: string;
  durationMs: number;
}

/** The columns of {@link AttemptEnding} in a row set. */
export const endingColumns = {
  outcome: '"AttemptOutcome"',
  errorCode: 'text',
  errorMessage: 'text',
  providerRequestId: 'text',
  inputTokens: 'int',
  outputTokens: 'int',
  usageIsEstimated: 'boolean',
  costUsd: 'numeric',
  latencyMs: 'int',
} as const;

/**
 * Ends the ledger row of each attempt in `source`. Not fenced: what an attempt cost is true whoever holds the lease,
 * and an attempt that was given up as lost keeps that outcome. What it has to say then is not kept: the content of its
 * execution may have been removed meanwhile.
 */
export const endAttempts = (source: string) => `
  UPDATE execution_attempts a SET
    ended_at = coalesce(a.ended_at, clock_timestamp()), outcome = coalesce(a.outcome, s.outcome),
    error_code = coalesce(a.error_code, s."errorCode"), error_message = CASE WHEN a.ended_at IS NULL THEN s."errorMessage" ELSE a.error_message END,
    provider_request_id = s."providerRequestId", input_tokens = s."inputTokens", output_tokens = s."outputTokens",
    usage_is_estimated = s."usageIsEstimated", cost_usd = s."costUsd", latency_ms = s."latencyMs"
  FROM ${source} s WHERE a.execution_id = s.id AND a.token = s.token`;

/** The columns of a log row in a `json_to_recordset` column list. */
export const logColumns = `id text, level "LogLevel", message text, metadata jsonb, "agoMs" double precision`;

/** Gives each an id of its own, in their order. */
export function withIds<Row extends object>(rows: readonly Row[]): Array<Row & { id: string }> {
  return rows.map((row) => ({ ...row, id: newId() }));
}
