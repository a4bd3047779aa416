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
import type { VerdictError } from '../judge.ts';
import { toVerdictErrors, wholeError } from '../verdict-errors.ts';
import { type Dialect, dialectOf, dialects, type JsonSchema } from './dialects.ts';

/** A schema that can judge, or why it cannot. */
export type Compiled = { validate: ValidateFunction; errors?: never } | { errors: VerdictError[] };

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

const draft06: AnySchemaObject = createRequire(import.meta.url)('ajv/dist/refs/json-schema-draft-06.json');

const createAjv: Record<Dialect, (options: Options) => Ajv> = {
  '2020-12': (options) => new Ajv2020(options),
  '2019-09': (options) => new Ajv2019(options),
  '07': (options) => new Ajv(options),
  '06': (options) => new Ajv(options).addMetaSchema(draft06),
  '04': (options) => new ajvDraft04.default(options),
};

const metaValidators = new Map<Dialect, ValidateFunction>();

/**
 * Compiles a schema in an Ajv of its own, so that no schema meets the `$id` of another. References lead into the
 * schema itself or to the dialect's meta-schema; nothing is ever fetched. Runs as long as the schema makes it run:
 * call it in a process that can be killed.
 */
export function compileSchema(schema: JsonSchema, allErrors: boolean): Compiled {
  const dialect = dialectOf(schema);
  if (dialect === undefined) return { errors: wholeError(unknownDialect, '#/$schema') };
  const meta = metaValidator(dialect);
  if (!meta(schema)) return { errors: toVerdictErrors(intoSchema(meta.errors ?? [])) };
  try {
    const validate = ajvOf(dialect, allErrors).compile(schema as AnySchema);
    // Such a validator answers with a promise, and a promise looks like a yes.
    return '$async' in validate
      ? { errors: wholeError('$async is not supported', '#/$async') }
      : { validate };
  } catch (error) {
    return { errors: wholeError(problemOf(error), '#') };
  }
}

const unknownDialect = `$schema must be left out or be one of ${Object.values(dialects).join(', ')}`;

/** To the meta-schema the schema is the instance; to its author it is the schema. */
function intoSchema(errors: readonly ErrorObject[]): object[] {
  return errors.map(({ instancePath, keyword, message }) => ({
    schemaPath: `#${instancePath}`,
    keyword,
    message,
  }));
}

function metaValidator(dialect: Dialect): ValidateFunction {
  const known = metaValidators.get(dialect);
  if (known !== undefined) return known;
  const compiled = ajvOf(dialect, true).getSchema(dialects[dialect]) as ValidateFunction;
  metaValidators.set(dialect, compiled);
  return compiled;
}

function ajvOf(dialect: Dialect, allErrors: boolean): Ajv {
  return ajvFormats.default(createAjv[dialect]({ ...options, allErrors }), { keywords: false });
}

/** Names the pattern, which the words of the regular expression engine would not help to find. */
function compilePattern(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    throw new Error(`the pattern ${pattern} is not a regular expression of ECMA-262 with the flag ${flags}`);
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Ajv.MissingRefError)
    return 'a $ref leads nowhere; only references within the schema are followed';
  if (error instanceof RangeError) return 'the schema refers to itself without end, or is too complex';
  // What Ajv itself refuses, for example an $id that is used twice; other errors would show its inside.
  return error instanceof Error && error.name === 'Error' ? error.message : 'the schema cannot be compiled';
}
