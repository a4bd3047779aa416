import { alternatives } from './alternatives.ts';
import { conforms, includesJson, type Search } from './conforms.ts';
import { createResolver } from './references.ts';
import { sampleNumbers } from './sample-number.ts';
import { sampleStrings } from './sample-string.ts';
import {
  type Json,
  readSchema,
  type Schema,
  SchemaError,
  type SchemaObject,
  type TypeName,
} from './schema.ts';

/** Down to here everything optional is filled in; further down only what is required, so that recursion ends. */
const FULL_DEPTH = 4;
const MAX_DEPTH = 24;
const MAX_STEPS = 50_000;

/**
 * A value that conforms to a JSON Schema, always the same for the same schema. Values are proposed from what the
 * schema says and then judged by it, so what comes back conforms. Ends with a {@link SchemaError} when none is found.
 */
export function generateJson(schema: unknown): Json {
  const root = readSchema(schema);
  const search = { resolve: createResolver(root), spend: createBudget() };
  const value = first(values(root, search, 0));
  if (value === undefined) throw new SchemaError('no value was found that conforms to it');
  return value;
}

function createBudget(): () => void {
  let steps = 0;
  return () => {
    steps += 1;
    if (steps > MAX_STEPS) throw new SchemaError('it is too complex for the simulator');
  };
}

function first(found: Iterable<Json>): Json | undefined {
  for (const value of found) return value;
  return undefined;
}

/** All values the search comes up with, the preferred one first. */
function* values(schema: Schema, search: Search, depth: number): Generator<Json> {
  if (depth > MAX_DEPTH) return;
  for (const flat of alternatives(schema, search, depth >= FULL_DEPTH)) {
    for (const value of samples(flat, search, depth)) {
      if (conforms(value, schema, search)) yield value;
    }
  }
}

function* samples(flat: SchemaObject, search: Search, depth: number): Generator<Json> {
  if (flat.const !== undefined) yield flat.const;
  else if (flat.enum !== undefined) yield* flat.enum;
  else for (const type of typesToTry(flat)) yield* samplesOfType(type, flat, search, depth);
}

function* samplesOfType(type: TypeName, flat: SchemaObject, search: Search, depth: number): Generator<Json> {
  if (type === 'object') yield* sampleObjects(flat, search, depth);
  else if (type === 'array') yield* sampleArrays(flat, search, depth);
  else if (type === 'string') yield* sampleStrings(flat);
  else if (type === 'boolean') yield* [true, false];
  else if (type === 'null') yield null;
  else yield* sampleNumbers(flat);
}

/** The declared types; without any, those that the keywords speak about first. */
function typesToTry(flat: SchemaObject): TypeName[] {
  if (flat.type !== undefined) return [flat.type].flat();
  const has = (...keywords: (keyof SchemaObject)[]) =>
    keywords.some((keyword) => flat[keyword] !== undefined);
  const hinted: TypeName[] = [];
  if (has('properties', 'additionalProperties') || flat.required?.length) hinted.push('object');
  if (has('items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems')) hinted.push('array');
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf')) hinted.push('number');
  return [...hinted, 'string', 'number', 'boolean', 'null', 'object', 'array'];
}

/** With the optional properties if possible, else without them. */
function* sampleObjects(flat: SchemaObject, search: Search, depth: number): Generator<Json> {
  const { properties = {}, required = [] } = flat;
  const all = [...new Set([...Object.keys(properties), ...required])];
  const hasChoice = depth < FULL_DEPTH && all.length > new Set(required).size;
  for (const names of hasChoice ? [all, required] : [required]) {
    const entries = names.map((name) => [name, first(propertyValues(flat, name, search, depth))] as const);
    const found = entries.filter((entry): entry is [string, Json] => entry[1] !== undefined);
    const isComplete = required.every((name) => found.some(([key]) => key === name));
    if (isComplete) yield Object.fromEntries(found);
  }
}

function propertyValues(flat: SchemaObject, name: string, search: Search, depth: number): Generator<Json> {
  const { properties = {}, additionalProperties = true } = flat;
  const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
  return values(own ?? additionalProperties, search, depth + 1);
}

/** With one item or all that the prefix names if possible, else with as few as allowed. */
function* sampleArrays(flat: SchemaObject, search: Search, depth: number): Generator<Json> {
  const { prefixItems = [], minItems = 0, maxItems = Infinity } = flat;
  const wanted = Math.max(minItems, depth < FULL_DEPTH ? Math.max(prefixItems.length, 1) : 0);
  for (const length of new Set([Math.min(wanted, maxItems), minItems])) {
    const list: Json[] = [];
    while (list.length < length) {
      const item = nextItem(flat, list, search, depth);
      if (item === undefined) break;
      list.push(item);
    }
    if (list.length >= minItems) yield list;
  }
}

function nextItem(
  flat: SchemaObject,
  list: readonly Json[],
  search: Search,
  depth: number,
): Json | undefined {
  const { prefixItems = [], items = true, uniqueItems } = flat;
  const candidates = values(prefixItems[list.length] ?? items, search, depth + 1);
  return uniqueItems ? candidates.find((value) => !includesJson(list, value)) : first(candidates);
}
