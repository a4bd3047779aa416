import type { ValidateFunction } from 'ajv';
import type { Extraction, FoundJson, VerdictError } from '../judge.ts';
import { readOutput } from '../read-output.ts';
import type { ReplyCode, RunRequest, RunResult } from '../sandbox/protocol.ts';
import { toVerdictErrors, wholeError } from '../verdict-errors.ts';
import { type Compiled, compileSchema } from './compile-schema.ts';

/** `[1,1,…]` makes an error of 130 bytes of each two characters; beyond this only the first error is looked for. */
const maxCharsForAllErrors = 524_288;
const maxCompiled = 100;

/** What was used last stands last. */
const compiledSchemas = new Map<string, ValidateFunction>();

/**
 * Judges an output by a JSON Schema. What a tenant supplied is compiled and run here: call it in a process that can
 * be killed.
 */
export function validateSchema(request: RunRequest): RunResult {
  const compiled = compile(request);
  if (compiled.errors !== undefined) return refusal('SCHEMA_INVALID', 'none', compiled.errors);
  const json = readOutput(request.output);
  if ('problem' in json) return refusal('OUTPUT_NOT_JSON', 'none', wholeError(json.problem));
  return apply(compiled.validate, json, request.wantsValue);
}

function compile({ config, configHash, output }: RunRequest): Compiled {
  const allErrors = output.length <= maxCharsForAllErrors;
  const key = `${configHash} ${allErrors}`;
  const known = compiledSchemas.get(key);
  const compiled = known === undefined ? compileSchema(config, allErrors) : { validate: known };
  if (compiled.errors === undefined) remember(key, compiled.validate);
  return compiled;
}

function remember(key: string, validate: ValidateFunction): void {
  compiledSchemas.delete(key);
  compiledSchemas.set(key, validate);
  const [oldest] = compiledSchemas.keys();
  if (compiledSchemas.size > maxCompiled && oldest !== undefined) compiledSchemas.delete(oldest);
}

function apply(validate: ValidateFunction, { value, extraction }: FoundJson, wantsValue: boolean): RunResult {
  try {
    if (validate(value)) return { code: null, extraction, errors: [], ...(wantsValue && { value }) };
    return refusal('OUTPUT_SCHEMA_MISMATCH', extraction, toVerdictErrors(validate.errors ?? []));
  } catch {
    // Validators throw nothing of their own: the stack ran out.
    return refusal('SCHEMA_INVALID', extraction, wholeError('the schema refers to itself without end', '#'));
  } finally {
    // The function is kept, and the list may be long.
    validate.errors = null;
  }
}

function refusal(code: ReplyCode, extraction: Extraction, errors: VerdictError[]): RunResult {
  return { code, extraction, errors };
}
