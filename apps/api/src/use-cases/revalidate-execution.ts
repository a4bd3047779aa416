import { FormaError, isTerminal } from '@formaops/core';
import { type Caller, listActiveValidations, type Revalidation, storeRevalidation } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { requireTypes } from './check-validation.ts';
import { readExecution } from './read-execution.ts';

/**
 * Judges the stored output of an execution by the prompt's validations of now, and stores what they say beside the
 * execution's own verdicts. No model is called, and the execution stays as it is. Ends with `NOT_FOUND`,
 * `EXECUTION_NOT_FINISHED`, `EXECUTION_REDACTED`, `EXECUTION_HAS_NO_OUTPUT`, `PLAN_FORBIDDEN` or `SANDBOX_UNAVAILABLE`.
 */
export async function revalidateExecution(
  id: string,
  caller: Caller,
  deps: ApiDeps,
  signal: AbortSignal,
): Promise<Revalidation> {
  const execution = await readExecution(id, caller, deps);
  const { status, output, promptId, inputs, context } = execution;
  if (!isTerminal(status)) throw new FormaError('EXECUTION_NOT_FINISHED');
  if (execution.redactedAt !== null) throw new FormaError('EXECUTION_REDACTED');
  if (output === null) throw new FormaError('EXECUTION_HAS_NO_OUTPUT');
  const [validations = []] = await listActiveValidations(deps.db, [promptId]);
  requireTypes(
    validations.map(({ type }) => type),
    caller,
    deps,
  );
  const request = { tenantId: caller.userId, output, validations, inputs, context, signal };
  const judgement = await deps.judge.judge(request);
  const isUnavailable = judgement.verdicts.some(({ code }) => code === 'SANDBOX_UNAVAILABLE');
  if (isUnavailable) throw new FormaError('SANDBOX_UNAVAILABLE');
  const { status: validationStatus, validatedOutput, verdicts } = judgement;
  const set = { executionId: id, validationStatus, validatedOutput, verdicts };
  const stored = await storeRevalidation(deps.db, set);
  if (stored === null) throw new FormaError('EXECUTION_REDACTED');
  return {
    ...stored,
    validationStatus,
    validatedOutput: validatedOutput ?? null,
    verdicts: verdicts.map((verdict) => ({ ...verdict, createdAt: stored.createdAt })),
  };
}
