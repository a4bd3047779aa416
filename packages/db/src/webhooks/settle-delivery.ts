import {
  type DeliveryDecision,
  type DeliveryResult,
  disableAfterMs,
  endpointPauseMs,
  pauseAfterFailures,
  type WebhookDisabledReason,
} from '@formaops/core';
import type { Queryable } from '../pool.ts';
import { prepared } from '../prepared.ts';
import type { DueDelivery } from './take-due.ts';

/** How an attempt ended, and what is to follow. */
export interface DeliverySettlement
  extends Pick<DueDelivery, 'id' | 'attempt' | 'failures' | 'url'>,
    DeliveryResult {
  durationMs: number;
  decision: DeliveryDecision;
}

/** `applied`: false when another worker has taken it since, or it was asked for again. */
export interface SettledDelivery {
  applied: boolean;
  /** Set when the endpoint was switched off by this. */
  disabled: WebhookDisabledReason | null;
}

/** From then on the pause does not grow. */
const longestPauseFrom = pauseAfterFailures + 10;
const pauses = Array.from({ length: longestPauseFrom + 1 }, (_, failures) => endpointPauseMs(failures));
const pauseMs = (failures: string) =>
  `('{${pauses.join(',')}}'::int[])[1 + least(${failures}, ${longestPauseFrom})]`;

// What was sent side by side and failed together failed once: an endpoint that was away for a moment is not left alone for long.
const failures = 'least(w.consecutive_failures, greatest(w.consecutive_failures - 1, $9::int)) + 1';
const failsForDays = `(w.failing_since < clock_timestamp() - ${disableAfterMs}::float8 * interval '1 ms')`;
const disables = `($8::text IS NOT NULL OR ${failsForDays})`;

const settleStatement = prepared(
  'settle_delivery',
  `
  WITH d AS (
    UPDATE webhook_deliveries x SET
      status = $3::"WebhookDeliveryStatus", error_code = CASE WHEN $3 = 'FAILED' THEN $6 END,
      ended_at = CASE WHEN $3 <> 'PENDING' THEN clock_timestamp() END,
      due_at = clock_timestamp() + $4::float8 * interval '1 ms'
    WHERE x.id = $1 AND x.attempt = $2 AND x.status = 'PENDING'
    RETURNING x.id, x.webhook_id
  ), logged AS (
    INSERT INTO webhook_attempts (delivery_id, attempt, status_code, error_code, duration_ms)
    SELECT d.id, $2, $5, $6, $7 FROM d
  ), recovered AS (
    -- Not written while all is well: the row is read for every delivery.
    UPDATE webhooks w SET consecutive_failures = 0, failing_since = NULL, paused_until = NULL
    FROM d WHERE w.id = d.webhook_id AND w.url = $10 AND $6::text IS NULL AND (w.consecutive_failures > 0 OR w.failing_since IS NOT NULL)
  ), failed AS (
    UPDATE webhooks w SET
      consecutive_failures = ${failures}, failing_since = coalesce(w.failing_since, clock_timestamp()),
      paused_until = CASE WHEN ${failures} >= ${pauseAfterFailures}
        THEN clock_timestamp() + ${pauseMs(failures)} * interval '1 ms' END,
      is_active = w.is_active AND NOT coalesce(${disables}, false),
      disabled_at = CASE WHEN w.is_active AND ${disables} THEN clock_timestamp() ELSE w.disabled_at END,
      disabled_reason = CASE WHEN w.is_active AND ${disables} THEN coalesce($8, 'FAILING') ELSE w.disabled_reason END
    -- What an address answers says nothing of the one that its owner has put in its place meanwhile.
    FROM d WHERE w.id = d.webhook_id AND w.url = $10 AND $6::text IS NOT NULL
    RETURNING w.disabled_reason, w.is_active
  )
  SELECT (SELECT disabled_reason FROM failed WHERE NOT is_active) AS disabled FROM d`,
);

/**
 * Writes down how an attempt ended: in the delivery, in its log, and for its endpoint, which is left alone for a while after
 * several failures in a row and switched off after days of them. Refused when somebody else has taken the delivery since.
 */
export async function settleDelivery(
  db: Queryable,
  { id, attempt, failures: before, url, statusCode, errorCode, durationMs, decision }: DeliverySettlement,
): Promise<SettledDelivery> {
  const status = { delivered: 'DELIVERED', retry: 'PENDING', failed: 'FAILED' }[decision.kind];
  const delayMs = decision.kind === 'retry' ? decision.delayMs : 0;
  const disable = decision.kind === 'failed' ? decision.disable : null;
  const values = [id, attempt, status, delayMs, statusCode, errorCode, durationMs, disable, before, url];
  const { rows } = await db.query<{ disabled: WebhookDisabledReason | null }>({ ...settleStatement, values });
  return { applied: rows.length > 0, disabled: rows[0]?.disabled ?? null };
}
