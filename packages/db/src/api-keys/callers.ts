import { hash } from 'node:crypto';
import type { Scope, UserPlan } from '@formaops/core';
import type { Queryable } from '../pool.ts';

/** Who calls, as far as the API needs to know. */
export interface Caller {
  keyId: string;
  /** Of the key. */
  scopes: readonly Scope[];
  userId: string;
  plan: UserPlan;
}

/** SHA-256 in hexadecimal. A fast hash is right here: a key holds 178 random bits, so nobody can guess it. */
export function hashApiKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** Finds the active key with this hash and its user, in one statement. Served by `idx_api_keys_hash`. */
export async function findCaller(db: Queryable, keyHash: string): Promise<Caller | null> {
  const { rows } = await db.query<Caller>(
    `SELECT k.id AS "keyId", k.scopes, u.id AS "userId", u.plan FROM api_keys k JOIN users u ON u.id = k.user_id
     WHERE k.key_hash = $1 AND k.is_active = true`,
    [keyHash],
  );
  return rows[0] ?? null;
}

/** @returns which of the keys are active still; for everybody who is connected in one statement. Served by the primary key. */
export async function findActiveKeys(db: Queryable, keyIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    'SELECT id FROM api_keys WHERE id = ANY ($1) AND is_active = true',
    [keyIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Notes when keys were last used; never moves a time back. */
export async function noteKeysUsed(db: Queryable, usedAt: ReadonlyMap<string, Date>): Promise<void> {
  const uses = [...usedAt].map(([id, at]) => ({ id, at }));
  await db.query(
    `UPDATE api_keys k SET last_used = u.at
     FROM json_to_recordset($1::json) AS u(id text, at timestamptz)
     WHERE k.id = u.id AND (k.last_used IS NULL OR k.last_used < u.at)`,
    [JSON.stringify(uses)],
  );
}
