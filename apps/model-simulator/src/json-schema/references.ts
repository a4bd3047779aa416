import { type Schema, SchemaError, type SchemaObject } from './schema.ts';

/** Finds the schema that a `$ref` points to. */
export type Resolve = (ref: string) => Schema;

/**
 * Resolves `#` and JSON pointers (RFC 6901) to schemas of the same document. Ends with a {@link SchemaError} at once
 * when a `$ref` anywhere in it leads nowhere, or leads back to itself without going down into a value.
 */
export function createResolver(root: Schema): Resolve {
  const known = collect(root);
  const resolve: Resolve = (ref) => {
    const target = follow(ref, root);
    if (!known.has(target as Schema)) throw new SchemaError(`$ref ${ref} leads to no schema within this one`);
    return target as Schema;
  };
  refuseEndless(known, resolve);
  return resolve;
}

function follow(ref: string, root: Schema): unknown {
  const [start, ...keys] = decodePointer(ref);
  if (start !== '#') return undefined;
  return keys.reduce<unknown>(
    (at, key) => (isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    root,
  );
}

function decodePointer(ref: string): string[] {
  try {
    return ref.split('/').map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
  } catch {
    throw new SchemaError(`$ref ${ref} is not a URI`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The schema and all that are written within it. */
function collect(root: Schema): Set<Schema> {
  const known = new Set<Schema>([root]);
  for (const schema of known) {
    if (typeof schema === 'boolean') continue;
    // A set that grows is iterated to its new end.
    for (const part of [...sameValueParts(schema), ...belowParts(schema)]) known.add(part);
  }
  return known;
}

function refuseEndless(schemas: Iterable<Schema>, resolve: Resolve): void {
  const open = new Set<Schema>();
  const done = new Set<Schema>();
  const visit = (schema: Schema) => {
    if (typeof schema === 'boolean' || done.has(schema)) return;
    if (open.has(schema)) throw new SchemaError('a $ref leads back to itself');
    open.add(schema);
    const target = schema.$ref === undefined ? [] : [resolve(schema.$ref)];
    for (const part of [...target, ...sameValueParts(schema)]) visit(part);
    open.delete(schema);
    done.add(schema);
  };
  for (const schema of schemas) visit(schema);
}

/** The schemas that judge the same value. */
function sameValueParts({ allOf = [], anyOf = [], oneOf = [], not }: SchemaObject): Schema[] {
  return [...allOf, ...anyOf, ...oneOf, ...(not === undefined ? [] : [not])];
}

/** The schemas that judge a part of the value, or wait to be referred to. */
function belowParts(schema: SchemaObject): Schema[] {
  const {
    properties,
    $defs,
    definitions,
    prefixItems = [],
    items = true,
    additionalProperties = true,
  } = schema;
  const named = [properties, $defs, definitions].flatMap((map) => Object.values(map ?? {}));
  return [...named, ...prefixItems, items, additionalProperties];
}
