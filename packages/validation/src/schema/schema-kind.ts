import type { ValidateFunction } from 'ajv';
import type { ConfigCheck, Extraction, FoundJson, VerdictError } from '../judge.ts';
import { createKept } from '../kept.ts';
import type { Kind } from '../kind.ts';
import { readOutput } from '../read-output.ts';
import type { JudgeResult, JudgeRun, VerdictCode } from '../sandbox/protocol.ts';
import { configErrors, toVerdictErrors, wholeError } from '../verdict-errors.ts';
import { type Compiled, compileSchema, findWarnings } from './compile-schema.ts';
import type { JsonSchema } from './dialects.ts';

/** `[1,1,…]` makes an error of 130 bytes of each two characters; beyond this only the first error is looked for. */
const maxCharsForAllErrors = 524_288;
const maxCompiled = 100;
const validators = createKept<ValidateFunction>(maxCompiled);

/** SCHEMA: judges the JSON in an output by a JSON Schema. */
export const schemaKind: Kind = {
  judge(run): JudgeResult {
    const compiled = compile(run);
    if (compiled.code !== undefined) return refusal(compiled.code, 'none', configErrors(compiled.problems));
    const json = readOutput(run.output);
    if ('problem' in json) return refusal('OUTPUT_NOT_JSON', 'none', wholeError(json.problem));
    return apply(compiled.validate, json, run.wantsValue);
  },
  check({ config }): ConfigCheck {
    const schema = config as JsonSchema;
    const compiled = compileSchema(schema, true);
    if (compiled.code !== undefined) return { ...compiled, warnings: [] };
    // What refers to itself in place compiles well and never ends, whatever it is asked about.
    const isEndless =
      apply(compiled.validate, { value: null, extraction: 'whole' }, false).code === endless.code;
    if (isEndless) return { code: endless.code, problems: [endless.problem], warnings: [] };
    return { code: null, problems: [], warnings: findWarnings(schema) };
  },
};

function compile({ config, configHash, tenantId, output }: JudgeRun): Compiled {
  const allErrors = output.length <= maxCharsForAllErrors;
  const key = `${allErrors} ${configHash} ${tenantId}`;
  const known = validators.get(key);
  if (known !== undefined) return { validate: known };
  const compiled = compileSchema(config as JsonSchema, allErrors);
  if (compiled.code === undefined) validators.set(key, compiled.validate);
  return compiled;
}

const endless = {
  code: 'SCHEMA_TOO_COMPLEX',
  problem: { pointer: '', message: 'the schema refers to itself without end' },
} as const;

function apply(
  validate: ValidateFunction,
  { value, extraction }: FoundJson,
  wantsValue: boolean,
): JudgeResult {
  try {
    if (validate(value)) return { code: null, extraction, errors: [], ...(wantsValue && { value }) };
    return refusal('OUTPUT_SCHEMA_MISMATCH', extraction, toVerdictErrors(validate.errors ?? []));
  } catch {
    // Validators throw nothing of their own: the stack ran out.
    return refusal(endless.code, extraction, configErrors([endless.problem]));
  } finally {
    // The function is kept, and the list may be long.
    validate.errors = null;
  }
}

function refusal(code: VerdictCode, extraction: Extraction, errors: VerdictError[]): JudgeResult {
  return { code, extraction, errors };
}
