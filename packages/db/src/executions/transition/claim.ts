import {
  type ClaimRefusal,
  type Execution,
  maxCrashAttempts,
  type UserPlan,
  whyNotClaimable,
} from '@formaops/core';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { type ExecutionRow, executionColumns, toExecution } from '../execution-row.ts';
import { inLockOrder } from './lock-order.ts';
import { park } from './parking.ts';
import { type RunningCaps, runningOf } from './running-caps.ts';

export interface Claim {
  id: string;
  /** Unique for this attempt; every later write of the attempt must show it. */
  token: string;
  workerId: string;
  leaseMs: number;
}

/** What else keeps executions from being claimed. */
export interface ClaimRules {
  /** How many executions a user of each plan may have running; a plan that is not named has no cap. */
  runningCaps: RunningCaps;
  /** Models that are not to be called at the moment: by one user, or by anybody where `tenantId` is null. */
  suspensions: ReadonlyArray<{ tenantId: string | null; model: string }>;
}

/** An execution that this worker may run now. */
export interface ClaimedExecution extends Execution {
  token: string;
  /** The template of the pinned prompt version. */
  template: string;
  /** Attempts charged so far, without this one. */
  chargedAttempts: number;
  plan: UserPlan;
}

/**
 * Why a claim was refused. `parked`: its owner runs as many as the plan allows, and it is rung for when there is room.
 * `suspended`: its model is not to be called now. `contended`: somebody else was writing it.
 */
export type RefusedClaim = {
  id: string;
  applied: false;
  reason: ClaimRefusal | 'missing' | 'parked' | 'suspended' | 'contended';
  /** With `notDue`: when the next attempt may start, in milliseconds from now. */
  dueInMs: number;
};

export type ClaimAnswer = { id: string; applied: true; execution: ClaimedExecution } | RefusedClaim;

const isSuspended = (suspensions: string) => `
      EXISTS (SELECT 1 FROM json_to_recordset(${suspensions}::json) AS s("tenantId" text, model text)
        WHERE s.model = x.model AND (s."tenantId" IS NULL OR s."tenantId" = x.user_id))`;

const isClaimable = `
      (x.status = 'PENDING' OR (x.status = 'RUNNING' AND x.lease_token IS NULL
        AND (x.next_attempt_at IS NULL OR x.next_attempt_at <= clock_timestamp())))
      AND x.cancel_requested_at IS NULL AND x.deadline_at > clock_timestamp()
      AND x.charged_attempts < x.max_attempts AND x.crash_attempts <= ${maxCrashAttempts}`;

// A row that somebody else is writing is left out: one that stays locked would hold up every claim of this process.
// `place` counts the claims of one user within this statement, which see the same running ones: so the cap holds within
// a process, which claims by one statement at a time. Two processes that claim in the same moment can exceed it by what
// they claim then.
const claimSql = `
  WITH wanted AS (
    SELECT * FROM json_to_recordset($1::json)
      AS w(id text, token text, "workerId" text, "leaseMs" bigint, "logId" text)
  ), open AS (
    SELECT w.*, x.user_id, x.created_at FROM wanted w JOIN executions x ON x.id = w.id
    WHERE ${isClaimable} AND NOT ${isSuspended('$3')} ORDER BY w.id
    FOR NO KEY UPDATE OF x SKIP LOCKED
  ), capped AS (
    SELECT o.*, u.plan, ($2::jsonb ->> u.plan::text)::int AS cap,
      row_number() OVER (PARTITION BY o.user_id ORDER BY o.created_at, o.id) AS place
    FROM open o JOIN users u ON u.id = o.user_id
  ), room AS (
    SELECT c.user_id, c.cap - ${runningOf('c.user_id')} AS free
    FROM (SELECT DISTINCT user_id, cap FROM capped WHERE cap IS NOT NULL) c
  ), e AS (
    UPDATE executions x SET
      status = 'RUNNING', attempt = x.attempt + 1,
      started_at = coalesce(x.started_at, greatest(clock_timestamp(), x.created_at)),
      lease_token = c.token, lease_expires_at = clock_timestamp() + c."leaseMs" * interval '1 ms',
      next_attempt_at = NULL, parked_rank = NULL, edge_function_id = c."workerId" || '#' || (x.attempt + 1)
    FROM capped c LEFT JOIN room r ON r.user_id = c.user_id
    WHERE x.id = c.id AND (r.free IS NULL OR c.place <= r.free) AND ${isClaimable}
    RETURNING x.*, c."workerId", c."logId", c.plan
  ), ledger AS (
    INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
    SELECT e.id, e.attempt, e.lease_token, e."workerId", clock_timestamp() FROM e
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT e."logId", e.id, 'INFO', 'Attempt started',
      jsonb_build_object('attempt', e.attempt, 'workerId', e."workerId", 'model', e.model), clock_timestamp() FROM e
  )
  SELECT ${executionColumns}, e.lease_token, e.plan, v.template
  FROM e JOIN prompt_versions v ON v.prompt_id = e.prompt_id AND v.version = e.prompt_version`;

