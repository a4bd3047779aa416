import { types } from 'node:util';
import type { JsonValue, ValidationType } from '@formaops/core';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';

/** A prompt has no more; the database refuses the next one. */
export const maxValidations = 20;

/** A validation as its owner sees it. */
export interface StoredValidation {
  id: string;
  name: string;
  type: ValidationType;
  config: JsonValue;
  isActive: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export type NewValidation = Pick<StoredValidation, 'name' | 'type' | 'config' | 'isActive'>;

/** What is left out stays as it is. */
export type ValidationChanges = Partial<Pick<StoredValidation, 'name' | 'config' | 'isActive'>>;

/** What became of a write. `missing`: there is none, or it is somebody else's. */
export type ValidationWrite =
  | { kind: 'written'; validation: StoredValidation }
  | { kind: 'missing' | 'name-taken' | 'too-many' };

const columns = `v.id, v.name, v.type, v.config, v.is_active AS "isActive", v.created_at AS "createdAt",
  v.updated_at AS "updatedAt"`;
const owned = 'FROM validations v JOIN prompts p ON p.id = v.prompt_id';

/** All validations of a prompt in the order in which they judge; empty when there is no such prompt of the user's. */
export async function listValidations(
  db: Queryable,
  userId: string,
  promptId: string,
): Promise<StoredValidation[]> {
  const { rows } = await db.query<StoredValidation>(
    `SELECT ${columns} ${owned} WHERE p.id = $1 AND p.user_id = $2 ORDER BY v.created_at, v.id`,
    [promptId, userId],
  );
  return rows;
}

/** @returns null when there is none, or it is somebody else's. */
export async function findValidation(
  db: Queryable,
  userId: string,
  promptId: string,
  id: string,
): Promise<StoredValidation | null> {
  const { rows } = await db.query<StoredValidation>(
    `SELECT ${columns} ${owned} WHERE v.id = $1 AND p.id = $2 AND p.user_id = $3`,
    [id, promptId, userId],
  );
  return rows[0] ?? null;
}

/** Adds a validation to a user's prompt; a trigger counts them and compares names under the prompt's lock. */
export function insertValidation(
  db: Queryable,
  userId: string,
  promptId: string,
  { name, type, config, isActive }: NewValidation,
): Promise<ValidationWrite> {
  return write(
    db,
    `INSERT INTO validations AS v (id, name, type, config, is_active, prompt_id)
     SELECT $1, $2, $3, $4, $5, p.id FROM prompts p WHERE p.id = $6 AND p.user_id = $7 RETURNING ${columns}`,
    [newId(), name, type, JSON.stringify(config), isActive, promptId, userId],
  );
}

export function updateValidation(
  db: Queryable,
  userId: string,
  promptId: string,
  id: string,
  { name, config, isActive }: ValidationChanges,
): Promise<ValidationWrite> {
  return write(
    db,
    `UPDATE validations v SET name = coalesce($4, v.name), config = coalesce($5, v.config),
       is_active = coalesce($6, v.is_active), updated_at = clock_timestamp()
     FROM prompts p WHERE v.id = $1 AND v.prompt_id = p.id AND p.id = $2 AND p.user_id = $3 RETURNING ${columns}`,
    [
      id,
      promptId,
      userId,
      name ?? null,
      config === undefined ? null : JSON.stringify(config),
      isActive ?? null,
    ],
  );
}

/** @returns whether there was one. Its verdicts stay. */
export async function deleteValidation(
  db: Queryable,
  userId: string,
  promptId: string,
  id: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `DELETE FROM validations v USING prompts p
     WHERE v.id = $1 AND v.prompt_id = p.id AND p.id = $2 AND p.user_id = $3`,
    [id, promptId, userId],
  );
  return rowCount === 1;
}

async function write(db: Queryable, sql: string, parameters: unknown[]): Promise<ValidationWrite> {
  try {
    const { rows } = await db.query<StoredValidation>(sql, parameters);
    return rows[0] ? { kind: 'written', validation: rows[0] } : { kind: 'missing' };
  } catch (error) {
    const constraint = types.isNativeError(error) && 'constraint' in error ? error.constraint : undefined;
    if (constraint === 'uq_validations_prompt_name') return { kind: 'name-taken' };
    if (constraint === 'chk_validations_per_prompt') return { kind: 'too-many' };
    throw error;
  }
}
