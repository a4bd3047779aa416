import { includesJson } from './conforms.ts';
import type { Json, Schema, SchemaObject, TypeName } from './schema.ts';

/**
 * One schema for what two ask together, as well as a single schema can say it: it leads the search, and the original
 * schemas judge what was found. Neither may hold combinators or a `$ref`.
 */
export function mergeSchemas(a: SchemaObject, b: SchemaObject): SchemaObject {
  return {
    type: either(a.type, b.type, commonTypes),
    enum: either(listed(a), listed(b), (left, right) => left.filter((item) => includesJson(right, item))),
    required: [...new Set([...(a.required ?? []), ...(b.required ?? [])])],
    properties: mergeProperties(a, b),
    additionalProperties: either(a.additionalProperties, b.additionalProperties, both),
    prefixItems: mergePrefixes(a, b),
    items: either(a.items, b.items, both),
    uniqueItems: a.uniqueItems || b.uniqueItems,
    minItems: either(a.minItems, b.minItems, Math.max),
    maxItems: either(a.maxItems, b.maxItems, Math.min),
    minLength: either(a.minLength, b.minLength, Math.max),
    maxLength: either(a.maxLength, b.maxLength, Math.min),
    minimum: either(a.minimum, b.minimum, Math.max),
    maximum: either(a.maximum, b.maximum, Math.min),
    exclusiveMinimum: either(a.exclusiveMinimum, b.exclusiveMinimum, Math.max),
    exclusiveMaximum: either(a.exclusiveMaximum, b.exclusiveMaximum, Math.min),
    multipleOf: either(a.multipleOf, b.multipleOf, (left, right) => (left === right ? left : left * right)),
    pattern: b.pattern ?? a.pattern,
    format: b.format ?? a.format,
  };
}

function either<T>(a: T | undefined, b: T | undefined, merge: (a: T, b: T) => T): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return merge(a, b);
}

function listed(schema: SchemaObject): Json[] | undefined {
  return schema.const === undefined ? schema.enum : [schema.const];
}

function both(a: Schema, b: Schema): Schema {
  return { allOf: [a, b] };
}

function commonTypes(a: TypeName | TypeName[], b: TypeName | TypeName[]): TypeName[] {
  const [left, right] = [[a].flat(), [b].flat()];
  const covers = (types: TypeName[], name: TypeName) =>
    types.includes(name) || (name === 'integer' && types.includes('number'));
  return [
    ...new Set([
      ...left.filter((name) => covers(right, name)),
      ...right.filter((name) => covers(left, name)),
    ]),
  ];
}

/** A property that only one side names falls under the other side's `additionalProperties`. */
function mergeProperties(a: SchemaObject, b: SchemaObject): Record<string, Schema> | undefined {
  if (a.properties === undefined && b.properties === undefined) return undefined;
  const [left, right] = [
    new Map(Object.entries(a.properties ?? {})),
    new Map(Object.entries(b.properties ?? {})),
  ];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return Object.fromEntries(
    names.map((name) => [
      name,
      either(left.get(name) ?? a.additionalProperties, right.get(name) ?? b.additionalProperties, both) ??
        true,
    ]),
  );
}

/** An item beyond one side's prefix falls under that side's `items`. */
function mergePrefixes(a: SchemaObject, b: SchemaObject): Schema[] | undefined {
  const [left, right] = [a.prefixItems ?? [], b.prefixItems ?? []];
  const longer = left.length > right.length ? left : right;
  if (longer.length === 0) return undefined;
  return longer.map((_, index) => either(left[index] ?? a.items, right[index] ?? b.items, both) ?? true);
}
