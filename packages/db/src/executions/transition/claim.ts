import {
  type ClaimRefusal,
  type Execution,
  maxCrashAttempts,
  type UserPlan,
  whyNotClaimable,
} from '@formaops/core';
import { newId } from '../../new-id.ts';
import { isDatabaseUnavailable, type Queryable } from '../../pool.ts';
import { prepared } from '../../prepared.ts';
import { rowSet } from '../../row-set.ts';
import { hasStatus, looksRare } from '../by-key.ts';
import type { SummaryRow } from '../execution-row.ts';
import { inLockOrder } from './lock-order.ts';
import { park } from './parking.ts';
import { type RunningCaps, runningOf } from './running-caps.ts';
import { waitsSince } from './waits-since.ts';

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
  /** Models of users whose calls have failed so often that repeated attempts have to wait. */
  unfunded: ReadonlyArray<{ tenantId: string; model: string }>;
}

/** An execution that this worker may run now, with what running it needs. */
export interface ClaimedExecution
  extends Pick<
    Execution,
    | 'id'
    | 'userId'
    | 'promptId'
    | 'inputs'
    | 'context'
    | 'model'
    | 'parameters'
    | 'attempt'
    | 'maxAttempts'
    | 'timeoutMs'
  > {
  token: string;
  /** The template of the pinned prompt version. */
  template: string;
  /** Attempts charged so far, without this one. */
  chargedAttempts: number;
  /** Until the deadline, by the clock of the database, in milliseconds. */
  deadlineInMs: number;
  plan: UserPlan;
}

const noRules: ClaimRules = { runningCaps: {}, suspensions: [], unfunded: [] };

/**
 * Why a claim was refused. `parked`: its owner runs as many as the plan allows, and it is rung for when there is room.
 * `suspended`: its model is not to be called now. `unfunded`: repeated attempts of its owner with its model have to wait.
 * `contended`: somebody else was writing it, or nobody knows.
 */
export type RefusedClaim = {
  id: string;
  applied: false;
  reason: ClaimRefusal | 'missing' | 'parked' | 'suspended' | 'unfunded' | 'contended';
  /** With `notDue`: when it, or its next attempt, may start, in milliseconds from now. */
  dueInMs: number;
};

export type ClaimAnswer = { id: string; applied: true; execution: ClaimedExecution } | RefusedClaim;

const isListed = (list: string) => `
      EXISTS (SELECT 1 FROM json_to_recordset(${list}::json) AS s("tenantId" text, model text)
        WHERE s.model = x.model AND (s."tenantId" IS NULL OR s."tenantId" = x.user_id))`;
const isSuspended = isListed('$2');
const isUnfunded = `(x.charged_attempts > 0 AND ${isListed('$3')})`;

const claimColumns = `e.id, e.user_id AS "userId", e.prompt_id AS "promptId", e.inputs, e.context, e.model, e.parameters,
    e.attempt, e.max_attempts AS "maxAttempts", e.timeout_ms AS "timeoutMs", e.lease_token AS token, v.template,
    e.charged_attempts AS "chargedAttempts",
    extract(epoch FROM e.deadline_at - clock_timestamp())::float8 * 1000 AS "deadlineInMs"`;

const isClaimable = `
      ((${hasStatus('x', 'PENDING')} AND (x.run_at IS NULL OR x.run_at <= clock_timestamp())) OR (${hasStatus('x', 'RUNNING')} AND x.lease_token IS NULL
        AND (x.next_attempt_at IS NULL OR x.next_attempt_at <= clock_timestamp())))
      AND x.cancel_requested_at IS NULL AND x.deadline_at > clock_timestamp()
      AND x.charged_attempts < x.max_attempts AND x.crash_attempts <= ${maxCrashAttempts}`;

const claimRows = rowSet<Claim & { logId: string }>(
  'w',
  { id: 'text', token: 'text', workerId: 'text', leaseMs: 'bigint', logId: 'text' },
  4,
);

