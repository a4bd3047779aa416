import type { VariableDefinition } from '@formaops/core';
import type { Queryable } from '../pool.ts';

/** A version of a prompt without its content. */
export interface VersionSummary {
  version: number;
  changeLog: string | null;
  createdAt: Date;
  /** It is what runs unless a submission asks for another one. */
  isCurrent: boolean;
}

export interface PromptVersion extends VersionSummary {
  template: string;
  variables: VariableDefinition[];
}

const columns = `v.version, v.change_log AS "changeLog", v.created_at AS "createdAt", v.version = p.version AS "isCurrent"`;
const owned =
  'FROM prompts p JOIN prompt_versions v ON v.prompt_id = p.id WHERE p.id = $1 AND p.user_id = $2';

/**
 * Lists the versions of a user's prompt, newest first; read by the unique key (prompt_id, version).
 *
 * @param before only versions below this one.
 * @param limit 1 to 101.
 * @returns an empty list when there is no such prompt, too.
 */
export async function listVersions(
  db: Queryable,
  userId: string,
  promptId: string,
  before: number | null,
  limit: number,
): Promise<VersionSummary[]> {
  const { rows } = await db.query<VersionSummary>(
    `SELECT ${columns} ${owned} AND ($3::int IS NULL OR v.version < $3) ORDER BY v.version DESC LIMIT $4`,
    [promptId, userId, before, limit],
  );
  return rows;
}

/** @returns null when there is none, or the prompt is somebody else's. */
export async function findVersion(
  db: Queryable,
  userId: string,
  promptId: string,
  version: number,
): Promise<PromptVersion | null> {
  const { rows } = await db.query<PromptVersion>(
    `SELECT ${columns}, v.template, v.variables ${owned} AND v.version = $3`,
    [promptId, userId, version],
  );
  return rows[0] ?? null;
}
