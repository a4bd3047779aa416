import {
  checkInputs,
  defaultDeadlineMs,
  defaultTimeoutMs,
  type Execution,
  FormaError,
  type JsonObject,
  planLimits,
  renderTemplate,
} from '@formaops/core';
import { type Caller, findRunnablePrompt, insertExecutions, newId, type RunnablePrompt } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { invalidRequest } from '../http/parse.ts';
import type { SubmitBody } from '../routes/execution-schemas.ts';
import { requireTypes } from './check-validation.ts';
import { ringBell } from './ring-bell.ts';

/**
 * Stores an execution and rings for it. Once it is stored it will run: a bell that cannot be rung now is rung by a
 * worker later. Ends with `PLAN_FORBIDDEN`, `NOT_FOUND`, `PROMPT_NOT_PUBLISHED`, `PROMPT_ARCHIVED`,
 * `INVALID_REQUEST`, `PROMPT_TOO_LONG` or `PROMPT_EMPTY`.
 *
 * @param id of the new execution; chosen by the caller, so that it can wait for its end before it exists.
 */
export async function submitExecution(
  id: string,
  body: SubmitBody,
  caller: Caller,
  deps: ApiDeps,
): Promise<Execution> {
  const limits = withinPlan(body, caller);
  const prompt = await findRunnablePrompt(deps.db, caller.userId, body.promptId, body.promptVersion);
  const { version, inputs } = checkRunnable(prompt, body);
  requireTypes(prompt?.validationTypes ?? [], caller);
  const [execution] = await insertExecutions(deps.db, [
    {
      id,
      userId: caller.userId,
      promptId: body.promptId,
      promptVersion: version,
      inputs,
      context: body.context ?? null,
      priority: body.priority,
      model: body.model,
      parameters: body.parameters,
      ...limits,
    },
  ]);
  if (!execution) throw new FormaError('INTERNAL');
  deps.failpoint('after_commit');
  await ringBell(execution, deps);
  return execution;
}

/** A fresh id for {@link submitExecution}. */
export const newExecutionId = newId;

function withinPlan({ priority, maxAttempts, timeoutMs, deadlineMs }: SubmitBody, { plan }: Caller) {
  const limits = planLimits[plan];
  const refuse = (what: string) => new FormaError('PLAN_FORBIDDEN', { message: `The plan ${plan} ${what}` });
  if (priority === 'CRITICAL' && !limits.criticalPriority) throw refuse('does not include CRITICAL priority');
  if ((maxAttempts ?? 0) > limits.maxAttempts) throw refuse(`allows maxAttempts up to ${limits.maxAttempts}`);
  if ((timeoutMs ?? 0) > limits.maxTimeoutMs) throw refuse(`allows timeoutMs up to ${limits.maxTimeoutMs}`);
  return {
    maxAttempts: maxAttempts ?? limits.defaultMaxAttempts,
    timeoutMs: timeoutMs ?? Math.min(defaultTimeoutMs, limits.maxTimeoutMs),
    deadlineMs: deadlineMs ?? defaultDeadlineMs,
  };
}

function checkRunnable(
  prompt: RunnablePrompt | null,
  body: SubmitBody,
): { version: number; inputs: JsonObject } {
  if (!prompt) throw new FormaError('NOT_FOUND', { message: 'There is no such prompt' });
  if (prompt.status === 'ARCHIVED') throw new FormaError('PROMPT_ARCHIVED');
  if (prompt.status !== 'PUBLISHED') throw new FormaError('PROMPT_NOT_PUBLISHED');
  if (prompt.version === null) throw invalidRequest([unknownVersion]);
  const checked = checkInputs(prompt.variables, body.inputs);
  if (!checked.ok) {
    throw invalidRequest(
      checked.problems.map((problem) => ({ ...problem, pointer: `/inputs${problem.pointer}` })),
    );
  }
  const rendered = renderTemplate(prompt.template, checked.inputs);
  if (!rendered.ok) throw new FormaError(rendered.code);
  return { version: prompt.version, inputs: checked.inputs };
}

const unknownVersion = {
  pointer: '/promptVersion',
  code: 'PROMPT_VERSION_UNKNOWN',
  detail: 'is not a version of this prompt',
};
