import type { Queryable } from '../pool.ts';

/** Which of a user's executions are meant; all that are open where nothing is said. */
export interface CancelFilter {
  status?: ReadonlyArray<'PENDING' | 'RUNNING'> | undefined;
  promptId?: string | undefined;
  /** Inclusive. */
  createdFrom?: Date | undefined;
  /** Exclusive. */
  createdBefore?: Date | undefined;
}

/**
 * Finds executions of a user that can be cancelled and that nobody wished to cancel yet, in no particular order. Served by
 * `idx_executions_user_status`; with a prompt PostgreSQL may choose its index.
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
     WHERE e.user_id = $1 AND e.status = ANY($2::"ExecutionStatus"[]) AND e.cancel_requested_at IS NULL
       AND ($3::text IS NULL OR e.prompt_id = $3) AND ($4::timestamptz IS NULL OR e.created_at >= $4)
       AND ($5::timestamptz IS NULL OR e.created_at < $5)
     LIMIT $6`,
    [userId, status, promptId ?? null, createdFrom ?? null, createdBefore ?? null, limit],
  );
  return rows.map(({ id }) => id);
}
