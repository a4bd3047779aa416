import { normaliseEmail, type UserPlan } from '@formaops/core';
import { type IssuedApiKey, insertApiKey } from '../api-keys/api-keys.ts';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';

export interface StoredUser {
  id: string;
  /** As `normaliseEmail` writes it. */
  email: string;
  name: string | null;
  avatarUrl: string | null;
  plan: UserPlan;
  createdAt: Date;
}

export interface NewUser {
  email: string;
  name?: string | null;
  avatarUrl?: string | null;
  /** FREE when left out. */
  plan?: UserPlan;
}

/** What is left out stays as it is; null takes a name or a picture away. */
export type UserChanges = Partial<Pick<StoredUser, 'name' | 'avatarUrl' | 'plan'>>;

/** What became of a new user. */
export type CreatedUser =
  | { kind: 'created'; user: StoredUser }
  /** Somebody has this address. */
  | { kind: 'email-taken' }
  /** It has not the form of an address. */
  | { kind: 'email-invalid' };

const columns = `u.id, u.email, u.name, u.avatar_url AS "avatarUrl", u.plan, u.created_at AS "createdAt"`;

/** Creates a user; one e-mail address, however it is written, stands for one user. */
export async function insertUser(
  db: Queryable,
  { email, name = null, avatarUrl = null, plan = 'FREE' }: NewUser,
): Promise<CreatedUser> {
  const normalised = normaliseEmail(email);
  if (normalised === null) return { kind: 'email-invalid' };
  const { rows } = await db.query<StoredUser>(
    `INSERT INTO users AS u (id, email, name, avatar_url, plan) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (email) DO NOTHING RETURNING ${columns}`,
    [newId(), normalised, name, avatarUrl, plan],
  );
  return rows[0] ? { kind: 'created', user: rows[0] } : { kind: 'email-taken' };
}

/** Every API process goes by a new plan within 5 seconds. @returns null when there is no such user. */
export async function updateUser(
  db: Queryable,
  id: string,
  { name, avatarUrl, plan }: UserChanges,
): Promise<StoredUser | null> {
  const { rows } = await db.query<StoredUser>(
    `UPDATE users u SET name = CASE WHEN $2 THEN $3 ELSE u.name END,
       avatar_url = CASE WHEN $4 THEN $5 ELSE u.avatar_url END, plan = coalesce($6, u.plan), updated_at = clock_timestamp()
     WHERE u.id = $1 RETURNING ${columns}`,
    [id, name !== undefined, name ?? null, avatarUrl !== undefined, avatarUrl ?? null, plan ?? null],
  );
  return rows[0] ?? null;
}

/** @returns null when there is no such user. */
export async function findUser(db: Queryable, id: string): Promise<StoredUser | null> {
  const { rows } = await db.query<StoredUser>(`SELECT ${columns} FROM users u WHERE u.id = $1`, [id]);
  return rows[0] ?? null;
}

/** Finds a user by the address, however it is written. Served by `users_email_key`. */
export async function findUserByEmail(db: Queryable, email: string): Promise<StoredUser | null> {
  const { rows } = await db.query<StoredUser>(`SELECT ${columns} FROM users u WHERE u.email = $1`, [
    normaliseEmail(email),
  ]);
  return rows[0] ?? null;
}

/** All users by their addresses; at most `limit` after the given one. Served by `users_email_key`. */
export async function listUsers(
  db: Queryable,
  { afterEmail, limit }: { afterEmail: string | null; limit: number },
): Promise<StoredUser[]> {
  const { rows } = await db.query<StoredUser>(
    `SELECT ${columns} FROM users u WHERE u.email > coalesce($1, '') ORDER BY u.email LIMIT $2`,
    [afterEmail, limit],
  );
  return rows;
}

/** What became of a first key. */
export type Bootstrapped =
  | { kind: 'issued'; user: StoredUser; secret: string }
  | { kind: 'email-invalid' | 'too-many' };

/**
 * Gives somebody a first key: creates the user unless there is one with this address, who stays as they are, and issues a
 * key with every scope. Run again it issues another key.
 */
export async function bootstrapUser(db: Queryable, newUser: NewUser, keyName: string): Promise<Bootstrapped> {
  const created = await insertUser(db, newUser);
  if (created.kind === 'email-invalid') return created;
  const user = created.kind === 'created' ? created.user : await findUserByEmail(db, newUser.email);
  const issued: IssuedApiKey = user
    ? await insertApiKey(db, user.id, { name: keyName })
    : { kind: 'missing' };
  if (user === null || issued.kind === 'missing') throw new Error('the user was deleted meanwhile');
  return issued.kind === 'issued' ? { kind: 'issued', user, secret: issued.secret } : { kind: 'too-many' };
}
