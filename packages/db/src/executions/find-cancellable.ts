import type { Queryable } from '../pool.ts';
import { unindexed } from './by-key.ts';

/** Which of a user's executions are meant; all that are open where nothing is said. */
export interface CancelFilter {
  status?: ReadonlyArray<'PENDING' | 'RUNNING'> | undefined;
  promptId?: string | undefined;
  /** Inclusive. */
  createdFrom?: Date | undefined;
  /** Exclusive. */
  createdBefore?: Date | undefined;
}

/** SQL: so that no index on the time is used. */
const createdAt = `(e.created_at + interval '0')`;

/**
 * Finds executions of a user that can be cancelled and that nobody wished to cancel yet, in no particular order. Served by
 * `idx_executions_open`, whatever the statistics say: it leads to the user's open ones alone.
 *
 * @returns their ids, at most `limit`.
 */
export async function findCancellable(
  db: Queryable,
  userId: string,
  { status = ['PENDING', 'RUNNING'], promptId, createdFrom, createdBefore }: CancelFilter,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT e.id FROM executions e
     WHERE e.user_id = $1 AND e.completed_at IS NULL AND e.status::text = ANY($2) AND e.cancel_requested_at IS NULL
       AND ($3::text IS NULL OR ${unindexed('e.prompt_id')} = $3)
       AND ($4::timestamptz IS NULL OR ${createdAt} >= $4) AND ($5::timestamptz IS NULL OR ${createdAt} < $5)
     LIMIT $6`,
    [userId, status, promptId ?? null, createdFrom ?? null, createdBefore ?? null, limit],
  );
  return rows.map(({ id }) => id);
}
