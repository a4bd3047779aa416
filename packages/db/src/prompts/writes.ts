import { types } from 'node:util';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';
import { etagSql, type Prompt, type TaggedPrompt, taggedColumns } from './prompt-row.ts';

export type NewPrompt = Pick<Prompt, 'name' | 'description' | 'template' | 'variables' | 'tags'>;

/** What is left out stays as it is. */
export type PromptChanges = Partial<NewPrompt>;

/** Which prompt to write, and in which state it must be. */
export interface PromptTarget {
  userId: string;
  id: string;
  /** It is written only while its tag is one of these; null where any will do. */
  ifMatch: readonly string[] | null;
}

const guard = `p.id = $1 AND p.user_id = $2 AND ($3::text[] IS NULL OR ${etagSql} = ANY ($3))`;
const guardValues = ({ id, userId, ifMatch }: PromptTarget) => [id, userId, ifMatch];

/** One statement, so that what is answered is what was written. */
const answering = (write: string, besides = '') =>
  `WITH written AS (${write} RETURNING p.*)${besides} SELECT ${taggedColumns} FROM written p`;

/** Stores a prompt as a draft with its first version, whose row a trigger writes. */
export async function insertPrompt(
  db: Queryable,
  userId: string,
  { name, description, template, variables, tags }: NewPrompt,
): Promise<TaggedPrompt> {
  const { rows } = await db.query<TaggedPrompt>(
    answering(
      `INSERT INTO prompts AS p (id, user_id, name, description, template, variables, tags)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    ),
    [newId(), userId, name, description, template, JSON.stringify(variables), tags],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the prompt was not stored');
  return row;
}

const next = {
  name: 'coalesce($4, p.name)',
  description: 'CASE WHEN $5 THEN $6 ELSE p.description END',
  template: 'coalesce($7, p.template)',
  variables: 'coalesce($8::jsonb, p.variables)',
  tags: 'coalesce($9::text[], p.tags)',
};

/** Writes a row's columns; a version begins with other content, and nothing is touched by a write that changes nothing. */
function setting(columns: Record<string, string>): string {
  const { template = 'p.template', variables = 'p.variables' } = columns;
  const names = Object.keys(columns);
  const differs = (parts: string[], from: string[]) =>
    `(${parts.join(', ')}) IS DISTINCT FROM (${from.join(', ')})`;
  const isNew = differs([template, variables], ['p.template', 'p.variables']);
  const isChanged = differs(
    Object.values(columns),
    names.map((name) => `p.${name}`),
  );
  return `${names.map((name) => `${name} = ${columns[name]}`).join(', ')}, version = p.version + (${isNew})::int,
    updated_at = CASE WHEN ${isChanged} THEN clock_timestamp() ELSE p.updated_at END`;
}

/** The row of a new version, with what the trigger that would write it does not know. An old version has its row. */
const recordVersion = (id: string, changeLog: string) => `, recorded AS (
  INSERT INTO prompt_versions (id, prompt_id, version, template, variables, change_log, created_at)
  SELECT ${id}, w.id, w.version, w.template, w.variables, ${changeLog}, w.updated_at FROM written w
  ON CONFLICT (prompt_id, version) DO NOTHING)`;

const updateStatement = answering(
  `UPDATE prompts p SET ${setting(next)}
   WHERE ${guard} AND p.status <> 'ARCHIVED'
     AND ($10::text IS NULL OR p.template = $10) AND ($11::jsonb IS NULL OR p.variables = $11)`,
  recordVersion('$12', '$13'),
);

/**
 * Changes a prompt that is not archived. Another template or other variables make a new version. Two writers at a time
 * take turns at the row, so each makes a version of its own.
 *
 * @param assumed what must still be stored of the half of the content that is not changed, where the other half was
 *   checked against it.
 * @returns null when nothing was written: it is missing, archived, or in another state.
 */
export async function updatePrompt(
  db: Queryable,
  target: PromptTarget,
  { name, description, template, variables, tags }: PromptChanges,
  { assumed, changeLog }: { assumed: PromptChanges; changeLog: string | null },
): Promise<TaggedPrompt | null> {
  const { rows } = await db.query<TaggedPrompt>(updateStatement, [
    ...guardValues(target),
    name ?? null,
    description !== undefined,
    description ?? null,
    template ?? null,
    asJson(variables),
    tags ?? null,
    assumed.template ?? null,
    asJson(assumed.variables),
    newId(),
    changeLog,
  ]);
  return rows[0] ?? null;
}

function asJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/**
 * Gives a prompt that is not archived the content of one of its versions, as a new version; nothing changes where the
 * content is the same.
 *
 * @returns null when nothing was written: prompt or version is missing, or it is archived or in another state.
 */
export async function restoreVersion(
  db: Queryable,
  target: PromptTarget,
  version: number,
): Promise<TaggedPrompt | null> {
  const { rows } = await db.query<TaggedPrompt>(
    answering(
      `UPDATE prompts p SET ${setting({ template: 'o.template', variables: 'o.variables' })}
       FROM prompt_versions o WHERE o.prompt_id = p.id AND o.version = $4 AND ${guard} AND p.status <> 'ARCHIVED'`,
      recordVersion('$5', '$6'),
    ),
    [...guardValues(target), version, newId(), `Restored from version ${version}`],
  );
  return rows[0] ?? null;
}

/** Lets a prompt run, also an archived one. It was published when that was first done. @returns as {@link updatePrompt}. */
export function publishPrompt(db: Queryable, target: PromptTarget): Promise<TaggedPrompt | null> {
  return enter(db, target, 'PUBLISHED');
}

/** Keeps a prompt from running and from being changed. @returns as {@link updatePrompt}. */
export function archivePrompt(db: Queryable, target: PromptTarget): Promise<TaggedPrompt | null> {
  return enter(db, target, 'ARCHIVED');
}

async function enter(
  db: Queryable,
  target: PromptTarget,
  status: 'PUBLISHED' | 'ARCHIVED',
): Promise<TaggedPrompt | null> {
  const { rows } = await db.query<TaggedPrompt>(
    answering(
      `UPDATE prompts p SET status = $4::"PromptStatus",
         published_at = CASE WHEN $4 = 'PUBLISHED' THEN coalesce(p.published_at, clock_timestamp()) ELSE p.published_at END,
         updated_at = CASE WHEN p.status = $4::"PromptStatus" THEN p.updated_at ELSE clock_timestamp() END
       WHERE ${guard}`,
    ),
    [...guardValues(target), status],
  );
  return rows[0] ?? null;
}

/** Deletes a prompt that never ran, with its versions and validations. @returns whether that was done. */
export async function deletePrompt(db: Queryable, target: PromptTarget): Promise<boolean> {
  try {
    const { rowCount } = await db.query(
      `DELETE FROM prompts p WHERE ${guard} AND NOT EXISTS (SELECT FROM executions e WHERE e.prompt_id = p.id)`,
      guardValues(target),
    );
    return rowCount === 1;
  } catch (error) {
    if (isReferredTo(error)) return false;
    throw error;
  }
}

/** An execution was stored meanwhile: `restrict_violation` from PostgreSQL 18 on, `foreign_key_violation` before. */
function isReferredTo(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && /^(23001|23503)$/.test(String(error.code));
}

/** @returns whether there is an execution of the user's prompt; read by `idx_executions_prompt_created`. */
export async function hasRun(db: Queryable, userId: string, id: string): Promise<boolean> {
  const { rows } = await db.query(
    `SELECT FROM prompts p WHERE p.id = $1 AND p.user_id = $2
       AND EXISTS (SELECT FROM executions e WHERE e.prompt_id = p.id)`,
    [id, userId],
  );
  return rows.length > 0;
}
