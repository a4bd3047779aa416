import type pg from 'pg';
import type { Figures } from './figures.ts';

/** The figures as one would write them down for a look at the table, without facts. */
const handWritten = `
  count(*)::int AS count,
  count(*) FILTER (WHERE status = 'PENDING')::int AS pending, count(*) FILTER (WHERE status = 'RUNNING')::int AS running,
  count(*) FILTER (WHERE status = 'COMPLETED')::int AS completed, count(*) FILTER (WHERE status = 'FAILED')::int AS failed,
  count(*) FILTER (WHERE status = 'CANCELLED')::int AS cancelled,
  count(*) FILTER (WHERE validation_status = 'PENDING')::int AS unjudged,
  count(*) FILTER (WHERE validation_status = 'PASSED')::int AS passed,
  count(*) FILTER (WHERE validation_status = 'FAILED')::int AS refused,
  count(*) FILTER (WHERE validation_status = 'SKIPPED')::int AS skipped,
  avg(latency_ms)::float8 AS average,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_ms) AS p50,
  percentile_disc(0.95) WITHIN GROUP (ORDER BY latency_ms) AS p95,
  coalesce(sum(cost_usd), 0.000000)::text AS cost, round(avg(cost_usd), 12)::text AS cost_average,
  coalesce(bool_and(cost_is_complete), true) AS complete,
  coalesce(sum((token_usage->>'input')::int), 0)::int AS input,
  coalesce(sum((token_usage->>'output')::int), 0)::int AS output,
  coalesce(sum((token_usage->>'total')::int), 0)::int AS total`;

/**
 * Adds up executions by hand.
 *
 * @param where of `executions`; `$1` and the following are `parameters`.
 * @param by an expression whose values make groups.
 * @returns the figures of each group.
 */
export async function addUp(
  db: pg.Pool,
  where: string,
  parameters: unknown[],
  by = `'all'`,
): Promise<Map<string, Figures>> {
  const { rows } = await db.query(
    `SELECT (${by})::text AS name, ${handWritten} FROM executions WHERE ${where} GROUP BY 1`,
    parameters,
  );
  return new Map(
    rows.map((row) => [
      row.name,
      {
        count: row.count,
        countByStatus: {
          PENDING: row.pending,
          RUNNING: row.running,
          COMPLETED: row.completed,
          FAILED: row.failed,
          CANCELLED: row.cancelled,
        },
        countByValidationStatus: {
          PENDING: row.unjudged,
          PASSED: row.passed,
          FAILED: row.refused,
          SKIPPED: row.skipped,
        },
        validationPassRate: row.passed + row.refused > 0 ? row.passed / (row.passed + row.refused) : null,
        latencyMs: { average: row.average, p50: row.p50, p95: row.p95 },
        costUsd: { sum: row.cost, average: row.cost_average },
        costIsComplete: row.complete,
        tokens: { input: row.input, output: row.output, total: row.total },
      },
    ]),
  );
}

/** The figures of nothing. */
export const zeros: Figures = {
  count: 0,
  countByStatus: { PENDING: 0, RUNNING: 0, COMPLETED: 0, FAILED: 0, CANCELLED: 0 },
  countByValidationStatus: { PENDING: 0, PASSED: 0, FAILED: 0, SKIPPED: 0 },
  validationPassRate: null,
  latencyMs: { average: null, p50: null, p95: null },
  costUsd: { sum: '0.000000', average: null },
  costIsComplete: true,
  tokens: { input: 0, output: 0, total: 0 },
};
