import { type Execution, FormaError } from '@formaops/core';
import type { Caller } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { type RerunBody, requireModel, type SubmitBody } from '../routes/execution-schemas.ts';
import { readExecution } from './read-execution.ts';
import { type Submission, type Submitted, submitExecution } from './submit-execution.ts';

/**
 * Submits again what an execution was given, with some of it changed. Ends with `NOT_FOUND`, `EXECUTION_REDACTED`, or as
 * {@link submitExecution} does.
 */
export async function rerunExecution(
  rerun: Pick<Submission, 'id' | 'idempotency'> & { rerunOf: string; changes: RerunBody },
  caller: Caller,
  deps: ApiDeps,
): Promise<Submitted> {
  const { changes, ...submission } = rerun;
  const original = await readExecution(rerun.rerunOf, caller, deps);
  if (original.redactedAt !== null) throw new FormaError('EXECUTION_REDACTED');
  const body = again(original, changes, caller, deps);
  requireModel(body.model, deps.models);
  const bodyBytes = Buffer.byteLength(JSON.stringify([body.inputs, body.context]));
  return submitExecution({ ...submission, body, bodyBytes }, caller, deps);
}

/** With the limits of the first, as far as the plan still allows them. */
function again(
  { promptId, inputs, context, promptVersion, ...original }: Execution,
  changes: RerunBody,
  { plan }: Caller,
  deps: ApiDeps,
): SubmitBody {
  const { maxAttempts, maxTimeoutMs } = deps.limits[plan];
  const startedFrom = original.runAt ?? original.createdAt;
  return {
    promptId,
    inputs,
    context,
    priority: changes.priority ?? original.priority,
    promptVersion: changes.promptVersion === 'same' ? promptVersion : undefined,
    model: changes.model ?? original.model,
    parameters: changes.parameters ?? original.parameters,
    maxAttempts: Math.min(original.maxAttempts, maxAttempts),
    timeoutMs: Math.min(original.timeoutMs, maxTimeoutMs),
    deadlineMs: original.deadlineAt.getTime() - startedFrom.getTime(),
  };
}
