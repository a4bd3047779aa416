import type { Queryable } from '../pool.ts';
import { rowSet } from '../row-set.ts';

/** Requests of a user within a minute that begins at `minute`, in milliseconds since 1970. */
export interface MinuteRequests {
  userId: string;
  minute: number;
  requests: number;
}

const rows = rowSet<MinuteRequests>('w', { userId: 'text', minute: 'float8', requests: 'int' });

/**
 * Adds requests that one process has counted to those of the others. A minute that is over for another process stays over:
 * what is added to it is forgotten.
 *
 * @param counted at most one entry for each user.
 * @returns for each user the latest minute and its requests by all processes, these included.
 */
export async function addRequests(
  db: Queryable,
  counted: readonly MinuteRequests[],
): Promise<MinuteRequests[]> {
  const { rows: all } = await db.query<MinuteRequests>(
    `INSERT INTO user_requests AS r (user_id, minute, requests)
     SELECT u.id, to_timestamp(w.minute / 1000), w.requests FROM ${rows.sql} JOIN users u ON u.id = w."userId"
     ORDER BY u.id
     ON CONFLICT (user_id) DO UPDATE SET minute = greatest(r.minute, excluded.minute),
       requests = CASE WHEN r.minute > excluded.minute THEN r.requests WHEN r.minute = excluded.minute
         THEN r.requests + excluded.requests ELSE excluded.requests END
     RETURNING r.user_id AS "userId", extract(epoch FROM r.minute)::float8 * 1000 AS minute, r.requests`,
    rows.parameters(counted),
  );
  return all;
}
