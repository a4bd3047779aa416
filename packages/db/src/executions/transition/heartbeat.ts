import type { Queryable } from '../../pool.ts';
import { inLockOrder } from './lock-order.ts';

export interface Heartbeat {
  id: string;
  token: string;
  leaseMs: number;
}

export type HeartbeatAnswer =
  | { id: string; held: true; cancelRequested: boolean }
  | { id: string; held: false };

const heartbeatSql = `
  UPDATE executions x SET lease_expires_at = clock_timestamp() + w."leaseMs" * interval '1 ms'
  FROM json_to_recordset($1::json) AS w(id text, token text, "leaseMs" bigint)
  WHERE x.id = w.id AND x.status = 'RUNNING' AND x.lease_token = w.token
  RETURNING x.lease_token AS token, x.cancel_requested_at IS NOT NULL AS cancel_requested`;

/** Prolongs leases, and tells which are lost and which executions their owners want cancelled. */
export async function heartbeat(db: Queryable, beats: Heartbeat[]): Promise<HeartbeatAnswer[]> {
  const { rows } = await db.query<{ token: string; cancel_requested: boolean }>(heartbeatSql, [
    inLockOrder(beats),
  ]);
  const held = new Map(rows.map((row) => [row.token, row.cancel_requested]));
  return beats.map(({ id, token }) => {
    const cancelRequested = held.get(token);
    return cancelRequested === undefined ? { id, held: false } : { id, held: true, cancelRequested };
  });
}
