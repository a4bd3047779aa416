import type { JsonValue } from '@formaops/core';
import { type AvailableType, type Extraction, extractions, type VerdictError } from '../judge.ts';
import type { JsonSchema } from '../schema/dialects.ts';
import { toVerdictErrors } from '../verdict-errors.ts';

/*
 * parent                                   child
 *                                    ◄──   'ready'     once; it has loaded what it needs
 * RunRequest                         ──►
 *                                    ◄──   'started'   the clock of the validation begins
 *                                    ◄──   RunReply
 *
 * One run at a time. The messages are JSON and not V8's own format: should hostile code take a child over, it meets
 * nothing but JSON.parse on our side. It also is the faster one for the usual small message (0.07 to 0.09 ms there
 * and back, p50), and the slower one for 4 MB (115 to 65 ms).
 */

/** One validation to run on one output. */
export interface RunRequest {
  type: AvailableType;
  /** As {@link checkConfig} let it through. */
  config: JsonSchema;
  configHash: string;
  output: string;
  /** Whether the value that was read is to come back after a pass. */
  wantsValue: boolean;
}

/** The verdicts that a child can give; what happens to the child itself is judged outside. */
export const replyCodes = ['OUTPUT_NOT_JSON', 'OUTPUT_SCHEMA_MISMATCH', 'SCHEMA_INVALID'] as const;

export type ReplyCode = (typeof replyCodes)[number];

/** What a validation says about the output. */
export interface RunResult {
  /** Null when passed. */
  code: ReplyCode | null;
  extraction: Extraction;
  errors: VerdictError[];
  /** Absent unless passed and wanted. */
  value?: JsonValue;
}

export interface RunReply extends RunResult {
  /** What the child occupies after the run, in megabytes. */
  residentMb: number;
}

/** @returns undefined for anything that is not a reply, which only a child that was taken over sends. */
export function readReply(message: unknown): RunReply | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { code, extraction, errors, value, residentMb } = message as Partial<Record<keyof RunReply, unknown>>;
  if (!isReplyCode(code) || !isExtraction(extraction) || !Array.isArray(errors)) return undefined;
  if (typeof residentMb !== 'number') return undefined;
  const reply = { code, extraction, errors: toVerdictErrors(errors), residentMb };
  // Whatever came through JSON.parse is a JsonValue.
  return value === undefined ? reply : { ...reply, value: value as JsonValue };
}

function isReplyCode(code: unknown): code is ReplyCode | null {
  return code === null || replyCodes.some((known) => known === code);
}

function isExtraction(extraction: unknown): extraction is Extraction {
  return extractions.some((known) => known === extraction);
}
