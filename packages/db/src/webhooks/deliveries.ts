import { type WebhookDeliveryStatus, webhookTestType } from '@formaops/core';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';

/** One attempt to deliver, as its owner sees it. What the endpoint answered besides its status is kept nowhere. */
export interface DeliveryAttempt {
  attempt: number;
  endedAt: Date;
  /** The HTTP status; null where there was no answer. */
  statusCode: number | null;
  /** Null when it was delivered. */
  errorCode: string | null;
  durationMs: number;
}

/** One thing that an endpoint is told, as its owner sees it. */
export interface WebhookDelivery {
  id: string;
  webhookId: string;
  eventType: string;
  /** Null for a test. */
  executionId: string | null;
  status: WebhookDeliveryStatus;
  /** Why it FAILED. */
  errorCode: string | null;
  createdAt: Date;
  /** When the next attempt is due, or while one is under way when it counts as lost; null when it has ended. */
  nextAttemptAt: Date | null;
  endedAt: Date | null;
  /** From the first; one is missing whose worker died in the middle, or during which it was asked for again. */
  attempts: DeliveryAttempt[];
}

export interface DeliveryFilter {
  status?: WebhookDeliveryStatus;
}

/** The place in a list, newest first, after which the next page starts. */
interface Position {
  createdAt: Date;
  id: string;
}

const columns = `d.id, d.webhook_id AS "webhookId", d.event_type AS "eventType", d.execution_id AS "executionId", d.status,
  d.error_code AS "errorCode", d.created_at AS "createdAt", d.ended_at AS "endedAt",
  CASE WHEN d.status = 'PENDING' THEN d.due_at END AS "nextAttemptAt",
  (SELECT coalesce(json_agg(json_build_object('attempt', a.attempt, 'endedAt', a.ended_at, 'statusCode', a.status_code,
      'errorCode', a.error_code, 'durationMs', a.duration_ms) ORDER BY a.attempt), '[]')
   FROM webhook_attempts a WHERE a.delivery_id = d.id) AS attempts`;

/** SQL: null for an endpoint of somebody else. */
const ownWebhook = `(SELECT w.id FROM webhooks w WHERE w.id = $1 AND w.user_id = $2)`;

/**
 * Lists what an endpoint was told or is to be told, newest first by (created_at, id). Served by
 * `idx_webhook_deliveries_list`, with a status by `idx_webhook_deliveries_status`.
 *
 * @param limit 1 to 101.
 */
export async function listDeliveries(
  db: Queryable,
  userId: string,
  webhookId: string,
  { status }: DeliveryFilter,
  after: Position | null,
  limit: number,
): Promise<WebhookDelivery[]> {
  const parameters: unknown[] = [webhookId, userId, limit];
  const conditions = [`d.webhook_id = ${ownWebhook}`];
  if (status) conditions.push(`d.status = $${parameters.push(status)}`);
  if (after) {
    // The first condition alone bounds the scan of the index; the second cuts within one millisecond.
    const at = `$${parameters.push(after.createdAt)}`;
    conditions.push(`d.created_at <= ${at}`, `(d.created_at, d.id) < (${at}, $${parameters.push(after.id)})`);
  }
  const { rows } = await db.query<WebhookDelivery>(
    `SELECT ${columns} FROM webhook_deliveries d WHERE ${conditions.join(' AND ')}
     ORDER BY d.created_at DESC, d.id DESC LIMIT $3`,
    parameters,
  );
  return rows.map(withDates);
}

/** @returns null when there is none, or it is somebody else's. */
export async function findDelivery(
  db: Queryable,
  userId: string,
  webhookId: string,
  id: string,
): Promise<WebhookDelivery | null> {
  const { rows } = await db.query<WebhookDelivery>(
    `SELECT ${columns} FROM webhook_deliveries d WHERE d.webhook_id = ${ownWebhook} AND d.id = $3`,
    [webhookId, userId, id],
  );
  return rows[0] ? withDates(rows[0]) : null;
}

/** What became of asking for a delivery. `missing`: there is none, or it is somebody else's. */
export type DeliveryRequest =
  | { kind: 'due'; delivery: WebhookDelivery }
  | { kind: 'missing' }
  | { kind: 'inactive' };

/** Records a test, due at once. */
export async function insertTestDelivery(
  db: Queryable,
  userId: string,
  webhookId: string,
): Promise<DeliveryRequest> {
  return requested(
    db,
    userId,
    webhookId,
    `INSERT INTO webhook_deliveries AS d (id, webhook_id, event_type, data)
     SELECT $3, w.id, $4, json_build_object('webhookId', w.id)
     FROM webhooks w WHERE w.id = $1 AND w.user_id = $2 AND w.is_active RETURNING ${columns}`,
    [newId(), webhookTestType],
  );
}

/**
 * Makes a delivery due at once and with all its tries, however it ended; its id stays, by which receivers know it. What comes
 * of an attempt that is under way no longer counts: it could put off what was asked for, or end it.
 */
export async function redeliver(
  db: Queryable,
  userId: string,
  webhookId: string,
  id: string,
): Promise<DeliveryRequest> {
  if ((await findDelivery(db, userId, webhookId, id)) === null) return { kind: 'missing' };
  return requested(
    db,
    userId,
    webhookId,
    `UPDATE webhook_deliveries d SET status = 'PENDING', ended_at = NULL, error_code = NULL, tries = 0,
       attempt = d.attempt + (d.status = 'PENDING')::int, due_at = clock_timestamp()
     FROM webhooks w WHERE d.id = $3 AND d.webhook_id = w.id AND w.id = $1 AND w.user_id = $2 AND w.is_active
     RETURNING ${columns}`,
    [id],
  );
}

async function requested(
  db: Queryable,
  userId: string,
  webhookId: string,
  sql: string,
  more: unknown[],
): Promise<DeliveryRequest> {
  const { rows } = await db.query<WebhookDelivery>(sql, [webhookId, userId, ...more]);
  if (rows[0]) return { kind: 'due', delivery: withDates(rows[0]) };
  const { rowCount } = await db.query(`SELECT 1 WHERE ${ownWebhook} IS NOT NULL`, [webhookId, userId]);
  return { kind: rowCount === 0 ? 'missing' : 'inactive' };
}

function withDates(delivery: WebhookDelivery): WebhookDelivery {
  const attempts = delivery.attempts.map((one) => ({ ...one, endedAt: new Date(one.endedAt) }));
  return { ...delivery, attempts };
}