// A row that somebody else is writing is left out: one that stays locked would hold up every claim of this process.
// `place` counts the claims of one user within this statement, which see the same running ones: so the cap holds within
// a process, which claims by one statement at a time. Two processes that claim in the same moment can exceed it by what
// they claim then.
const claimStatement = prepared(
  'claim',
  `
  WITH wanted AS (
    SELECT * FROM ${claimRows.sql} WHERE ${looksRare('w.id')}
  ), open AS (
    SELECT w.*, x.user_id, ${waitsSince('x')} AS waits_since FROM wanted w JOIN executions x ON x.id = w.id
    WHERE ${isClaimable} AND NOT ${isSuspended} AND NOT ${isUnfunded} ORDER BY w.id
    FOR NO KEY UPDATE OF x SKIP LOCKED
  ), capped AS (
    SELECT o.*, u.plan, ($1::jsonb ->> u.plan::text)::int AS cap,
      row_number() OVER (PARTITION BY o.user_id ORDER BY o.waits_since, o.id) AS place
    FROM open o JOIN users u ON u.id = o.user_id
  ), room AS MATERIALIZED (
    SELECT c.user_id, c.cap - ${runningOf('c.user_id')} AS free
    FROM (SELECT DISTINCT user_id, cap FROM capped WHERE cap IS NOT NULL) c
  ), e AS (
    UPDATE executions x SET
      status = 'RUNNING', attempt = x.attempt + 1,
      started_at = coalesce(x.started_at, greatest(clock_timestamp(), x.created_at, x.run_at)),
      lease_token = c.token, lease_expires_at = clock_timestamp() + c."leaseMs" * interval '1 ms',
      next_attempt_at = NULL, parked_rank = NULL, edge_function_id = c."workerId" || '#' || (x.attempt + 1)
    FROM capped c LEFT JOIN room r ON r.user_id = c.user_id
    WHERE x.id = c.id AND (r.free IS NULL OR c.place <= r.free) AND ${isClaimable}
    RETURNING x.id, x.user_id, x.prompt_id, x.prompt_version, x.inputs, x.context, x.model, x.parameters, x.attempt,
      x.max_attempts, x.timeout_ms, x.lease_token, x.charged_attempts, x.deadline_at, c."workerId", c."logId", c.plan,
      clock_timestamp() AS now
  ), ledger AS (
    INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
    SELECT e.id, e.attempt, e.lease_token, e."workerId", e.now FROM e
  ), logged AS (
    INSERT INTO execution_logs (id, execution_id, level, message, metadata, timestamp)
    SELECT e."logId", e.id, 'INFO', 'Attempt started',
      jsonb_build_object('attempt', e.attempt, 'workerId', e."workerId", 'model', e.model), e.now FROM e
  )
  SELECT ${claimColumns}, e.plan
  FROM e JOIN prompt_versions v ON v.prompt_id = e.prompt_id AND v.version = e.prompt_version`,
);

const claimedBeforeSql = `
  SELECT ${claimColumns}, u.plan
  FROM executions e JOIN users u ON u.id = e.user_id
    JOIN prompt_versions v ON v.prompt_id = e.prompt_id AND v.version = e.prompt_version
  WHERE e.id = ANY ($1) AND e.lease_token = ANY ($2)`;

/**
 * PENDING, or RUNNING without a lease and due → RUNNING with a lease. Writes the attempt into the ledger before
 * anybody can call the model. Refused while somebody holds the lease, before it is due, after a wish to
 * cancel, after the deadline, when the attempts are used up, and by the {@link ClaimRules}; only when something was
 * refused does it cost a second statement, which looks up why, and a third where executions have to wait for room.
 *
 * May be repeated when the connection broke before the answer came: what the same token claimed before counts as applied.
 */
export async function claim(
  db: Queryable,
  claims: Claim[],
  rules: Partial<ClaimRules> = {},
): Promise<ClaimAnswer[]> {
  const wanted = claims.map((one) => ({ ...one, logId: newId() }));
  const { runningCaps, suspensions, unfunded } = { ...noRules, ...rules };
  const limits = [runningCaps, suspensions, unfunded].map((rule) => JSON.stringify(rule));
  const { rows } = await db.query<ClaimedExecution>({
    ...claimStatement,
    values: [...limits, ...claimRows.parameters(inLockOrder(wanted))],
  });
  const claimed = new Map(rows.map((row) => [row.token, row]));
  const refused = claims.filter(({ token }) => !claimed.has(token));
  const mustAnswer = claimed.size > 0;
  const { reasonOf, isHeldBy } =
    refused.length > 0 ? await whyRefused(db, refused, limits, mustAnswer) : nobodyKnows;
  const repeated = refused.filter(isHeldBy);
  if (repeated.length > 0) for (const one of await claimedBefore(db, repeated)) claimed.set(one.token, one);
  return claims.map(({ id, token }) => {
    const execution = claimed.get(token);
    return execution ? { id, applied: true, execution } : { id, applied: false, ...reasonOf(id) };
  });
}

type Reason = Pick<RefusedClaim, 'reason' | 'dueInMs'>;

