import type { Queryable } from '../pool.ts';

/** What a user has spent in a UTC day. */
export interface DaySpend {
  /** US dollars as a decimal: the exact sum of what the user's attempts cost that ended since midnight, failed ones too. */
  usd: string;
  /** Whether it reaches the limit that was asked for. */
  isOver: boolean;
  /** Until the next day begins, by the clock of the database, in milliseconds. */
  endsInMs: number;
}

/**
 * Sums up what a user has spent today. Served by the key of `user_spend`.
 *
 * @param limitUsd US dollars as a decimal; null for none.
 */
export async function findSpentToday(
  db: Queryable,
  userId: string,
  limitUsd: string | null,
): Promise<DaySpend> {
  const { rows } = await db.query<DaySpend>(
    `SELECT trim_scale(s.usd)::text AS usd, coalesce(s.usd >= $2::numeric, false) AS "isOver",
       extract(epoch FROM (t.now::date + 1)::timestamp - t.now)::float8 * 1000 AS "endsInMs"
     FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) t CROSS JOIN LATERAL (
       SELECT coalesce(sum(usd), 0) AS usd FROM user_spend WHERE user_id = $1 AND day = t.now::date) s`,
    [userId, limitUsd],
  );
  return rows[0] ?? { usd: '0', isOver: false, endsInMs: 0 };
}
