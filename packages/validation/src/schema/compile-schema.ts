import { createRequire } from 'node:module';
import {
  Ajv,
  type AnySchema,
  type AnySchemaObject,
  type ErrorObject,
  type Options,
  type ValidateFunction,
} from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvDraft04 from 'ajv-draft-04';
import ajvFormats from 'ajv-formats';
import type { ConfigCode, ConfigRemark } from '../judge.ts';
import { escapePointer } from '../read-members.ts';
import { type Dialect, dialectOf, dialects, type JsonSchema } from './dialects.ts';
import { schemaPlaces } from './walk-schema.ts';

/** A schema that can judge, or why it cannot. */
export type Compiled =
  | { validate: ValidateFunction; code?: never }
  | { code: ConfigCode; problems: ConfigRemark[] };

// Never set: $data, loadSchema, coerceTypes, useDefaults, removeAdditional. They cost time, fetch, or change the output.
const options: Options = {
  // Unknown keywords are annotations, as the specification says.
  strict: false,
  // Else `required: ["constructor"]` holds for every object.
  ownProperties: true,
  // Done below, by a validator that is compiled once and not with every schema.
  validateSchema: false,
  logger: false,
  code: { regExp: Object.assign(compilePattern, { code: 'new RegExp' }) },
};

/** Up to draft 07 whatever stands beside a `$ref` is ignored. */
const upTo07: Options = { ignoreKeywordsWithRef: true };

const draft06: AnySchemaObject = createRequire(import.meta.url)('ajv/dist/refs/json-schema-draft-06.json');

const createAjv: Record<Dialect, (options: Options) => Ajv> = {
  '2020-12': (options) => new Ajv2020(options),
  '2019-09': (options) => new Ajv2019(options),
  '07': (options) => new Ajv({ ...options, ...upTo07 }),
  '06': (options) => new Ajv({ ...options, ...upTo07 }).addMetaSchema(draft06),
  '04': (options) => new ajvDraft04.default({ ...options, ...upTo07 }),
};

const metaValidators = new Map<Dialect, ValidateFunction>();

/**
 * Compiles a schema in an Ajv of its own, so that no schema meets the `$id` of another. References lead into the
 * schema itself or to the dialect's meta-schema; nothing is ever fetched. Runs as long as the schema makes it run:
 * call it in a process that can be killed.
 */
export function compileSchema(schema: JsonSchema, allErrors: boolean): Compiled {
  const dialect = dialectOf(schema);
  if (dialect === undefined) return refusal('SCHEMA_DRAFT_UNSUPPORTED', unknownDialect, '/$schema');
  const meta = metaValidator(dialect);
  if (!meta(schema)) return { code: 'SCHEMA_INVALID', problems: (meta.errors ?? []).map(toRemark) };
  try {
    const validate = ajvOf(dialect, allErrors).compile(withoutNullable(schema) as AnySchema);
    // Such a validator answers with a promise, and a promise looks like a yes.
    return '$async' in validate
      ? refusal('SCHEMA_INVALID', '$async is not supported', '/$async')
      : { validate };
  } catch (error) {
    return problemOf(error, schema);
  }
}

/** What is allowed and probably not meant: keywords and formats that nobody knows, and what a `$ref` hides. */
export function findWarnings(schema: JsonSchema): ConfigRemark[] {
  const dialect = dialectOf(schema);
  if (dialect === undefined) return [];
  const ajv = ajvOf(dialect, true);
  const warnings: ConfigRemark[] = [];
  for (const place of schemaPlaces(schema)) {
    for (const keyword of Object.keys(place.schema)) {
      const pointer = `${place.pointer}/${escapePointer(keyword)}`;
      const message = warningAbout(keyword, place.schema, dialect, ajv);
      if (message !== undefined) warnings.push({ pointer, message });
    }
  }
  return warnings;
}

function warningAbout(
  keyword: string,
  schema: Readonly<Record<string, unknown>>,
  dialect: Dialect,
  ajv: Ajv,
): string | undefined {
  if (keyword.startsWith('x-')) return undefined;
  if (!keywordsOf(dialect).has(keyword)) return `is not a keyword of draft ${dialect} and is ignored`;
  if ('$ref' in schema && hidden[dialect] && assertions(keyword)) {
    return `stands beside a $ref, and draft ${dialect} ignores it there`;
  }
  const format = schema['format'];
  const isUnknownFormat =
    keyword === 'format' && typeof format === 'string' && !Object.hasOwn(ajv.formats, format);
  return isUnknownFormat ? 'is a format that is not known, and is not checked' : undefined;
}

/** Whether a `$ref` hides what stands beside it. */
const hidden: Record<Dialect, boolean> = {
  '2020-12': false,
  '2019-09': false,
  '07': true,
  '06': true,
  '04': true,
};

/** Nobody misses the others. */
function assertions(keyword: string): boolean {
  return !/^\$|^(id|definitions|title|description|default|examples|readOnly|writeOnly)$/.test(keyword);
}

