import { types } from 'node:util';
import type { WebhookDisabledReason } from '@formaops/core';
import type { Queryable } from '../pool.ts';

/** A user has no more; the database refuses the next one. */
export const maxWebhooks = 10;

/** How long a secret is valid after it was replaced, in milliseconds: a day. */
export const secretOverlapMs = 24 * 3_600_000;

/** An endpoint as its owner sees it. */
export interface Webhook {
  id: string;
  url: string;
  description: string | null;
  eventTypes: string[];
  isActive: boolean;
  /** When the product switched it off, and why. */
  disabledAt: Date | null;
  disabledReason: WebhookDisabledReason | null;
  /** Since when nothing has gone well; null while all is well. */
  failingSince: Date | null;
  /** Until when the secret before this one signs as well. */
  previousSecretUntil: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewWebhook extends Pick<Webhook, 'id' | 'url' | 'description' | 'eventTypes' | 'isActive'> {
  /** Encrypted. */
  secret: string;
}

/** What is left out stays as it is. */
export type WebhookChanges = Partial<Pick<Webhook, 'url' | 'description' | 'eventTypes' | 'isActive'>>;

const columns = `w.id, w.url, w.description, w.event_types AS "eventTypes", w.is_active AS "isActive",
  w.disabled_at AS "disabledAt", w.disabled_reason AS "disabledReason", w.failing_since AS "failingSince",
  CASE WHEN w.previous_secret_until > clock_timestamp() THEN w.previous_secret_until END AS "previousSecretUntil",
  w.created_at AS "createdAt", w.updated_at AS "updatedAt"`;

/** All endpoints of a user, newest first. Served by `webhooks_user_id_idx`, as everything that is asked of a user's. */
export async function listWebhooks(db: Queryable, userId: string): Promise<Webhook[]> {
  const { rows } = await db.query<Webhook>(
    `SELECT ${columns} FROM webhooks w WHERE w.user_id = $1 ORDER BY w.created_at DESC, w.id DESC`,
    [userId],
  );
  return rows;
}

/** @returns null when there is none, or it is somebody else's. */
export function findWebhook(db: Queryable, userId: string, id: string): Promise<Webhook | null> {
  return one(db, `SELECT ${columns} FROM webhooks w WHERE w.id = $1 AND w.user_id = $2`, [id, userId]);
}

/** @returns null when the user has {@link maxWebhooks} already; a trigger counts them under the user's lock. */
export async function insertWebhook(
  db: Queryable,
  userId: string,
  { id, url, description, eventTypes, isActive, secret }: NewWebhook,
): Promise<Webhook | null> {
  try {
    return await one(
      db,
      `INSERT INTO webhooks AS w (id, url, description, event_types, is_active, secret, user_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${columns}`,
      [id, url, description, eventTypes, isActive, secret, userId],
    );
  } catch (error) {
    const constraint = types.isNativeError(error) && 'constraint' in error ? error.constraint : undefined;
    if (constraint === 'chk_webhooks_per_user') return null;
    throw error;
  }
}

/** Whoever is switched on, or moves elsewhere, begins anew. */
const beginsAnew = `(coalesce($6, w.is_active) AND NOT w.is_active OR $3 <> w.url)`;

/** @returns null when there is none, or it is somebody else's. */
export function updateWebhook(
  db: Queryable,
  userId: string,
  id: string,
  { url, description, eventTypes, isActive }: WebhookChanges,
): Promise<Webhook | null> {
  return one(
    db,
    `UPDATE webhooks w SET
       url = coalesce($3, w.url), description = CASE WHEN $4 THEN $5 ELSE w.description END,
       is_active = coalesce($6::boolean, w.is_active), event_types = coalesce($7, w.event_types),
       active_since = CASE WHEN coalesce($6, w.is_active) AND NOT w.is_active OR $7 <> w.event_types
         THEN clock_timestamp() ELSE w.active_since END,
       disabled_at = CASE WHEN NOT coalesce($6, w.is_active) THEN w.disabled_at END,
       disabled_reason = CASE WHEN NOT coalesce($6, w.is_active) THEN w.disabled_reason END,
       consecutive_failures = CASE WHEN ${beginsAnew} THEN 0 ELSE w.consecutive_failures END,
       failing_since = CASE WHEN ${beginsAnew} THEN NULL ELSE w.failing_since END,
       paused_until = CASE WHEN ${beginsAnew} THEN NULL ELSE w.paused_until END,
       updated_at = clock_timestamp()
     WHERE w.id = $1 AND w.user_id = $2 RETURNING ${columns}`,
    [
      id,
      userId,
      url ?? null,
      description !== undefined,
      description ?? null,
      isActive ?? null,
      eventTypes ?? null,
    ],
  );
}

/**
 * Replaces the secret; the one before stays valid for {@link secretOverlapMs}, and the one before that no longer.
 *
 * @param secret encrypted.
 * @returns null when there is none, or it is somebody else's.
 */
export function rotateWebhookSecret(
  db: Queryable,
  userId: string,
  id: string,
  secret: string,
): Promise<Webhook | null> {
  return one(
    db,
    `UPDATE webhooks w SET previous_secret = w.secret, secret = $3, updated_at = clock_timestamp(),
       previous_secret_until = clock_timestamp() + $4::float8 * interval '1 ms'
     WHERE w.id = $1 AND w.user_id = $2 RETURNING ${columns}`,
    [id, userId, secret, secretOverlapMs],
  );
}

/** @returns whether there was one. What waited for it is given up, and its deliveries can no longer be seen. */
export async function deleteWebhook(db: Queryable, userId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('DELETE FROM webhooks WHERE id = $1 AND user_id = $2', [id, userId]);
  return rowCount === 1;
}

async function one(db: Queryable, sql: string, parameters: unknown[]): Promise<Webhook | null> {
  const { rows } = await db.query<Webhook>(sql, parameters);
  return rows[0] ?? null;
}
