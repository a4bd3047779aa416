import type { ExecutionStatus, JsonObject, LogLevel, ValidationStatus } from '@formaops/core';
import type { Queryable } from '../pool.ts';
import type { LogView } from './queries.ts';

/** An execution and whose it must be. */
export interface OwnedExecution {
  id: string;
  userId: string;
}

/** How far an execution has come, with its story so far; for telling others, so without inputs and output. */
export interface ExecutionProgress extends OwnedExecution {
  promptId: string;
  status: ExecutionStatus;
  attempt: number;
  validationStatus: ValidationStatus;
  costUsd: string | null;
  latencyMs: number | null;
  error: { code: string; message: string } | null;
  createdAt: Date;
  completedAt: Date | null;
  /** When each attempt began, from the first. */
  attempts: Array<{ attempt: number; startedAt: Date }>;
  /** In the order it happened. */
  logs: LogView[];
  /** When this was read, by the clock of the database. */
  readAt: Date;
}

interface ProgressRow extends OwnedExecution {
  prompt_id: string;
  status: ExecutionStatus;
  attempt: number;
  validation_status: ValidationStatus;
  cost_usd: string | null;
  latency_ms: number | null;
  error_code: string | null;
  error_message: string | null;
  created_at: Date;
  completed_at: Date | null;
  attempts: Array<{ attempt: number; startedAt: string }> | null;
  logs: Array<{
    id: string;
    level: LogLevel;
    message: string;
    metadata: JsonObject | null;
    timestamp: string;
  }> | null;
  read_at: Date;
}

/** Log lines of one execution at most, its latest: ten attempts write some fifty. */
const maxLines = 500;

const progressOf = (e: string) => `
  ${e}.id, ${e}.user_id AS "userId", ${e}.prompt_id, ${e}.status, ${e}.attempt, ${e}.validation_status,
  ${e}.cost_usd::text, ${e}.latency_ms, ${e}.error_code, ${e}.error_message, ${e}.created_at, ${e}.completed_at,
  (SELECT json_agg(json_build_object('attempt', a.attempt, 'startedAt', a.started_at) ORDER BY a.attempt)
   FROM execution_attempts a WHERE a.execution_id = ${e}.id) AS attempts,
  (SELECT json_agg(l ORDER BY l.timestamp, l.id)
   FROM (SELECT id, level, message, metadata, timestamp FROM execution_logs
         WHERE execution_id = ${e}.id ORDER BY timestamp DESC, id DESC LIMIT ${maxLines}) l) AS logs,
  clock_timestamp() AS read_at`;

/**
 * Reads how far executions have come, in one statement for all; those that are missing or somebody else's are left out.
 * Served by the primary keys and `idx_execution_logs_execution_time`.
 */
export async function readProgress(
  db: Queryable,
  executions: readonly OwnedExecution[],
): Promise<ExecutionProgress[]> {
  const { rows } = await db.query<ProgressRow>(
    `SELECT ${progressOf('e')}
     FROM unnest($1::text[], $2::text[]) AS w(id, user_id) JOIN executions e ON e.id = w.id AND e.user_id = w.user_id`,
    [executions.map(({ id }) => id), executions.map(({ userId }) => userId)],
  );
  return rows.map(toProgress);
}

/**
 * Reads which of a user's latest executions have moved since a time, oldest first. Served by
 * `idx_executions_user_created`.
 *
 * @param scanned how many executions to look at, from the latest on.
 * @returns also whether there are older ones, of which nobody has looked.
 */
export async function listProgressSince(
  db: Queryable,
  userId: string,
  since: Date,
  scanned: number,
): Promise<{ executions: ExecutionProgress[]; hasOlder: boolean }> {
  const { rows } = await db.query<ProgressRow & { place: string }>(
    `SELECT ${progressOf('e')}, e.place
     FROM (SELECT *, row_number() OVER (ORDER BY created_at DESC, id DESC) AS place
           FROM (SELECT * FROM executions WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $3 + 1) x) e
     WHERE e.place > $3 OR greatest(e.created_at, e.started_at, e.completed_at) > $2
       OR e.completed_at IS NULL AND EXISTS (
         SELECT FROM execution_logs l WHERE l.execution_id = e.id AND l.timestamp > $2)
     ORDER BY e.created_at, e.id`,
    [userId, since, scanned],
  );
  const executions = rows.filter(({ place }) => Number(place) <= scanned).map(toProgress);
  return { executions, hasOlder: executions.length < rows.length };
}

/** An execution, and what is known of it: how many attempts it has begun, and that it has not ended. */
export interface KnownProgress extends OwnedExecution {
  attempt: number;
}

/** Since when to look for new executions of a user. */
export interface NewSince {
  userId: string;
  since: Date;
}

export interface MovedExecutions {
  moved: OwnedExecution[];
  /** When this was read, by the clock of the database. */
  readAt: Date;
}

/** New executions of one user at most. */
const maxNew = 200;

/**
 * Finds which executions have moved beyond what is known of them, and which users have new ones; one statement for all.
 * Served by the primary key and `idx_executions_user_created`.
 */
export async function findMoved(
  db: Queryable,
  known: readonly KnownProgress[],
  news: readonly NewSince[],
): Promise<MovedExecutions> {
  const { rows } = await db.query<{ id: string | null; userId: string | null; readAt: Date }>(
    `WITH moved AS (
       SELECT e.id, e.user_id
       FROM unnest($1::text[], $2::text[], $3::int[]) AS k(id, user_id, attempt)
         JOIN executions e ON e.id = k.id AND e.user_id = k.user_id
       WHERE e.attempt > k.attempt OR e.status IN ('COMPLETED', 'FAILED', 'CANCELLED')
       UNION
       SELECT n.id, u.id FROM unnest($4::text[], $5::timestamptz[]) AS u(id, since)
         CROSS JOIN LATERAL (SELECT id FROM executions WHERE user_id = u.id AND created_at > u.since
           ORDER BY created_at DESC LIMIT ${maxNew}) n)
     SELECT m.id, m.user_id AS "userId", t.now AS "readAt"
     FROM (SELECT clock_timestamp() AS now) t LEFT JOIN moved m ON true`,
    [
      known.map(({ id }) => id),
      known.map(({ userId }) => userId),
      known.map(({ attempt }) => attempt),
      news.map(({ userId }) => userId),
      news.map(({ since }) => since),
    ],
  );
  const moved = rows.flatMap(({ id, userId }) => (id !== null && userId !== null ? { id, userId } : []));
  return { moved, readAt: rows[0]?.readAt ?? new Date(0) };
}

/** @returns what time it is for the database, whose clock stamps everything that happens. */
export async function readDatabaseTime(db: Queryable): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return rows[0]?.now ?? new Date(0);
}

function toProgress(row: ProgressRow): ExecutionProgress {
  const { id, userId, status, attempt, error_code: code, error_message: message } = row;
  return {
    id,
    userId,
    promptId: row.prompt_id,
    status,
    attempt,
    validationStatus: row.validation_status,
    costUsd: row.cost_usd,
    latencyMs: row.latency_ms,
    error: code === null ? null : { code, message: message ?? code },
    createdAt: row.created_at,
    completedAt: row.completed_at,
    attempts: (row.attempts ?? []).map((one) => ({ ...one, startedAt: new Date(one.startedAt) })),
    logs: (row.logs ?? []).map((line) => ({ ...line, timestamp: new Date(line.timestamp) })),
    readAt: row.read_at,
  };
}
