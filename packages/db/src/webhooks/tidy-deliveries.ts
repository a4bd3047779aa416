import type { Queryable } from '../pool.ts';

/** How long deliveries are kept, in milliseconds: 30 days. */
export const deliveriesKeptMs = 30 * 24 * 3_600_000;

/**
 * Deletes deliveries that were recorded longer ago than `keptMs`, with their attempts, whatever became of them. They are
 * found by their ids, which begin with the time.
 *
 * @returns how many; fewer than `limit` when no old ones are left.
 */
export async function pruneDeliveries(
  db: Queryable,
  { keptMs, limit }: { keptMs: number; limit: number },
): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM webhook_deliveries WHERE id IN (
       SELECT id FROM webhook_deliveries
       WHERE id < (SELECT left(hex, 8) || '-' || right(hex, 4)
         FROM lpad(to_hex((extract(epoch FROM statement_timestamp()) * 1000 - $1::float8)::bigint), 12, '0') AS hex)
       ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [keptMs, limit],
  );
  return rowCount ?? 0;
}

const abandonedSql = `
  WITH RECURSIVE waiting AS (
    SELECT min(webhook_id) AS id FROM webhook_deliveries WHERE status = 'PENDING'
    UNION ALL
    SELECT (SELECT min(d.webhook_id) FROM webhook_deliveries d WHERE d.status = 'PENDING' AND d.webhook_id > l.id)
    FROM waiting l WHERE l.id IS NOT NULL
  ), abandoned AS (
    SELECT x.id FROM waiting l
    JOIN LATERAL (
      SELECT d.id FROM webhook_deliveries d WHERE d.webhook_id = l.id AND d.status = 'PENDING' LIMIT $1) x ON true
    WHERE NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = l.id AND w.is_active)
    LIMIT $1
  ), d AS (
    SELECT id FROM webhook_deliveries WHERE id IN (SELECT id FROM abandoned) AND status = 'PENDING'
    FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE webhook_deliveries x SET status = 'FAILED', error_code = 'WEBHOOK_SWITCHED_OFF', ended_at = clock_timestamp()
  FROM d WHERE x.id = d.id`;

/**
 * Gives up what waits for endpoints that are switched off or gone.
 *
 * @returns how many; fewer than `limit` when nothing is left.
 */
export async function giveUpDeliveries(db: Queryable, { limit }: { limit: number }): Promise<number> {
  const { rowCount } = await db.query(abandonedSql, [limit]);
  return rowCount ?? 0;
}
