import type { Queryable } from '../../pool.ts';
import { prepared } from '../../prepared.ts';
import { rowSet } from '../../row-set.ts';
import { hasStatus, looksRare } from '../by-key.ts';
import { inLockOrder } from './lock-order.ts';

export interface Heartbeat {
  id: string;
  token: string;
  leaseMs: number;
}

export type HeartbeatAnswer =
  | { id: string; held: true; cancelRequested: boolean }
  | { id: string; held: false };

const isOurs = `x.id = w.id AND ${hasStatus('x', 'RUNNING')} AND x.lease_token = w.token`;

// The last part: ours as far as one can see, and locked.
const beatRows = rowSet<Heartbeat>('w', { id: 'text', token: 'text', leaseMs: 'bigint' });

const heartbeatStatement = prepared(
  'heartbeat',
  `
  WITH w AS (
    SELECT * FROM ${beatRows.sql} WHERE ${looksRare('w.id')}
  ), free AS (
    SELECT w.* FROM w JOIN executions x ON ${isOurs} ORDER BY w.id FOR NO KEY UPDATE OF x SKIP LOCKED
  ), beaten AS (
    UPDATE executions x SET lease_expires_at = clock_timestamp() + w."leaseMs" * interval '1 ms'
    FROM free w WHERE ${isOurs}
    RETURNING x.lease_token AS token, x.cancel_requested_at IS NOT NULL AS cancel_requested
  )
  SELECT token, cancel_requested FROM beaten
  UNION ALL
  SELECT x.lease_token, x.cancel_requested_at IS NOT NULL FROM w JOIN executions x ON ${isOurs}
  WHERE w.token NOT IN (SELECT token FROM free)`,
);

/**
 * Prolongs leases, and tells which are lost and which executions their owners want cancelled. A row that somebody else is
 * writing keeps its lease as it is until the next heartbeat: waiting for one would cost all the others theirs.
 */
export async function heartbeat(db: Queryable, beats: Heartbeat[]): Promise<HeartbeatAnswer[]> {
  const { rows } = await db.query<{ token: string; cancel_requested: boolean }>({
    ...heartbeatStatement,
    values: beatRows.parameters(inLockOrder(beats)),
  });
  const held = new Map(rows.map((row) => [row.token, row.cancel_requested]));
  return beats.map(({ id, token }) => {
    const cancelRequested = held.get(token);
    return cancelRequested === undefined ? { id, held: false } : { id, held: true, cancelRequested };
  });
}
