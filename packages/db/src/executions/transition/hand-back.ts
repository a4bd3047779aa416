import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { prepared } from '../../prepared.ts';
import { rowSet } from '../../row-set.ts';
import { hasStatus, looksRare } from '../by-key.ts';
import {
  type AttemptEnding,
  endAttempts,
  endingColumns,
  type LogLine,
  logColumns,
  withIds,
} from './attempt-records.ts';
import { costIsComplete, costTooLargeLine, spentUsd } from './cost.ts';
import { inLockOrder } from './lock-order.ts';
import { pairByToken, type Written } from './written.ts';

/** An attempt that ended while its execution goes on. */
export interface HandBack {
  id: string;
  token: string;
  /** Whether the attempt counts against `maxAttempts`; our own shutdown does not. */
  charged: boolean;
  /** When the next attempt may start, in milliseconds from now. */
  delayMs: number;
  /** When its bell is taken for lost after that, in milliseconds. */
  bellLostMs: number;
  ending: AttemptEnding;
  logs: LogLine[];
}

/** What an execution still is. */
export interface HandedBack {
  status: 'RUNNING';
}

interface HandBackRow
  extends Pick<HandBack, 'id' | 'token' | 'charged' | 'delayMs' | 'bellLostMs'>,
    AttemptEnding {
  costLogId: string;
  logs: unknown[];
}

const handBackRows = rowSet<HandBackRow>('s', {
  id: 'text',
  token: 'text',
  charged: 'boolean',
  delayMs: 'float8',
  bellLostMs: 'float8',
  costLogId: 'text',
  logs: 'json',
  ...endingColumns,
});

const handBackStatement = prepared(
  'hand_back',
  `
  WITH s AS (
    SELECT * FROM ${handBackRows.sql} WHERE ${looksRare('s.id')}
  ), ended AS (${endAttempts('s')}
  ), e AS (
    UPDATE executions x SET
      lease_token = NULL, lease_expires_at = NULL,
      -- Rounded down: without a delay it is due now, and not half a millisecond later.
      next_attempt_at = date_trunc('milliseconds', clock_timestamp()) + s."delayMs" * interval '1 ms',
      check_at = least(x.deadline_at, clock_timestamp() + (s."delayMs" + s."bellLostMs") * interval '1 ms'),
      charged_attempts = x.charged_attempts + s.charged::int,
      spent_usd = ${spentUsd}, cost_is_complete = ${costIsComplete}
    FROM s WHERE x.id = s.id AND ${hasStatus('x', 'RUNNING')} AND x.lease_token = s.token AND x.cancel_requested_at IS NULL
    RETURNING x.id, x.spent_usd, s.token, s.logs, s."costUsd", s."costLogId", clock_timestamp() AS now
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT l.id, e.id, l.level, l.message, l.metadata, e.now - l."agoMs" * interval '1 ms'
      FROM e CROSS JOIN json_to_recordset(e.logs) AS l(${logColumns})
    UNION ALL ${costTooLargeLine('e.now')}
  )
  SELECT e.token FROM e`,
);

const handedBackSql = `
  SELECT a.token
  FROM unnest($1::text[], $2::text[], $3::"AttemptOutcome"[]) AS s(id, token, outcome) JOIN executions e ON e.id = s.id
    JOIN execution_attempts a ON a.execution_id = e.id AND a.attempt = e.attempt AND a.token = s.token
      AND a.outcome = s.outcome
  WHERE ${looksRare('s.id')} AND ${hasStatus('e', 'RUNNING')} AND e.lease_token IS NULL`;

/**
 * RUNNING with a lease → RUNNING without one, until the next attempt is due: after a failure that another attempt may
 * mend (charged), or because the worker stops (not charged). Refused when the lease is lost, and when the owner wants
 * the execution cancelled: settle it then.
 *
 * May be repeated when the connection broke before the answer came: what the same token gave back before counts as applied.
 */
export async function handBack(db: Queryable, handBacks: HandBack[]): Promise<Array<Written<HandedBack>>> {
  const rows = handBacks.map(({ ending, logs, ...rest }) => ({
    ...rest,
    ...ending,
    logs: withIds(logs),
    costLogId: newId(),
  }));
  return pairByToken(db, handBacks, {
    written: await query(db, handBackStatement, handBackRows.parameters(inLockOrder(rows))),
    writtenBefore: (refused) => {
      const columns = [
        refused.map(({ id }) => id),
        refused.map(({ token }) => token),
        refused.map(({ ending }) => ending.outcome),
      ];
      return query(db, { text: handedBackSql }, columns);
    },
  });
}

async function query(
  db: Queryable,
  statement: { text: string },
  values: unknown[],
): Promise<Map<string, HandedBack>> {
  const { rows } = await db.query<{ token: string }>({ ...statement, values });
  return new Map(rows.map(({ token }) => [token, { status: 'RUNNING' }]));
}
