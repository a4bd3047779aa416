import type { Search } from './conforms.ts';
import { mergeSchemas } from './merge-schemas.ts';
import type { Schema, SchemaObject } from './schema.ts';

/**
 * The flat schemas (without combinators and `$ref`) one of which a conforming value follows: what is common to all,
 * merged with one branch of each `anyOf` and `oneOf`, in the order in which they are written. Where recursion shall
 * end, branches that lead elsewhere come last. `not` is left to the judge.
 */
export function* alternatives(schema: Schema, search: Search, shallEnd: boolean): Generator<SchemaObject> {
  search.spend();
  if (schema === false) return;
  if (schema === true) {
    yield {};
    return;
  }
  const { allOf = [], anyOf, oneOf, $ref, ...own } = schema;
  const all = allOf.map((part) => [part]);
  const target = $ref === undefined ? [] : [[search.resolve($ref)]];
  const choices = [anyOf, oneOf].filter((branches) => branches !== undefined);
  const ordered = shallEnd ? choices.map((branches) => branches.toSorted(refsLast)) : choices;
  yield* combine(own, [...target, ...all, ...ordered], search, shallEnd);
}

function refsLast(a: Schema, b: Schema): number {
  const rank = (schema: Schema) => (typeof schema === 'object' && schema.$ref !== undefined ? 1 : 0);
  return rank(a) - rank(b);
}

type Groups = readonly (readonly Schema[])[];

function* combine(
  base: SchemaObject,
  groups: Groups,
  search: Search,
  shallEnd: boolean,
): Generator<SchemaObject> {
  const [group, ...rest] = groups;
  if (group === undefined) {
    yield base;
    return;
  }
  for (const branch of group) {
    for (const flat of alternatives(branch, search, shallEnd)) {
      yield* combine(mergeSchemas(base, flat), rest, search, shallEnd);
    }
  }
}
