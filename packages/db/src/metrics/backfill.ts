import type { Queryable } from '../pool.ts';

const backfillSql = `
  WITH state AS (
    SELECT after_id FROM metric_backfill WHERE completed_at IS NULL FOR UPDATE SKIP LOCKED
  ), batch AS (
    SELECT e.id FROM state, LATERAL (SELECT id FROM executions WHERE id > state.after_id ORDER BY id LIMIT $1) e
  ), recorded AS (
    SELECT count(*)::int AS seen, max(id) AS last, record_execution_facts(array_agg(id)) FROM batch
  )
  UPDATE metric_backfill b SET after_id = coalesce(r.last, b.after_id),
    completed_at = CASE WHEN r.seen < $1 THEN clock_timestamp() END
  FROM state, recorded r WHERE b.completed_at IS NULL RETURNING r.seen`;

/**
 * Writes facts about executions that had ended before facts were written, a batch at a time, in the order of their ids.
 * Those that end meanwhile have theirs from a trigger. Safe in every worker at once; one goes on, the others skip it.
 *
 * @returns how many executions were looked at; fewer than `limit` when nothing is left to do, or another one does it.
 */
export async function backfillFacts(db: Queryable, { limit }: { limit: number }): Promise<number> {
  const { rows } = await db.query<{ seen: number }>(backfillSql, [limit]);
  return rows[0]?.seen ?? 0;
}

/** @returns whether every execution that has ended has its facts. Once it is so, it stays so. */
export async function areFactsComplete(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query('SELECT 1 FROM metric_backfill WHERE completed_at IS NOT NULL');
  return rowCount === 1;
}
