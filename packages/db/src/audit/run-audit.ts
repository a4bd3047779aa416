import type pg from 'pg';
import type { Invariant } from './invariant.ts';
import { invariants } from './invariants.ts';

export interface AuditOptions {
  /** Only executions created since then; all when left out. */
  since?: Date;
  /** What one check may take, in milliseconds; 10 minutes by default. */
  statementTimeoutMs?: number;
  /** What maintenance may be late by before something counts as stuck, in milliseconds; 5 minutes by default. */
  graceMs?: number;
  /** Told of each result as soon as it is there. */
  onReport?: (report: InvariantReport) => void;
}

/** What one check found. */
export interface InvariantReport {
  id: string;
  name: string;
  title: string;
  /** Counted up to {@link maxCounted}. */
  violations: number;
  /** The first 20 of them: the id of an execution, or of a user where it is about one, and what is wrong with it. */
  offenders: string[];
}

/** Beyond this many violations nobody needs the number. */
export const maxCounted = 10_000;

const maxOffenders = 20;

/**
 * Checks every invariant and changes nothing. Each check is one statement in a transaction of its own that may only read:
 * it sees one moment of a running system, takes no lock that a reader does not take, and keeps to one core.
 *
 * @throws what `pg` throws when the database cannot be reached, or a check takes longer than it may.
 */
export async function runAudit(
  db: Pick<pg.Pool, 'connect'>,
  options: AuditOptions = {},
): Promise<InvariantReport[]> {
  const reports: InvariantReport[] = [];
  for (const invariant of invariants) {
    const report = await check(db, invariant, options);
    options.onReport?.(report);
    reports.push(report);
  }
  return reports;
}

async function check(
  db: Pick<pg.Pool, 'connect'>,
  { id, name, title, sql }: Invariant,
  { since, statementTimeoutMs = 600_000, graceMs = 300_000 }: AuditOptions,
): Promise<InvariantReport> {
  const client = await db.connect();
  try {
    await client.query(begin(statementTimeoutMs));
    const { rows } = await client.query<{ id: string; problem: string; violations: number }>({
      text: counting(sql),
      values: [since?.toISOString() ?? '-infinity', graceMs],
      // In place of the pool's own, which is for short statements.
      query_timeout: statementTimeoutMs + 5_000,
    } as pg.QueryConfig);
    await client.query('COMMIT');
    client.release();
    const offenders = rows.map((row) => `${row.id}: ${row.problem}`);
    return { id, name, title, violations: rows[0]?.violations ?? 0, offenders };
  } catch (error) {
    // Whatever state it is in, nobody gets this connection.
    client.release(true);
    throw error;
  }
}

/** Keeps to one core and some memory: the executions that run meanwhile come first. */
function begin(statementTimeoutMs: number): string {
  return `BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY;
    SET LOCAL statement_timeout = ${Math.ceil(statementTimeoutMs)};
    SET LOCAL work_mem = '32MB'; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off`;
}

/**
 * Materialized, so that the planner expects to need all rows: for the first ten thousand it would choose nested loops, and
 * there are none when all is well.
 */
function counting(sql: string): string {
  return `WITH offender (id, problem) AS MATERIALIZED (${sql}), counted AS (SELECT * FROM offender LIMIT ${maxCounted})
    SELECT id, problem, (count(*) OVER ())::int AS violations FROM counted
    WHERE $1::timestamptz IS NOT NULL AND $2::float8 IS NOT NULL ORDER BY id, problem LIMIT ${maxOffenders}`;
}
