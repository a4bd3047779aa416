/** The drafts of JSON Schema that are understood, by the `$schema` that names each. */
export const dialects = {
  '2020-12': 'https://json-schema.org/draft/2020-12/schema',
  '2019-09': 'https://json-schema.org/draft/2019-09/schema',
  '07': 'http://json-schema.org/draft-07/schema',
  '06': 'http://json-schema.org/draft-06/schema',
  '04': 'http://json-schema.org/draft-04/schema',
} as const;

export type Dialect = keyof typeof dialects;

/** A schema as JSON Schema defines it: an object or, from draft 06 on, a boolean. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/**
 * Chooses the dialect by `$schema`, of which the scheme (http or https) and an empty fragment do not matter; 2020-12
 * when it is missing.
 *
 * @returns undefined for every other `$schema`.
 */
export function dialectOf(schema: JsonSchema): Dialect | undefined {
  if (typeof schema === 'boolean' || schema['$schema'] === undefined) return '2020-12';
  const asked = nameOf(schema['$schema']);
  const names = Object.keys(dialects) as Dialect[];
  return names.find((name) => nameOf(dialects[name]) === asked);
}

function nameOf(uri: unknown): string | undefined {
  return typeof uri === 'string' ? uri.replace(/^https?:/, '').replace(/#$/, '') : undefined;
}
