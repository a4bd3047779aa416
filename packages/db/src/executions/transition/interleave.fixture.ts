import type pg from 'pg';
import type { Fixture } from '../../database.fixture.ts';
import type { Queryable } from '../../pool.ts';

/**
 * Lets `first` write and not commit, starts `second`, which has to wait, does `meanwhile` what the first one has still to
 * do, commits, and gives back both answers.
 */
export async function interleave<A, B>(
  { pool }: Fixture,
  first: (db: Queryable) => Promise<A>,
  second: (db: Queryable) => Promise<B>,
  meanwhile: (db: Queryable) => Promise<unknown> = async () => undefined,
): Promise<[A, B]> {
  const [one, other] = [await pool.connect(), await pool.connect()];
  try {
    await one.query('BEGIN');
    const firstAnswer = await first(one);
    const { rows } = await other.query('SELECT pg_backend_pid() AS pid');
    const secondAnswer = second(other);
    await untilItWaits(pool, rows[0].pid);
    await meanwhile(one);
    await one.query('COMMIT');
    return [firstAnswer, await secondAnswer];
  } finally {
    one.release();
    other.release();
  }
}

async function untilItWaits(pool: pg.Pool, pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const { rows } = await pool.query('SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1', [pid]);
    if (rows[0]?.wait_event_type === 'Lock') return;
  }
  throw new Error('the second statement never waited for the first');
}
