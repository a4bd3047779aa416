/**
 * Something that is always true of the stored data, at every moment of a running system: each verb writes all that
 * belongs together in one statement, and each check reads one snapshot.
 */
export interface Invariant {
  /** As in the list of the product's invariants; several checks may prove parts of one. */
  id: string;
  /** Unique. */
  name: string;
  /** What holds; one sentence. */
  title: string;
  /**
   * A SELECT that finds the offenders, as `id` and `problem`; no rows when the invariant holds. `$1` is the time since
   * which executions are looked at, `$2` the grace in milliseconds.
   */
  sql: string;
}

/** What may be wrong with a row: a condition, and what to say about it as an SQL expression. */
export type Problem = readonly [when: string, says: string];

/** Limits a check to the executions that are asked for; `e` is their alias in every check. */
export const inScope = 'e.created_at >= $1::timestamptz';

/** What maintenance may be late by. */
export const grace = `($2::float8 * interval '1 ms')`;

export const isOpen = `e.status IN ('PENDING', 'RUNNING')`;
export const isTerminal = `e.status IN ('COMPLETED', 'FAILED', 'CANCELLED')`;

/** A value for a message, also when it is missing. */
export const show = (value: string) => `coalesce((${value})::text, 'nothing')`;

/** Finds the rows with one of the problems. */
export function findRows(from: string, problems: readonly Problem[], where = 'true'): string {
  return `SELECT e.id, ${sayWhich(problems)} AS problem FROM ${from} WHERE ${inScope} AND ${where} AND ${any(problems)}`;
}

/** Finds the executions, each taken together with the rows joined to it, that have one of the problems. */
export function findGroups(
  from: string,
  problems: readonly Problem[],
  { by = 'e.id', where = 'true' }: { by?: string; where?: string } = {},
): string {
  return `SELECT e.id, ${sayWhich(problems)} AS problem FROM ${from} WHERE ${inScope} AND ${where}
    GROUP BY ${by} HAVING ${any(problems)}`;
}

function any(problems: readonly Problem[]): string {
  return `(${problems.map(([when]) => `(${when})`).join(' OR ')})`;
}

function sayWhich(problems: readonly Problem[]): string {
  return `concat_ws('; ', ${problems.map(([when, says]) => `CASE WHEN ${when} THEN ${says} END`).join(', ')})`;
}
