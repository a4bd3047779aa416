import type { ExecutionStatus } from '@formaops/core';
import type { Queryable } from '../../pool.ts';

/** What became of one row of a verb: it was written, or it was in a state that does not allow it. */
export type Written<T> =
  | { id: string; applied: true; execution: T }
  | { id: string; applied: false; actual: ExecutionStatus | 'missing' };

/**
 * Pairs what was asked for with what was written, by token: one batch may hold two wishes about the same execution.
 * Only when something was refused does it cost a second statement, which looks up why.
 */
export async function pairByToken<T>(
  db: Queryable,
  asked: ReadonlyArray<{ id: string; token: string }>,
  written: ReadonlyMap<string, T>,
): Promise<Array<Written<T>>> {
  const refused = asked.filter(({ token }) => !written.has(token)).map(({ id }) => id);
  const actual = refused.length > 0 ? await statusesOf(db, refused) : new Map<string, ExecutionStatus>();
  return asked.map(({ id, token }) => {
    const execution = written.get(token);
    return execution === undefined
      ? { id, applied: false, actual: actual.get(id) ?? 'missing' }
      : { id, applied: true, execution };
  });
}

async function statusesOf(db: Queryable, ids: string[]): Promise<Map<string, ExecutionStatus>> {
  const { rows } = await db.query<{ id: string; status: ExecutionStatus }>(
    'SELECT id, status FROM executions WHERE id = ANY($1)',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.status]));
}
