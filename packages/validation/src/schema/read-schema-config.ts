import type { ReadConfig } from '../kind.ts';
import type { JsonSchema } from './dialects.ts';

const maxBytes = 65_536;
const maxDepth = 20;
const maxNodes = 1_000;

/**
 * Refuses what no schema can be, and what would make a compiler exhaust stack, time or memory: more than 64 kB of
 * JSON, 20 levels, or 1,000 objects and arrays. Looks at the shape only, so it is safe and cheap for any JSON value.
 */
export function readSchemaConfig(config: unknown): ReadConfig<JsonSchema> {
  if (!isSchema(config)) {
    return {
      code: 'SCHEMA_INVALID',
      problems: [{ pointer: '', message: 'a schema must be an object or a boolean' }],
    };
  }
  const message = sizeProblem(config);
  return message === undefined
    ? { config }
    : { code: 'SCHEMA_TOO_COMPLEX', problems: [{ pointer: '', message }] };
}

function isSchema(config: unknown): config is JsonSchema {
  return (
    typeof config === 'boolean' || (typeof config === 'object' && config !== null && !Array.isArray(config))
  );
}

function sizeProblem(schema: JsonSchema): string | undefined {
  const pending: { node: object; depth: number }[] = [];
  const add = (value: unknown, depth: number) => {
    if (typeof value === 'object' && value !== null) pending.push({ node: value, depth });
  };
  add(schema, 1);
  for (let nodes = 1, next = pending.pop(); next !== undefined; nodes++, next = pending.pop()) {
    if (next.depth > maxDepth) return `the schema is nested deeper than ${maxDepth} levels`;
    if (nodes > maxNodes) return `the schema has more than ${maxNodes} objects and arrays`;
    for (const child of Object.values(next.node)) add(child, next.depth + 1);
  }
  // Only now, since writing a deeply nested value as JSON would exhaust the stack.
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  return bytes > maxBytes ? `the schema is larger than ${maxBytes} bytes` : undefined;
}
