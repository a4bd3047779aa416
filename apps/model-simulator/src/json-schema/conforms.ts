import { isDeepStrictEqual } from 'node:util';
import type { Resolve } from './references.ts';
import { type Json, type Schema, SchemaError, type SchemaObject, type TypeName } from './schema.ts';

/** What a search needs at every step. */
export interface Search {
  resolve: Resolve;
  /** Counts a step; ends with a {@link SchemaError} when there were too many. */
  spend(): void;
}

type Check = (value: Json, schema: SchemaObject, search: Search) => boolean;

/** Whether a value conforms to a schema (draft 2020-12, the keywords of {@link SchemaObject}; `format` only describes). */
export function conforms(value: Json, schema: Schema, search: Search): boolean {
  search.spend();
  if (typeof schema === 'boolean') return schema;
  return checks.every((check) => check(value, schema, search));
}

const hasType: Check = (value, { type }) =>
  type === undefined || [type].flat().some((name) => isOfType(value, name));

const isListed: Check = (value, schema) =>
  (schema.enum?.some((item) => isDeepStrictEqual(item, value)) ?? true) &&
  (schema.const === undefined || isDeepStrictEqual(schema.const, value));

const fitsNumber: Check = (value, schema) => {
  if (typeof value !== 'number') return true;
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  return (
    Number.isFinite(value) &&
    value >= minimum &&
    value <= maximum &&
    value > (exclusiveMinimum ?? -Infinity) &&
    value < (exclusiveMaximum ?? Infinity) &&
    (multipleOf === undefined || Number.isInteger(value / multipleOf))
  );
};

const fitsString: Check = (value, { minLength = 0, maxLength = Infinity, pattern }) => {
  if (typeof value !== 'string') return true;
  // JSON Schema counts code points, not UTF-16 code units.
  const length = [...value].length;
  return (
    length >= minLength && length <= maxLength && (pattern === undefined || compile(pattern).test(value))
  );
};

const fitsArray: Check = (value, schema, search) => {
  if (!Array.isArray(value)) return true;
  const { prefixItems = [], items = true, minItems = 0, maxItems = Infinity, uniqueItems } = schema;
  return (
    value.length >= minItems &&
    value.length <= maxItems &&
    value.every((item, index) => conforms(item, prefixItems[index] ?? items, search)) &&
    !(uniqueItems && value.some((item, index) => includesJson(value.slice(0, index), item)))
  );
};

const fitsObject: Check = (value, schema, search) => {
  if (!isObject(value)) return true;
  const { properties = {}, required = [], additionalProperties = true } = schema;
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, item]) =>
      conforms(
        item,
        (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? additionalProperties,
        search,
      ),
    )
  );
};

const fitsCombination: Check = (value, { allOf = [], anyOf, oneOf, not, $ref }, search) => {
  const fits = (schema: Schema) => conforms(value, schema, search);
  return (
    allOf.every(fits) &&
    (anyOf?.some(fits) ?? true) &&
    (oneOf === undefined || oneOf.filter(fits).length === 1) &&
    (not === undefined || !fits(not)) &&
    ($ref === undefined || fits(search.resolve($ref)))
  );
};

const checks: readonly Check[] = [
  hasType,
  isListed,
  fitsNumber,
  fitsString,
  fitsArray,
  fitsObject,
  fitsCombination,
];

/** Whether a list holds a JSON value that is equal. */
export function includesJson(list: readonly Json[], value: Json): boolean {
  return list.some((item) => isDeepStrictEqual(item, value));
}

/** Compiles a pattern as JSON Schema asks for. Ends with a {@link SchemaError} when it is none. */
export function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    throw new SchemaError(`the pattern ${pattern} is not a regular expression`);
  }
}

function isOfType(value: Json, name: TypeName): boolean {
  if (name === 'null') return value === null;
  if (name === 'array') return Array.isArray(value);
  if (name === 'object') return isObject(value);
  if (name === 'integer') return Number.isInteger(value);
  return typeof value === name;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
