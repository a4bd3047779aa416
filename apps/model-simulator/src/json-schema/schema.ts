import { z } from 'zod';

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The types JSON Schema knows. */
export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'object' | 'array';

/** A schema of the subset that the simulator can answer; keywords that only describe are left out. */
export type Schema = boolean | SchemaObject;

/** The keywords that the simulator honours, with the meaning of draft 2020-12. */
export interface SchemaObject {
  type?: TypeName | TypeName[] | undefined;
  enum?: Json[] | undefined;
  const?: Json | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  additionalProperties?: Schema | undefined;
  items?: Schema | undefined;
  prefixItems?: Schema[] | undefined;
  minItems?: number | undefined;
  maxItems?: number | undefined;
  uniqueItems?: boolean | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  pattern?: string | undefined;
  format?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  exclusiveMinimum?: number | undefined;
  exclusiveMaximum?: number | undefined;
  multipleOf?: number | undefined;
  allOf?: Schema[] | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
  not?: Schema | undefined;
  $ref?: string | undefined;
  $defs?: Record<string, Schema> | undefined;
  definitions?: Record<string, Schema> | undefined;
}

/** A schema that cannot be answered: malformed, outside the subset, without a value, or too large to search. */
export class SchemaError extends Error {}

/** Keywords that would make an answer wrong if they were passed over. */
const unsupported: readonly string[] = [
  ...[
    '$dynamicRef',
    '$recursiveRef',
    'if',
    'then',
    'else',
    'contains',
    'unevaluatedItems',
    'unevaluatedProperties',
  ],
  ...['minProperties', 'maxProperties', 'patternProperties', 'propertyNames'],
  ...['dependencies', 'dependentRequired', 'dependentSchemas'],
];

const count = z.int().min(0).optional();
const bound = z.number().optional();
const typeName = z.enum(['string', 'number', 'integer', 'boolean', 'null', 'object', 'array']);
const schemaType: z.ZodType<Schema> = z.lazy(() => z.union([z.boolean(), schemaObject]));
const schemas = z.array(schemaType).optional();
const schemaMap = z.record(z.string(), schemaType).optional();

const supportedOnly = z.record(z.string(), z.unknown()).superRefine((schema, context) => {
  for (const keyword of unsupported.filter((name) => Object.hasOwn(schema, name))) {
    context.addIssue({ code: 'custom', message: `the simulator does not support the keyword ${keyword}` });
  }
});

const schemaObject: z.ZodType<SchemaObject> = supportedOnly.pipe(
  z.object({
    type: z.union([z.array(typeName), typeName]).optional(),
    enum: z.array(z.json()).optional(),
    const: z.json().optional(),
    properties: schemaMap,
    required: z.array(z.string()).optional(),
    additionalProperties: schemaType.optional(),
    items: schemaType.optional(),
    prefixItems: schemas,
    minItems: count,
    maxItems: count,
    uniqueItems: z.boolean().optional(),
    minLength: count,
    maxLength: count,
    pattern: z.string().optional(),
    format: z.string().optional(),
    minimum: bound,
    maximum: bound,
    exclusiveMinimum: bound,
    exclusiveMaximum: bound,
    multipleOf: z.number().positive().optional(),
    allOf: schemas,
    anyOf: schemas,
    oneOf: schemas,
    not: schemaType.optional(),
    $ref: z.string().optional(),
    $defs: schemaMap,
    definitions: schemaMap,
  }),
);

/** Reads a schema. Ends with a {@link SchemaError} that names the first thing that is wrong with it. */
export function readSchema(value: unknown): Schema {
  const parsed = schemaType.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SchemaError(issue === undefined ? 'it is not a schema' : describe(issue, []));
}

/** A union hides the problems of its branches; the last branch is the one for objects. */
function describe(issue: z.core.$ZodIssue, parents: PropertyKey[]): string {
  const path = [...parents, ...issue.path];
  const inner = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : undefined;
  if (inner !== undefined) return describe(inner, path);
  return `${issue.message}${path.length === 0 ? '' : ` at ${z.core.toDotPath(path)}`}`;
}
