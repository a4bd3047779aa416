import type { Queryable } from '../pool.ts';

/** What the queue may hold bells for. */
export interface OpenWork {
  /** Executions that are PENDING or RUNNING. */
  open: number;
  /** How long ago an execution last changed its status, in milliseconds; null when none ever did. */
  idleMs: number | null;
  /** Whether one was cancelled before the time at which it might have started: its bell may wait until then. */
  hasCancelledAhead: boolean;
}

/** Looks at what is open now, and since when nothing has changed. */
export async function findOpenWork(db: Queryable): Promise<OpenWork> {
  const { rows } = await db.query<OpenWork>(
    `SELECT (SELECT count(*)::int FROM executions WHERE status IN ('PENDING', 'RUNNING')) AS open,
      (SELECT extract(epoch FROM clock_timestamp() - at)::float8 * 1000 FROM execution_transitions
       ORDER BY id DESC LIMIT 1) AS "idleMs",
      EXISTS (SELECT FROM executions WHERE run_at > statement_timestamp() AND status = 'CANCELLED')
        AS "hasCancelledAhead"`,
  );
  return rows[0] ?? { open: 0, idleMs: null, hasCancelledAhead: false };
}
