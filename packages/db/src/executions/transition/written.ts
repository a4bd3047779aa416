import type { ExecutionStatus } from '@formaops/core';
import type { Queryable } from '../../pool.ts';
import { looksRare } from '../by-key.ts';

/** What became of one row of a verb: it was written, or it was in a state that does not allow it. */
export type Written<T> =
  | { id: string; applied: true; execution: T }
  | { id: string; applied: false; actual: ExecutionStatus | 'missing' };

export interface WriteResults<Asked, T> {
  /** What was written, by token: one batch may hold two wishes about the same execution. */
  written: ReadonlyMap<string, T>;
  /** Finds which of the refused ones the same token wrote earlier. */
  writtenBefore(refused: Asked[]): Promise<ReadonlyMap<string, T>>;
}

/**
 * Pairs what was asked for with what was written. Only when something was refused does it cost two more statements,
 * which look up why: it was written before, or the execution is in another state.
 */
export async function pairByToken<Asked extends { id: string; token: string }, T>(
  db: Queryable,
  asked: readonly Asked[],
  { written, writtenBefore }: WriteResults<Asked, T>,
): Promise<Array<Written<T>>> {
  const refused = asked.filter(({ token }) => !written.has(token));
  const before = refused.length > 0 ? await writtenBefore(refused) : new Map<string, T>();
  const lost = refused.filter(({ token }) => !before.has(token)).map(({ id }) => id);
  const actual = lost.length > 0 ? await statusesOf(db, lost) : new Map<string, ExecutionStatus>();
  return asked.map(({ id, token }) => {
    const execution = written.get(token) ?? before.get(token);
    return execution === undefined
      ? { id, applied: false, actual: actual.get(id) ?? 'missing' }
      : { id, applied: true, execution };
  });
}

async function statusesOf(db: Queryable, ids: string[]): Promise<Map<string, ExecutionStatus>> {
  const { rows } = await db.query<{ id: string; status: ExecutionStatus }>(
    `SELECT e.id, e.status FROM unnest($1::text[]) AS s(id) JOIN executions e ON e.id = s.id
     WHERE ${looksRare('s.id')}`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.status]));
}
