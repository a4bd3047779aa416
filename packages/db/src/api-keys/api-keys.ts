import { randomInt } from 'node:crypto';
import { types } from 'node:util';
import { scopes as allScopes, createApiKey, type Scope } from '@formaops/core';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';
import { hashApiKey } from './callers.ts';

/** A user has no more active ones; the database refuses the next one. */
export const maxApiKeys = 20;

/** A key as its owner sees it: never the key itself, nor its hash. */
export interface StoredApiKey {
  id: string;
  name: string;
  scopes: Scope[];
  /** Null for keys from before it was kept. */
  lastFour: string | null;
  createdAt: Date;
  /** Up to half a minute late; null before the first use. */
  lastUsed: Date | null;
  isActive: boolean;
  /** Null for keys that are active, or were switched off in another way. */
  revokedAt: Date | null;
}

export type NewApiKey = Pick<StoredApiKey, 'name'> & { scopes?: readonly Scope[] };

/** What became of a new key. `missing`: there is no such user. */
export type IssuedApiKey =
  /** `secret` is the key itself, which is stored nowhere. */
  { kind: 'issued'; secret: string; apiKey: StoredApiKey } | { kind: 'missing' | 'too-many' };

const columns = `k.id, k.name, k.scopes, k.last_four AS "lastFour", k.created_at AS "createdAt",
  k.last_used AS "lastUsed", k.is_active AS "isActive", k.revoked_at AS "revokedAt"`;

/** Creates a key for a user, with every scope unless told otherwise; a trigger counts them under the user's lock. */
export async function insertApiKey(
  db: Queryable,
  userId: string,
  { name, scopes = allScopes }: NewApiKey,
): Promise<IssuedApiKey> {
  const secret = createApiKey(randomInt);
  try {
    const { rows } = await db.query<StoredApiKey>(
      `INSERT INTO api_keys AS k (id, name, scopes, last_four, key_hash, user_id)
       SELECT $1, $2, $3, $4, $5, u.id FROM users u WHERE u.id = $6 RETURNING ${columns}`,
      [
        newId(),
        name,
        allScopes.filter((scope) => scopes.includes(scope)),
        secret.slice(-4),
        hashApiKey(secret),
        userId,
      ],
    );
    return rows[0] ? { kind: 'issued', secret, apiKey: rows[0] } : { kind: 'missing' };
  } catch (error) {
    const isFull =
      types.isNativeError(error) && 'constraint' in error && error.constraint === 'chk_api_keys_per_user';
    if (isFull) return { kind: 'too-many' };
    throw error;
  }
}

/**
 * Creates a key with every scope for a user who is there and has room for it.
 *
 * @returns the key itself, which is stored nowhere.
 */
export async function issueApiKey(db: Queryable, userId: string, name: string): Promise<string> {
  const issued = await insertApiKey(db, userId, { name });
  if (issued.kind !== 'issued') throw new Error(`no key was issued: ${issued.kind}`);
  return issued.secret;
}

/**
 * A user's keys, newest first, revoked ones included; at most `limit` after the given place. Served by
 * `idx_api_keys_user_created`.
 */
export async function listApiKeys(
  db: Queryable,
  userId: string,
  { after, limit }: { after: { at: Date; id: string } | null; limit: number },
): Promise<StoredApiKey[]> {
  const { rows } = await db.query<StoredApiKey>(
    `SELECT ${columns} FROM api_keys k
     WHERE k.user_id = $1 AND ($2::timestamptz IS NULL OR (k.created_at, k.id) < ($2, $3))
     ORDER BY k.created_at DESC, k.id DESC LIMIT $4`,
    [userId, after?.at ?? null, after?.id ?? null, limit],
  );
  return rows;
}

/** @returns null when there is none, or it is somebody else's. */
export async function findApiKey(db: Queryable, userId: string, id: string): Promise<StoredApiKey | null> {
  const { rows } = await db.query<StoredApiKey>(
    `SELECT ${columns} FROM api_keys k WHERE k.id = $1 AND k.user_id = $2`,
    [id, userId],
  );
  return rows[0] ?? null;
}

/** @returns null when there is none, or it is somebody else's. */
export async function renameApiKey(
  db: Queryable,
  userId: string,
  id: string,
  name: string,
): Promise<StoredApiKey | null> {
  const { rows } = await db.query<StoredApiKey>(
    `UPDATE api_keys k SET name = $3 WHERE k.id = $1 AND k.user_id = $2 RETURNING ${columns}`,
    [id, userId, name],
  );
  return rows[0] ?? null;
}

/**
 * Revokes a key for good; one that is revoked already stays as it is. Every API process knows within 5 seconds.
 *
 * @returns null when there is none, or it is somebody else's.
 */
export async function revokeApiKey(
  db: Queryable,
  userId: string,
  id: string,
): Promise<{ apiKey: StoredApiKey; keyHash: string } | null> {
  const { rows } = await db.query<StoredApiKey & { keyHash: string }>(
    `UPDATE api_keys k SET is_active = false, revoked_at = coalesce(k.revoked_at, clock_timestamp())
     WHERE k.id = $1 AND k.user_id = $2 RETURNING ${columns}, k.key_hash AS "keyHash"`,
    [id, userId],
  );
  const [row] = rows;
  if (!row) return null;
  const { keyHash, ...apiKey } = row;
  return { apiKey, keyHash };
}
