import type { JsonValue } from '@formaops/core';
import type { ConfigCheck, Extraction } from '../judge.ts';
import { createKept } from '../kept.ts';
import type { Kind } from '../kind.ts';
import { cleanJson, readOutput } from '../read-output.ts';
import { type JudgeResult, type JudgeRun, type VerdictCode, verdictCodes } from '../sandbox/protocol.ts';
import { createJsonScanner } from '../scan-json.ts';
import { configErrors, toVerdictErrors, wholeError } from '../verdict-errors.ts';
import type { FunctionConfig } from './read-function-config.ts';
import { createTenantIsolate, messageOf, type TenantIsolate } from './tenant-isolate.ts';
import type { CallEnd } from './wrapper.ts';

/** An idle isolate occupies 1 to 2 MB. */
const maxIsolates = 8;
const isolates = createKept<TenantIsolate>(maxIsolates, (isolate) => isolate.dispose());

/** FUNCTION: calls a tenant's function in an isolate of the tenant's, in a context of the call's own. */
export const functionKind: Kind = {
  async judge(run): Promise<JudgeResult> {
    const config = run.config as FunctionConfig;
    const isolate = isolateOf(run.tenantId, config);
    const script = isolate.compile(config.source, run.configHash);
    if ('problem' in script)
      return refusal('FUNCTION_INVALID', configErrors([invalid(script.problem, config.source)]));
    const json = readOutput(run.output);
    const found = 'problem' in json ? undefined : json;
    try {
      const end = await isolate.call(script, factsOf(run, found?.value), config.timeoutMs);
      return toResult(end, found?.extraction ?? 'none', run.wantsValue);
    } catch (error) {
      isolates.delete(keyOf(run.tenantId, config));
      return refusal(codeOf(error), []);
    }
  },
  check({ config, configHash, tenantId }): ConfigCheck {
    const { source, ...limits } = config as FunctionConfig;
    const script = isolateOf(tenantId, limits).compile(source, configHash);
    const problems = 'problem' in script ? [invalid(script.problem, source)] : [];
    return { code: problems.length === 0 ? null : 'FUNCTION_INVALID', problems, warnings: [] };
  },
};

function isolateOf(tenantId: string, config: Pick<FunctionConfig, 'memoryMb'>): TenantIsolate {
  const key = keyOf(tenantId, config);
  return isolates.get(key) ?? isolates.set(key, createTenantIsolate(config.memoryMb));
}

function keyOf(tenantId: string, { memoryMb }: Pick<FunctionConfig, 'memoryMb'>): string {
  return `${memoryMb} ${tenantId}`;
}

function factsOf({ output, inputs, context }: JudgeRun, parsed: JsonValue | undefined): string {
  return JSON.stringify({ output, parsed, inputs: inputs ?? {}, context: context ?? null });
}

function toResult(end: unknown, extraction: Extraction, wantsValue: boolean): JudgeResult {
  const { code, errors, value } = readEnd(end);
  if (code !== null) {
    const places = errors.map((error) => ({
      message: Object(error).message,
      instancePath: Object(error).path,
    }));
    return { code, extraction, errors: toVerdictErrors(places) };
  }
  if (value === undefined || !wantsValue) return { code, extraction, errors: [] };
  if (!isShallow(value)) return refusal('FUNCTION_BAD_RESULT', wholeError('`value` is nested too deeply'));
  return { code, extraction, errors: [], value: cleanJson(JSON.parse(value)) };
}

/** What left the isolate is text; that it has the form we gave it is another matter. */
function readEnd(text: unknown): CallEnd {
  try {
    const { code, errors, value } = JSON.parse(String(text));
    const isWellFormed = (value === undefined || typeof value === 'string') && typeof errors === 'object';
    if (isWellFormed && (code === null || verdictCodes.includes(code))) {
      return { code, errors: Object.values(errors), value };
    }
  } catch {
    // As below.
  }
  return { code: 'FUNCTION_BAD_RESULT', errors: [{ message: 'the verdict cannot be read', path: '' }] };
}

function isShallow(json: string): boolean {
  return (json[0] !== '[' && json[0] !== '{') || createJsonScanner(json)(0).isComplete;
}

/** By its messages, which is all that isolated-vm tells by. */
function codeOf(error: unknown): VerdictCode {
  const message = messageOf(error);
  if (/timed out/.test(message)) return 'SANDBOX_TIMEOUT';
  return /memory|disposed/.test(message) ? 'SANDBOX_OUT_OF_MEMORY' : 'FUNCTION_BAD_RESULT';
}

const place = / \[validation\.js:(\d+):(\d+)\]$/;

function invalid(problem: string, source: string) {
  return { pointer: '/source', message: `is not a function expression: ${describe(problem, source)}` };
}

function describe(problem: string, source: string): string {
  const [, line, column] = place.exec(problem) ?? [];
  if (line === undefined) return problem;
  // Behind the source stands the bracket that it was put into.
  if (Number(line) > source.split('\n').length) return 'it ends too early';
  return `${problem.replace(place, '')} (line ${line}, column ${column})`;
}

function refusal(code: VerdictCode, errors: JudgeResult['errors']): JudgeResult {
  return { code, extraction: 'none', errors };
}
