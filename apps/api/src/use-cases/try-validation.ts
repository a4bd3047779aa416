import { FormaError, type JsonValue } from '@formaops/core';
import type { Caller } from '@formaops/db';
import type { Extraction, Verdict } from '@formaops/validation';
import type { ApiDeps } from '../api-deps.ts';
import type { TryValidationBody } from '../routes/validation-schemas.ts';
import { type ConfigWarning, checkValidation, requireTypes } from './check-validation.ts';

export interface Trial extends Pick<Verdict, 'outcome' | 'code' | 'errors' | 'durationMs'> {
  /** How JSON was found in the output. */
  extraction: Extraction;
  /** What would become of `validatedOutput`. */
  value: JsonValue;
  warnings: ConfigWarning[];
}

/** Judges a text by a config; nothing is stored. Ends with `PLAN_FORBIDDEN`, `INVALID_REQUEST`, `SANDBOX_UNAVAILABLE`. */
export async function tryValidation(
  { type, config, output, inputs, context }: TryValidationBody,
  caller: Caller,
  deps: ApiDeps,
  signal: AbortSignal,
): Promise<Trial> {
  requireTypes([type], caller, deps);
  const warnings = await checkValidation({ type, config }, caller, deps);
  const { verdicts, extraction, validatedOutput } = await deps.judge.judge({
    tenantId: caller.userId,
    output,
    validations: [{ id: 'try', name: 'try', type, config }],
    inputs,
    context,
    signal,
  });
  const [verdict] = verdicts;
  if (verdict === undefined || verdict.code === 'SANDBOX_UNAVAILABLE')
    throw new FormaError('SANDBOX_UNAVAILABLE');
  const { outcome, code, errors, durationMs } = verdict;
  return { outcome, code, errors, warnings, durationMs, extraction, value: validatedOutput ?? null };
}
