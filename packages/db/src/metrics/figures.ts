import type { ExecutionStatus, ValidationStatus } from '@formaops/core';

/** What a dashboard shows of some executions. */
export interface Figures {
  count: number;
  countByStatus: Record<ExecutionStatus, number>;
  countByValidationStatus: Record<ValidationStatus, number>;
  /** Of those that were judged, the part that passed: 0 to 1; null where none was judged. */
  validationPassRate: number | null;
  /** Of those that an attempt settled, in milliseconds; percentiles are times that occurred (nearest rank). */
  latencyMs: { average: number | null; p50: number | null; p95: number | null };
  /** US dollars as decimals: the exact sum, and the average of those whose cost is known, rounded to 12 places. */
  costUsd: { sum: string; average: string | null };
  /** Whether every attempt's cost is known exactly. */
  costIsComplete: boolean;
  /** As the providers counted them, of the attempts that settled. */
  tokens: { input: number; output: number; total: number };
}

/** Adds up facts; `f` is their alias. */
export const endedAggregates = `
  count(*) AS ended,
  count(*) FILTER (WHERE f.status = 'COMPLETED') AS completed,
  count(*) FILTER (WHERE f.status = 'FAILED') AS failed,
  count(*) FILTER (WHERE f.validation_status = 'PASSED') AS passed,
  count(*) FILTER (WHERE f.validation_status = 'FAILED') AS refused,
  count(*) FILTER (WHERE f.validation_status = 'SKIPPED') AS skipped,
  avg(f.latency_ms) AS latency_average,
  percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY f.latency_ms) AS latency_percentiles,
  sum(f.cost_usd) AS cost_sum, avg(f.cost_usd) AS cost_average, bool_and(f.cost_is_complete) AS cost_is_complete,
  sum(f.input_tokens) AS input_tokens, sum(f.output_tokens) AS output_tokens, sum(f.total_tokens) AS total_tokens`;

/** Counts executions that have not ended; `e` is their alias. */
export const openAggregates = `
  count(*) FILTER (WHERE e.status = 'PENDING') AS pending,
  count(*) FILTER (WHERE e.status = 'RUNNING') AS running,
  bool_and(e.cost_is_complete) AS cost_is_complete`;

/** The columns of a {@link FiguresRow}: `d` has the aggregates of what ended and `o` of what did not, each or nothing. */
export const figuresColumns = `
  coalesce(o.pending, 0)::int AS pending, coalesce(o.running, 0)::int AS running,
  coalesce(d.ended, 0)::int AS ended, coalesce(d.completed, 0)::int AS completed, coalesce(d.failed, 0)::int AS failed,
  coalesce(d.passed, 0)::int AS passed, coalesce(d.refused, 0)::int AS refused, coalesce(d.skipped, 0)::int AS skipped,
  d.latency_average::float8 AS "latencyAverage",
  d.latency_percentiles[1] AS "latencyP50", d.latency_percentiles[2] AS "latencyP95",
  coalesce(d.cost_sum, 0.000000)::text AS "costSum", round(d.cost_average, 12)::text AS "costAverage",
  coalesce(d.cost_is_complete, true) AND coalesce(o.cost_is_complete, true) AS "costIsComplete",
  coalesce(d.input_tokens, 0)::float8 AS "inputTokens", coalesce(d.output_tokens, 0)::float8 AS "outputTokens",
  coalesce(d.total_tokens, 0)::float8 AS "totalTokens"`;

/** What {@link figuresColumns} select. */
export interface FiguresRow {
  pending: number;
  running: number;
  ended: number;
  completed: number;
  failed: number;
  passed: number;
  refused: number;
  skipped: number;
  latencyAverage: number | null;
  latencyP50: number | null;
  latencyP95: number | null;
  costSum: string;
  costAverage: string | null;
  costIsComplete: boolean;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
}

export function toFigures(row: FiguresRow): Figures {
  const { pending, running, ended, completed, failed, passed, refused, skipped } = row;
  const count = pending + running + ended;
  const judged = passed + refused;
  return {
    count,
    countByStatus: {
      PENDING: pending,
      RUNNING: running,
      COMPLETED: completed,
      FAILED: failed,
      CANCELLED: ended - completed - failed,
    },
    countByValidationStatus: {
      PENDING: count - judged - skipped,
      PASSED: passed,
      FAILED: refused,
      SKIPPED: skipped,
    },
    validationPassRate: judged > 0 ? passed / judged : null,
    latencyMs: { average: row.latencyAverage, p50: row.latencyP50, p95: row.latencyP95 },
    costUsd: { sum: row.costSum, average: row.costAverage },
    costIsComplete: row.costIsComplete,
    tokens: { input: row.inputTokens, output: row.outputTokens, total: row.totalTokens },
  };
}
