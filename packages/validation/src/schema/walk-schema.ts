import { escapePointer } from '../read-members.ts';
import type { JsonSchema } from './dialects.ts';

/** A schema or a subschema that is an object, and where it stands. */
export interface SchemaPlace {
  /** JSON pointer into the whole schema. */
  pointer: string;
  schema: Readonly<Record<string, unknown>>;
}

const single = [
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'additionalProperties',
  'additionalItems',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contentSchema',
  'items',
];
const list = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const map = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'];

/**
 * Visits every place where a keyword of any supported draft has a subschema. What stands under `const`, `enum`,
 * `default`, `examples` or an unknown keyword is data. Depth is bounded by what `readSchemaConfig` lets through.
 */
export function* schemaPlaces(schema: JsonSchema | unknown, pointer = ''): Generator<SchemaPlace, void> {
  if (!isObject(schema)) return;
  yield { pointer, schema };
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${pointer}/${escapePointer(keyword)}`;
    if (single.includes(keyword) && !Array.isArray(value)) yield* schemaPlaces(value, at);
    const hasMembers =
      (list.includes(keyword) && Array.isArray(value)) || (map.includes(keyword) && isObject(value));
    if (!hasMembers) continue;
    for (const [name, child] of Object.entries(Object(value))) {
      yield* schemaPlaces(child, `${at}/${escapePointer(name)}`);
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