const notKnown: Reason = { reason: 'contended', dueInMs: 0 };
const missing: Reason = { reason: 'missing', dueInMs: 0 };

interface Refusals {
  reasonOf(id: string): Reason;
  /** Whether it was this very claim that succeeded before. */
  isHeldBy(claim: Claim): boolean;
}

const nobodyKnows: Refusals = { reasonOf: () => notKnown, isHeldBy: () => false };

/** What the same tokens claimed already. Not caught: the claims can be repeated once more. */
async function claimedBefore(db: Queryable, claims: Claim[]): Promise<ClaimedExecution[]> {
  const parameters = [claims.map(({ id }) => id), claims.map(({ token }) => token)];
  const { rows } = await db.query<ClaimedExecution>(claimedBeforeSql, parameters);
  return rows;
}

const whyRefusedSql = `
  SELECT x.id, x.status, x.lease_token, x.lease_expires_at, x.run_at, x.next_attempt_at,
    x.cancel_requested_at IS NOT NULL AS is_wished, x.deadline_at, x.max_attempts, x.charged_attempts,
    x.crash_attempts, CASE WHEN $1::jsonb ->> u.plan::text IS NOT NULL
      THEN ${runningOf('x.user_id')} >= ($1::jsonb ->> u.plan::text)::int ELSE false END AS is_full,
    ${isSuspended} AS is_suspended,
    ${isUnfunded} AS is_unfunded, clock_timestamp() AS now
  FROM executions x JOIN users u ON u.id = x.user_id WHERE x.id = ANY ($4)`;

interface RefusedRow extends Pick<SummaryRow, 'id' | 'status'> {
  lease_token: string | null;
  lease_expires_at: Date | null;
  run_at: Date | null;
  next_attempt_at: Date | null;
  is_wished: boolean;
  deadline_at: Date;
  max_attempts: number;
  charged_attempts: number;
  crash_attempts: number;
  is_full: boolean;
  is_suspended: boolean;
  is_unfunded: boolean;
  now: Date;
}

/**
 * Looks up why claims were refused. What was claimed by the same statement is committed, and must reach its callers: so
 * when the database is away now, nobody knows, and the claims are tried again.
 *
 * @param mustAnswer whether there are such; without them the caller repeats the claims, one of which may hold its lease.
 */
async function whyRefused(
  db: Queryable,
  claims: Claim[],
  limits: string[],
  mustAnswer: boolean,
): Promise<Refusals> {
  const ids = claims.map(({ id }) => id);
  try {
    const { rows } = await db.query<RefusedRow>(whyRefusedSql, [...limits, ids]);
    const reasons = new Map(rows.map((row) => [row.id, { reason: reasonFor(row), dueInMs: dueInMs(row) }]));
    const toPark = ids.filter((id) => reasons.get(id)?.reason === 'parked');
    const parked = toPark.length > 0 ? await park(db, toPark) : new Set<string>();
    // Not in the line: it was not for want of room that its claim was refused.
    const isContended = (id: string) => reasons.get(id)?.reason === 'parked' && !parked.has(id);
    const holders = new Map(rows.map((row) => [row.id, row.lease_token]));
    return {
      reasonOf: (id) => (isContended(id) ? notKnown : (reasons.get(id) ?? missing)),
      isHeldBy: ({ id, token }) => holders.get(id) === token,
    };
  } catch (error) {
    if (mustAnswer && isDatabaseUnavailable(error)) return nobodyKnows;
    throw error;
  }
}

function dueInMs({ next_attempt_at: next, run_at: first, now }: RefusedRow): number {
  return Math.max(0, ((next ?? first)?.getTime() ?? 0) - now.getTime());
}

function reasonFor(row: RefusedRow): RefusedClaim['reason'] {
  const state = {
    status: row.status,
    maxAttempts: row.max_attempts,
    chargedAttempts: row.charged_attempts,
    crashAttempts: row.crash_attempts,
    lease: row.lease_token
      ? { token: row.lease_token, expiresAt: row.lease_expires_at?.getTime() ?? 0 }
      : null,
    runAt: row.run_at?.getTime() ?? null,
    nextAttemptAt: row.next_attempt_at?.getTime() ?? null,
    isCancelRequested: row.is_wished,
    deadlineAt: row.deadline_at.getTime(),
  };
  const why = whyNotClaimable(state, row.now.getTime());
  if (why !== null) return why;
  if (row.is_suspended) return 'suspended';
  if (row.is_unfunded) return 'unfunded';
  // With room for it, somebody else was writing it, or the room has come since.
  return row.is_full ? 'parked' : 'contended';
}
