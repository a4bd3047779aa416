import type pg from 'pg';
import { until } from './until.ts';

/** Executions by what became of them. */
export interface Counts {
  accepted: number;
  completed: number;
}

/** What PostgreSQL counts: commits of this database, and bytes of its log so far. */
export interface Writes {
  commits: number;
  walBytes: number;
}

export async function readWrites(db: pg.Pool): Promise<Writes> {
  const { rows } = await db.query<Writes>(
    `SELECT xact_commit::float8 AS commits, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS "walBytes"
     FROM pg_stat_database WHERE datname = current_database()`,
  );
  return rows[0] ?? { commits: Number.NaN, walBytes: Number.NaN };
}

/** As {@link readWrites}, once all others have disconnected: connections report what they did seconds later, or as they end. */
export async function readWritesAtRest(db: pg.Pool): Promise<Writes> {
  await until(async () => {
    const { rows } = await db.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM pg_stat_activity
       WHERE datname = current_database() AND application_name <> 'bench'`,
    );
    return rows[0]?.others === 0;
  }, 10);
  return readWrites(db);
}

/** How many were accepted and completed between two times, by the clock of the database. */
export async function countBetween(db: pg.Pool, fromMs: number, toMs: number): Promise<Counts> {
  const { rows } = await db.query<Counts>(
    `SELECT count(*) FILTER (WHERE created_at >= f AND created_at < t)::int AS accepted,
       count(*) FILTER (WHERE completed_at >= f AND completed_at < t AND status = 'COMPLETED')::int AS completed
     FROM executions, (SELECT to_timestamp($1::float8 / 1000) AS f, to_timestamp($2::float8 / 1000) AS t) AS span`,
    [fromMs, toMs],
  );
  return rows[0] ?? { accepted: 0, completed: 0 };
}

/**
 * @param since older rows are not looked at.
 * @throws Error when anything failed: a benchmark of failures measures nothing.
 */
export async function requireNoFailures(db: pg.Pool, since = new Date(0)): Promise<void> {
  const { rows } = await db.query<{ failed: number; code: string }>(
    `SELECT count(*)::int AS failed, min(error_code) AS code FROM executions
     WHERE created_at >= $1 AND (status IN ('FAILED', 'CANCELLED')
       OR (status = 'COMPLETED' AND (output IS NULL OR validation_status = 'FAILED')))`,
    [since],
  );
  const [{ failed, code } = { failed: 0, code: '' }] = rows;
  if (failed > 0) throw new Error(`${failed} executions did not complete as they should: ${code}`);
}

/** @returns whether everything that was accepted has ended. */
export async function isDrained(db: pg.Pool): Promise<boolean> {
  const { rows } = await db.query<{ left: boolean }>(
    `SELECT EXISTS (SELECT FROM executions WHERE status IN ('PENDING', 'RUNNING')) AS left`,
  );
  return rows[0]?.left === false;
}
