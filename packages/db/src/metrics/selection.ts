import { unindexed } from '../executions/by-key.ts';

/** The executions that figures are asked for: those that were created within a time, which may be narrowed down. */
export interface MetricsSelection {
  /** Inclusive. */
  from: Date;
  /** Exclusive. */
  to: Date;
  /** One that the user does not have selects nothing. */
  promptId?: string | undefined;
  model?: string | undefined;
}

/** The parameters `$1` to `$5` of the statements below. */
export function selectionParameters(
  userId: string,
  { from, to, promptId, model }: MetricsSelection,
): unknown[] {
  return [userId, from, to, promptId ?? null, model ?? null];
}

/** SQL: the selected series, for a FROM clause. Served by `metric_series_user_id_prompt_id_model_key`. */
export const selectedSeries = `metric_series m
  WHERE m.user_id = $1 AND ($4::text IS NULL OR m.prompt_id = $4) AND ($5::text IS NULL OR m.model = $5)`;

/** SQL: the selected facts of some series, for a FROM clause. `idx_execution_facts_series` holds all that is read. */
export const selectedFacts = (seriesIds: string) => `execution_facts f
  WHERE f.series_id = ANY(${seriesIds}) AND f.created_at >= $2 AND f.created_at < $3`;

const createdAt = `(e.created_at + interval '0')`;

/**
 * SQL: the selected executions that have not ended, for a FROM clause. No condition but the first two is left to an index, so
 * that `idx_executions_open` serves it, whatever the statistics say: it leads to the user's open ones alone.
 */
export const selectedOpen = `executions e
  WHERE e.user_id = $1 AND e.completed_at IS NULL AND ${createdAt} >= $2 AND ${createdAt} < $3
    AND ($4::text IS NULL OR ${unindexed('e.prompt_id')} = $4) AND ($5::text IS NULL OR e.model = $5)`;
