import type { ExecutionStatus } from '@formaops/core';
import type { Fixture } from '../database.fixture.ts';
import { newId } from '../new-id.ts';

const hour = 3_600_000;
export const past = () => new Date(Date.now() - hour);
export const future = () => new Date(Date.now() + hour);
export const farFuture = () => new Date(Date.now() + 2 * hour);

/** Columns of `executions` by their names in the database. */
export type Row = Record<string, unknown> & { id: string };

/** A row that the constraints allow in this status, changed as wished. */
export function row(status: ExecutionStatus, changes: Record<string, unknown> = {}): Row {
  const startedAt = status === 'PENDING' ? null : past();
  const completedAt = status === 'PENDING' || status === 'RUNNING' ? null : past();
  return { id: newId(), status, started_at: startedAt, completed_at: completedAt, ...changes };
}

/** Inserts rows as they are, past every verb. The first one's columns are written. */
export async function insertRows({ pool, userId, promptId }: Fixture, rows: Row[]): Promise<void> {
  const whole = rows.map((one) => ({ user_id: userId, prompt_id: promptId, inputs: {}, ...one }));
  const columns = Object.keys(whole[0] ?? {}).join(', ');
  await pool.query(
    `INSERT INTO executions (${columns}) SELECT ${columns} FROM json_populate_recordset(null::executions, $1)`,
    [JSON.stringify(whole)],
  );
}