interface ClaimedRow extends ExecutionRow {
  lease_token: string;
  template: string;
  plan: UserPlan;
}

/**
 * PENDING, or RUNNING without a lease and due → RUNNING with a lease. Writes the attempt into the ledger before
 * anybody can call the model. Refused while somebody holds the lease, before the next attempt is due, after a wish to
 * cancel, after the deadline, when the attempts are used up, and by the {@link ClaimRules}; only when something was
 * refused does it cost a second statement, which looks up why, and a third where executions have to wait for room.
 */
export async function claim(
  db: Queryable,
  claims: Claim[],
  rules: ClaimRules = { runningCaps: {}, suspensions: [] },
): Promise<ClaimAnswer[]> {
  const wanted = claims.map((one) => ({ ...one, logId: newId() }));
  const limits = [JSON.stringify(rules.runningCaps), JSON.stringify(rules.suspensions)];
  const parameters = [inLockOrder(wanted), ...limits];
  const { rows } = await db.query<ClaimedRow>(claimSql, parameters);
  const claimed = new Map(rows.map((row) => [row.lease_token, toClaimed(row)]));
  const refused = claims.filter(({ token }) => !claimed.has(token)).map(({ id }) => id);
  const reasons = refused.length > 0 ? await whyRefused(db, refused, rules) : new Map<string, RefusedClaim>();
  return claims.map(({ id, token }) => {
    const execution = claimed.get(token);
    if (execution !== undefined) return { id, applied: true, execution };
    return reasons.get(id) ?? { id, applied: false, reason: 'missing', dueInMs: 0 };
  });
}

function toClaimed(row: ClaimedRow): ClaimedExecution {
  const { lease_token: token, template, plan, charged_attempts: chargedAttempts } = row;
  return { ...toExecution(row), token, template, plan, chargedAttempts };
}

interface RefusedRow extends Pick<ExecutionRow, 'id' | 'status'> {
  lease_token: string | null;
  lease_expires_at: Date | null;
  next_attempt_at: Date | null;
  is_wished: boolean;
  deadline_at: Date;
  max_attempts: number;
  charged_attempts: number;
  crash_attempts: number;
  is_capped: boolean;
  is_suspended: boolean;
  now: Date;
}

async function whyRefused(
  db: Queryable,
  ids: string[],
  { runningCaps, suspensions }: ClaimRules,
): Promise<Map<string, RefusedClaim>> {
  const { rows } = await db.query<RefusedRow>(
    `SELECT x.id, x.status, x.lease_token, x.lease_expires_at, x.next_attempt_at,
       x.cancel_requested_at IS NOT NULL AS is_wished, x.deadline_at, x.max_attempts, x.charged_attempts,
       x.crash_attempts, $2::jsonb ->> u.plan::text IS NOT NULL AS is_capped, ${isSuspended('$3')} AS is_suspended,
       clock_timestamp() AS now
     FROM executions x JOIN users u ON u.id = x.user_id WHERE x.id = ANY ($1)`,
    [ids, JSON.stringify(runningCaps), JSON.stringify(suspensions)],
  );
  const answers = rows.map((row): RefusedClaim => {
    const dueInMs = Math.max(0, (row.next_attempt_at?.getTime() ?? 0) - row.now.getTime());
    return { id: row.id, applied: false, reason: reasonOf(row), dueInMs };
  });
  const toPark = answers.filter(({ reason }) => reason === 'parked').map(({ id }) => id);
  const parked = toPark.length > 0 ? await park(db, toPark) : new Set<string>();
  return new Map(
    answers.map((answer) => {
      // Not in the line: it was not for want of room that its claim was refused.
      const isContended = answer.reason === 'parked' && !parked.has(answer.id);
      return [answer.id, isContended ? { ...answer, reason: 'contended' } : answer];
    }),
  );
}

function reasonOf(row: RefusedRow): RefusedClaim['reason'] {
  const state = {
    status: row.status,
    maxAttempts: row.max_attempts,
    chargedAttempts: row.charged_attempts,
    crashAttempts: row.crash_attempts,
    lease: row.lease_token
      ? { token: row.lease_token, expiresAt: row.lease_expires_at?.getTime() ?? 0 }
      : null,
    nextAttemptAt: row.next_attempt_at?.getTime() ?? null,
    isCancelRequested: row.is_wished,
    deadlineAt: row.deadline_at.getTime(),
  };
  const why = whyNotClaimable(state, row.now.getTime());
  if (why !== null) return why;
  if (row.is_suspended) return 'suspended';
  return row.is_capped ? 'parked' : 'contended';
}
