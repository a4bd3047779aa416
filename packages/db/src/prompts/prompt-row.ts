import type { ValidationType, VariableDefinition } from '@formaops/core';

export type PromptStatus = 'DRAFT' | 'PUBLISHED' | 'ARCHIVED';

/** A prompt as its owner sees it. */
export interface Prompt {
  id: string;
  name: string;
  description: string | null;
  template: string;
  variables: VariableDefinition[];
  version: number;
  status: PromptStatus;
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  publishedAt: Date | null;
}

export interface PromptDetails extends Prompt {
  validations: Array<{ id: string; name: string; type: ValidationType; isActive: boolean }>;
}

/** A prompt with a tag that tells this state of it from every other one. */
export interface TaggedPrompt extends PromptDetails {
  /** 32 hexadecimal digits. Two equal tags mean equal details, whoever has written in between. */
  etag: string;
}

/** Columns of a {@link Prompt}, of the row `p`. */
export const promptColumns = `p.id, p.name, p.description, p.template, p.variables, p.version, p.status, p.tags,
  p.created_at AS "createdAt", p.updated_at AS "updatedAt", p.published_at AS "publishedAt"`;

const validations = `(SELECT coalesce(json_agg(json_build_object('id', v.id, 'name', v.name, 'type', v.type,
    'isActive', v.is_active) ORDER BY v.created_at, v.id), '[]')
  FROM validations v WHERE v.prompt_id = p.id)`;

/**
 * The tag of the row `p`: a hash of everything that its details show and that can change, so that no writer needs to
 * count. Times enter as numbers, because their text depends on a connection's time zone.
 */
export const etagSql = `left(encode(sha256(convert_to(jsonb_build_array(p.name, p.description, p.template, p.variables,
  p.version, p.status, p.tags, extract(epoch FROM p.updated_at), extract(epoch FROM p.published_at),
  ${validations})::text, 'UTF8')), 'hex'), 32)`;

/** Columns of a {@link TaggedPrompt}, of the row `p`. */
export const taggedColumns = `${promptColumns}, ${validations} AS validations, ${etagSql} AS etag`;
