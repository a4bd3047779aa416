import { priorityHandicapMs } from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { hasStatus } from '../by-key.ts';
import { type Maintained, type MaintainedRow, maintainedColumns, toMaintained } from './maintained.ts';
import { calledOutOf, type RunningCaps, runningOf } from './running-caps.ts';
import { waitsSince } from './waits-since.ts';

const handicap = Object.entries(priorityHandicapMs)
  .map(([priority, ms]) => `WHEN '${priority}' THEN ${ms / 1_000}`)
  .join(' ');

// The same order as in the queue. Whoever was called out in vain is not told again that it waits.
const parkSql = `
  WITH d AS (
    SELECT id FROM executions x
    WHERE x.id = ANY ($1) AND ${hasStatus('x', 'PENDING', 'RUNNING')} AND x.lease_token IS NULL
      AND coalesce(x.parked_rank, -1) < 0
    ORDER BY x.id FOR NO KEY UPDATE SKIP LOCKED
  ), e AS (
    UPDATE executions x SET
      parked_rank = extract(epoch FROM ${waitsSince('x')}) + CASE x.priority ${handicap} END,
      check_at = x.deadline_at
    FROM d WHERE x.id = d.id
    RETURNING x.id, x.enqueue_epoch
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, timestamp)
    SELECT ($2::text[])[row_number() OVER (ORDER BY e.id)], e.id, 'INFO',
      'Waiting for room: the plan limits how many run', clock_timestamp()
    FROM e WHERE e.enqueue_epoch = 0
  )
  SELECT id FROM e
  UNION SELECT id FROM executions WHERE id = ANY ($1) AND parked_rank > 0`;

/**
 * Puts executions into the line of those that their owner's running cap keeps waiting. They cost neither a slot nor an
 * attempt there, and the queue knows nothing of them: a thousand bells in vain would keep the workers from the others.
 *
 * @returns those that are in the line now; what somebody else is writing is not.
 */
export async function park(db: Queryable, ids: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(parkSql, [ids, ids.map(newId)]);
  return new Set(rows.map(({ id }) => id));
}

export interface UnparkOptions {
  /** Whose lines to look at; everybody's when left out. */
  userIds?: readonly string[];
  runningCaps: RunningCaps;
  /** Executions at most, for each user. */
  limit: number;
  /** When the bell is taken for lost, in milliseconds from now. */
  bellLostMs: number;
}

// Everybody who has a line, by jumping from user to user through the index: it costs as much as there are users in it.
const everybody = `
    SELECT min(user_id) AS user_id FROM executions WHERE parked_rank > 0
    UNION ALL
    SELECT (SELECT min(x.user_id) FROM executions x WHERE x.parked_rank > 0 AND x.user_id > l.user_id)
    FROM line l WHERE l.user_id IS NOT NULL`;

const unparkSql = (lines: string) => `
  WITH RECURSIVE line AS (${lines}
  ), room AS (
    SELECT u.id AS user_id,
      CASE WHEN $1::jsonb ? u.plan::text
        THEN least($2, ($1::jsonb ->> u.plan::text)::int - ${runningOf('u.id')}
          - ${calledOutOf('u.id', '($1::jsonb ->> u.plan::text)::int')})
        ELSE $2 END AS free
    FROM line l JOIN users u ON u.id = l.user_id
  ), d AS (
    SELECT p.id FROM room r CROSS JOIN LATERAL (
      SELECT x.id FROM executions x WHERE x.user_id = r.user_id AND x.parked_rank > 0
      ORDER BY x.parked_rank LIMIT greatest(0, r.free) FOR NO KEY UPDATE SKIP LOCKED) p
  )
  UPDATE executions x SET
    parked_rank = -x.parked_rank, enqueue_epoch = x.enqueue_epoch + 1, last_enqueued_at = clock_timestamp(),
    check_at = least(x.deadline_at, clock_timestamp() + $3::float8 * interval '1 ms')
  FROM d WHERE x.id = d.id
  RETURNING ${maintainedColumns}`;

/**
 * Calls out of their owners' lines as many executions as there is room for; ring for them. Who was called out has its
 * room until it is claimed, parked again or ended.
 */
export async function unpark(
  db: Queryable,
  { userIds, runningCaps, limit, bellLostMs }: UnparkOptions,
): Promise<Maintained[]> {
  const parameters: unknown[] = [JSON.stringify(runningCaps), limit, bellLostMs];
  const lines = userIds === undefined ? everybody : 'SELECT unnest($4::text[]) AS user_id';
  if (userIds !== undefined) parameters.push(userIds);
  const { rows } = await db.query<MaintainedRow>(unparkSql(lines), parameters);
  return rows.map(toMaintained).filter(({ status }) => status === 'PENDING' || status === 'RUNNING');
}