const knownKeywords = new Map<Dialect, ReadonlySet<string>>();

/** The members of the draft's own meta-schema, which newer drafts spread over several documents. */
function keywordsOf(dialect: Dialect): ReadonlySet<string> {
  const known = knownKeywords.get(dialect);
  if (known !== undefined) return known;
  const ajv = ajvOf(dialect, true);
  const membersOf = (id: string): string[] => {
    const { properties = {}, allOf = [] } = (ajv.getSchema(id)?.schema ?? {}) as {
      properties?: object;
      allOf?: Array<{ $ref: string }>;
    };
    return [...Object.keys(properties), ...allOf.flatMap(({ $ref }) => membersOf(new URL($ref, id).href))];
  };
  const keywords = new Set(membersOf(dialects[dialect]));
  knownKeywords.set(dialect, keywords);
  return keywords;
}

const unknownDialect = `$schema must be left out or be one of ${Object.values(dialects).join(', ')}`;

/** To the meta-schema the schema is the instance; to its author it is the schema. */
function toRemark({ instancePath, message, keyword, params }: ErrorObject): ConfigRemark {
  const allowed: unknown = keyword === 'enum' ? params['allowedValues'] : undefined;
  if (Array.isArray(allowed))
    return { pointer: instancePath, message: `must be one of ${allowed.join(', ')}` };
  return { pointer: instancePath, message: message ?? 'is not allowed' };
}

/** `nullable` is not of JSON Schema, but Ajv would obey it and cannot be told not to. */
function withoutNullable(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean' || !JSON.stringify(schema).includes('"nullable"')) return schema;
  const copy = structuredClone(schema);
  for (const place of schemaPlaces(copy)) Reflect.deleteProperty(place.schema, 'nullable');
  return copy;
}

function metaValidator(dialect: Dialect): ValidateFunction {
  const known = metaValidators.get(dialect);
  if (known !== undefined) return known;
  const compiled = ajvOf(dialect, true).getSchema(dialects[dialect]) as ValidateFunction;
  metaValidators.set(dialect, compiled);
  return compiled;
}

function ajvOf(dialect: Dialect, allErrors: boolean): Ajv {
  const ajv = ajvFormats.default(createAjv[dialect]({ ...options, allErrors }), { keywords: false });
  // Ajv refuses the keyword, which is an unknown one like any other since draft 06.
  return dialect === '04' ? ajv : ajv.removeKeyword('id');
}

/** Carries the pattern, by which its place is found; the engine's own words would not help. */
class PatternError extends Error {
  readonly pattern: string;
  constructor(pattern: string) {
    super('is not a regular expression of ECMA-262 with the flag u');
    this.pattern = pattern;
  }
}

function compilePattern(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    throw new PatternError(pattern);
  }
}

function problemOf(error: unknown, schema: JsonSchema): Compiled {
  if (error instanceof PatternError) {
    return refusal('SCHEMA_INVALID', error.message, placeOfPattern(schema, error.pattern));
  }
  if (error instanceof Ajv.MissingRefError) return missingRef(error.missingRef, schema);
  if (error instanceof RangeError) {
    return refusal('SCHEMA_TOO_COMPLEX', 'the schema refers to itself without end, or is too complex');
  }
  // What Ajv itself refuses, for example an $id that is used twice; other errors would show its inside.
  const isOfAjv = error instanceof Error && error.name === 'Error';
  return refusal('SCHEMA_INVALID', isOfAjv ? error.message : 'the schema cannot be compiled');
}

const refKeywords = ['$ref', '$dynamicRef', '$recursiveRef'];

/** A reference to elsewhere is told from one to a place that this schema does not have. */
function missingRef(resolved: string, schema: JsonSchema): Compiled {
  const [found] = [...schemaPlaces(schema)].flatMap((place) => {
    const keyword = refKeywords.find((name) => {
      const ref = place.schema[name];
      return typeof ref === 'string' && resolved.endsWith(ref.replace(/#$/, ''));
    });
    return keyword === undefined
      ? []
      : [{ ref: String(place.schema[keyword]), at: `${place.pointer}/${keyword}` }];
  });
  const isLocal = found?.ref.startsWith('#') ?? resolved.startsWith('#');
  return isLocal
    ? refusal('SCHEMA_INVALID', 'leads nowhere in this schema', found?.at)
    : refusal('SCHEMA_REMOTE_REF', 'leads to another document; nothing is ever fetched', found?.at);
}

function placeOfPattern(schema: JsonSchema, pattern: string): string {
  for (const { pointer, schema: place } of schemaPlaces(schema)) {
    if (place['pattern'] === pattern) return `${pointer}/pattern`;
    if (Object.hasOwn(Object(place['patternProperties']), pattern)) {
      return `${pointer}/patternProperties/${escapePointer(pattern)}`;
    }
  }
  return '';
}

function refusal(code: ConfigCode, message: string, pointer = ''): Compiled {
  return { code, problems: [{ pointer, message }] };
}
