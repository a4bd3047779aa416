import type { ValidationType, VariableDefinition } from '@formaops/core';
import type { Queryable } from '../pool.ts';
import { prepared } from '../prepared.ts';
import {
  type Prompt,
  type PromptStatus,
  promptColumns,
  type TaggedPrompt,
  taggedColumns,
} from './prompt-row.ts';

/** What submitting needs to know about a prompt, with the version that will be pinned. */
export interface RunnablePrompt {
  id: string;
  status: PromptStatus;
  currentVersion: number;
  /** The pinned version; null when the prompt has no such version. */
  version: number | null;
  template: string;
  variables: VariableDefinition[];
  /** Types of the active validations. */
  validationTypes: ValidationType[];
}

/** A validation to judge an output with. */
export interface ActiveValidation {
  id: string;
  name: string;
  type: ValidationType;
  config: unknown;
}

/** Which of a user's prompts to list; all conditions hold. */
export interface PromptFilter {
  status?: PromptStatus[] | undefined;
  /** It has all of these. */
  tags?: string[] | undefined;
  /** Somewhere in its name or its description, whatever the case. */
  q?: string | undefined;
}

/** A page of a list. */
export interface PromptPage {
  prompts: Prompt[];
  /** Whether others follow. */
  hasMore: boolean;
}

/** Bytes of the contents of a page, about: a hundred of the largest prompts would have thirty million. */
const maxPageBytes = 2_000_000;

/**
 * Lists a user's prompts, newest first by (created_at, id). Read by `idx_prompts_user_created`, or by
 * `idx_prompts_search` where few of them are wanted; in either no more is read than what the user has. A page of large ones
 * ends before the limit.
 *
 * @param limit 1 to 100.
 */
export async function listPrompts(
  db: Queryable,
  userId: string,
  { status, tags, q }: PromptFilter,
  after: { createdAt: Date; id: string } | null,
  limit: number,
): Promise<PromptPage> {
  const { rows } = await db.query<Prompt & { found: number }>(
    `SELECT ${promptColumns}, p.found FROM (
       SELECT p.*, count(*) OVER ()::int AS found, sum(octet_length(p.template) + octet_length(p.variables::text))
         OVER (ORDER BY p.created_at DESC, p.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
       FROM (SELECT * FROM prompts p
         WHERE p.user_id = $1 AND ($2::timestamptz IS NULL OR (p.created_at, p.id) < ($2, $3))
           AND ($5::text[] IS NULL OR p.status = ANY ($5::"PromptStatus"[])) AND ($6::text[] IS NULL OR p.tags @> $6)
           AND ($7::text IS NULL OR p.name ILIKE $7 OR p.description ILIKE $7)
         ORDER BY p.created_at DESC, p.id DESC LIMIT $4) p) p
     WHERE p.bytes_before IS NULL OR p.bytes_before < ${maxPageBytes} ORDER BY p.created_at DESC, p.id DESC`,
    [
      userId,
      after?.createdAt ?? null,
      after?.id ?? null,
      limit + 1,
      status ?? null,
      tags ?? null,
      q === undefined ? null : `%${literally(q)}%`,
    ],
  );
  const prompts = rows.slice(0, limit).map(({ found: _, ...prompt }) => prompt);
  return { prompts, hasMore: (rows[0]?.found ?? 0) > prompts.length };
}

/** A pattern of LIKE that matches just this text. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

/** @returns null when there is none, or it is somebody else's. */
export async function findPrompt(db: Queryable, userId: string, id: string): Promise<TaggedPrompt | null> {
  const { rows } = await db.query<TaggedPrompt>(
    `SELECT ${taggedColumns} FROM prompts p WHERE p.id = $1 AND p.user_id = $2`,
    [id, userId],
  );
  return rows[0] ?? null;
}

/**
 * Reads what a submission needs, in one statement.
 *
 * @param version the version to pin; the prompt's current one when left out.
 * @returns null when the user has no such prompt.
 */
export async function findRunnablePrompt(
  db: Queryable,
  userId: string,
  id: string,
  version: number | undefined,
): Promise<RunnablePrompt | null> {
  const { rows } = await db.query<RunnablePrompt>(
    `SELECT p.id, p.status, p.version AS "currentVersion", v.version, coalesce(v.template, '') AS template, coalesce(v.variables, '[]') AS variables,
      ARRAY(SELECT DISTINCT a.type::text FROM validations a WHERE a.prompt_id = p.id AND a.is_active)
        AS "validationTypes"
     FROM prompts p LEFT JOIN prompt_versions v ON v.prompt_id = p.id AND v.version = coalesce($3, p.version)
     WHERE p.id = $1 AND p.user_id = $2`,
    [id, userId, version ?? null],
  );
  return rows[0] ?? null;
}

const activeValidations = prepared(
  'active_validations',
  `SELECT prompt_id AS "promptId", id, name, type, config FROM validations
   WHERE prompt_id = ANY ($1) AND is_active ORDER BY created_at, id`,
);

/**
 * The validations that judge outputs of these prompts now, in a fixed order.
 *
 * @returns those of each prompt, in the order of the argument.
 */
export async function listActiveValidations(
  db: Queryable,
  promptIds: readonly string[],
): Promise<ActiveValidation[][]> {
  const values = [[...new Set(promptIds)]];
  const { rows } = await db.query<ActiveValidation & { promptId: string }>({ ...activeValidations, values });
  const byPrompt = Map.groupBy(rows, ({ promptId }) => promptId);
  const ofPrompt = (id: string) => byPrompt.get(id)?.map(({ promptId: _, ...validation }) => validation);
  return promptIds.map((id) => ofPrompt(id) ?? []);
}
