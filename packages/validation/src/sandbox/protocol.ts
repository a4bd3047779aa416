import type { JsonValue, ValidationType } from '@formaops/core';
import {
  type ConfigCheck,
  type ConfigCode,
  configCodes,
  type Extraction,
  extractions,
  type VerdictError,
} from '../judge.ts';
import { toRemarks, toVerdictErrors } from '../verdict-errors.ts';

/*
 * parent                                   child
 *                                    ◄──   'ready'     once; it has loaded what it needs
 * Run                                ──►
 *                                    ◄──   'started'   the clock of the validation begins
 *                                    ◄──   Reply
 *
 * One run at a time. The messages are JSON and not V8's own format: should hostile code take a child over, it meets
 * nothing but JSON.parse on our side. It also is the faster one for the usual small message (0.07 to 0.09 ms there
 * and back, p50), and the slower one for 4 MB (115 to 65 ms).
 */

interface RunOfConfig {
  type: ValidationType;
  /** Whose config it is; what is kept between runs is kept for one tenant. */
  tenantId: string;
  /** As the kind's `readConfig` let it through. */
  config: unknown;
  configHash: string;
}

/** One validation to run on one output. */
export interface JudgeRun extends RunOfConfig {
  task: 'judge';
  output: string;
  /** Whether the value that was read or returned is to come back after a pass. */
  wantsValue: boolean;
  /** For FUNCTION only. */
  inputs?: JsonValue;
  context?: JsonValue;
}

/** One config to compile, and not to run. */
export interface CheckRun extends RunOfConfig {
  task: 'check';
}

export type Run = JudgeRun | CheckRun;

/** The verdicts that a child can give; what happens to the child itself is judged outside. */
export const verdictCodes = [
  'OUTPUT_NOT_JSON',
  'OUTPUT_SCHEMA_MISMATCH',
  'OUTPUT_PATTERN_MISMATCH',
  'FUNCTION_REJECTED',
  'FUNCTION_THREW',
  'FUNCTION_BAD_RESULT',
  'FUNCTION_ASYNC_UNSUPPORTED',
  'SANDBOX_TIMEOUT',
  'SANDBOX_OUT_OF_MEMORY',
  ...configCodes,
] as const;

export type VerdictCode = (typeof verdictCodes)[number];

/** What a validation says about the output. */
export interface JudgeResult {
  /** Null when passed. */
  code: VerdictCode | null;
  extraction: Extraction;
  errors: VerdictError[];
  /** Absent unless passed and wanted. */
  value?: JsonValue;
}

/** What a child says at the end of a run. */
export type Reply = (JudgeResult | ConfigCheck) & {
  /** What the child occupies after the run, in megabytes. */
  residentMb: number;
};

export type JudgeReply = JudgeResult & { residentMb: number };
export type CheckReply = ConfigCheck & { residentMb: number };

type Fields = Partial<Record<keyof JudgeReply | keyof CheckReply, unknown>>;

/** @returns undefined for anything that is not a reply to such a run, which only a child that was taken over sends. */
export function readReply(task: Run['task'], message: unknown): Reply | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const fields = message as Fields;
  const { residentMb } = fields;
  if (typeof residentMb !== 'number') return undefined;
  const result = task === 'judge' ? readJudgeResult(fields) : readCheckResult(fields);
  return result && { ...result, residentMb };
}

function readJudgeResult({ code, extraction, errors, value }: Fields): JudgeResult | undefined {
  if (!isOneOf(verdictCodes, code) || !isOneOf(extractions, extraction) || !Array.isArray(errors))
    return undefined;
  if (extraction === null) return undefined;
  const result = { code, extraction, errors: toVerdictErrors(errors) };
  // Whatever came through JSON.parse is a JsonValue.
  return value === undefined ? result : { ...result, value: value as JsonValue };
}

function readCheckResult({ code, problems, warnings }: Fields): ConfigCheck | undefined {
  if (!isOneOf<ConfigCode>(configCodes, code) || !Array.isArray(problems) || !Array.isArray(warnings))
    return undefined;
  return { code, problems: toRemarks(problems), warnings: toRemarks(warnings) };
}

function isOneOf<T extends string>(known: readonly T[], value: unknown): value is T | null {
  return value === null || known.some((one) => one === value);
}
