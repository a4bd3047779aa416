import {
  checkInputs,
  defaultDeadlineMs,
  defaultTimeoutMs,
  type Execution,
  FormaError,
  isFormaError,
  type JsonObject,
  renderTemplate,
} from '@formaops/core';
import {
  type Caller,
  findByIdempotencyKey,
  type Inserted,
  type NewExecution,
  newId,
  type RunnablePrompt,
} from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import type { PromptChoice } from '../background/known-prompts.ts';
import { invalidRequest } from '../http/parse.ts';
import type { SubmitBody } from '../routes/execution-schemas.ts';
import { requireTypes } from './check-validation.ts';

/** A submission with what the request says about it besides its body. */
export interface Submission {
  /** Of the new execution; chosen by the caller, so that it can wait for its end before it exists. */
  id: string;
  body: SubmitBody;
  bodyBytes: number;
  /** With it, the same submission can be sent again without running twice. */
  idempotency: { key: string; requestHash: string } | null;
  /** The execution that it repeats. */
  rerunOf?: string;
}

export interface Submitted {
  execution: Execution;
  /** An earlier request with the same idempotency key had submitted it; nothing was stored. */
  isReplay: boolean;
}

/**
 * Stores an execution and begins to ring for it. Once it is stored it will run: a bell that cannot be rung now is rung
 * by a worker later. Ends with `PLAN_FORBIDDEN`, `NOT_FOUND`, `PROMPT_NOT_PUBLISHED`, `PROMPT_ARCHIVED`,
 * `INVALID_REQUEST`, `PROMPT_TOO_LONG`, `PROMPT_EMPTY`, `COST_LIMIT`, `BACKLOG_LIMIT` or `IDEMPOTENCY_KEY_REUSED`.
 */
export async function submitExecution(
  submission: Submission,
  caller: Caller,
  deps: ApiDeps,
): Promise<Submitted> {
  const outlook = bellOutlook(deps);
  const stored = await store(submission, outlook, caller, deps).catch((error) =>
    earlierOrThrow(error, submission, caller, deps),
  );
  if (stored.kind === 'repeated') {
    if (stored.requestHash !== submission.idempotency?.requestHash)
      throw new FormaError('IDEMPOTENCY_KEY_REUSED');
    return { execution: stored.execution, isReplay: true };
  }
  deps.failpoint('after_commit');
  deps.events.publisher.changed([{ executionId: stored.execution.id, userId: caller.userId }]);
  await deps.ringer.ring(stored.execution, outlook);
  return { execution: stored.execution, isReplay: false };
}

/** How often a prompt may change while its execution is being stored. */
const maxTries = 3;

async function store(
  submission: Submission,
  outlook: BellOutlook,
  caller: Caller,
  deps: ApiDeps,
): Promise<Exclude<Inserted, { kind: 'stale' | 'unclear' }>> {
  const limits = withinPlan(submission.body, caller, deps);
  const choice = { ...submission.body, userId: caller.userId };
  for (let tries = 1; tries <= maxTries; tries += 1) {
    const pinned = await pinVersion(choice, caller, deps);
    if (tries === 1) await requireRoom(caller, deps);
    const row = { ...rowOf(submission, caller), ...outlook, ...limits, ...pinned };
    const inserted = await deps.insert(row, submission.bodyBytes);
    if (inserted.kind === 'unclear') throw inserted.error;
    if (inserted.kind !== 'stale') return inserted;
    deps.prompts.forget(choice);
  }
  throw new FormaError('DATABASE_BUSY');
}

/** That the user may still spend and let one more wait. */
async function requireRoom({ userId, plan }: Caller, { limits, spending, backlogs }: ApiDeps): Promise<void> {
  const { maxCostUsdPerDay, maxWaiting } = limits[plan];
  await spending.check(userId, maxCostUsdPerDay);
  await backlogs.reserve(userId, maxWaiting);
}

/** What was accepted once stays accepted, although it would be refused now. */
async function earlierOrThrow(
  error: unknown,
  { idempotency }: Submission,
  { userId }: Caller,
  { db }: ApiDeps,
): Promise<Extract<Inserted, { kind: 'repeated' }>> {
  const earlier =
    isFormaError(error) && idempotency && (await findByIdempotencyKey(db, userId, idempotency.key));
  if (!earlier) throw error;
  return { kind: 'repeated', ...earlier };
}

/** A fresh id for a {@link Submission}. */
export const newExecutionId = newId;

function withinPlan(
  { priority, maxAttempts, timeoutMs, deadlineMs }: SubmitBody,
  { plan }: Caller,
  deps: Pick<ApiDeps, 'limits'>,
) {
  const limits = deps.limits[plan];
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

function rowOf({ id, body, idempotency, rerunOf }: Submission, { userId }: Caller) {
  const { promptId, context = null, priority, model, parameters, runAt } = body;
  return {
    id,
    userId,
    promptId,
    context,
    priority,
    model,
    parameters,
    runAt,
    rerunOf,
    ...(idempotency && { idempotency }),
  };
}

type BellOutlook = Required<Pick<NewExecution, 'bellLostMs' | 'isTakenForRung'>>;

/**
 * Most of what is submitted to a long line would still wait when its bell is noted as rung, which costs as much as storing
 * it: so it is stored with that note.
 */
function bellOutlook({ line, bellLostMs, bellRepeatMs }: ApiDeps): BellOutlook {
  const isTakenForRung = line.isLong();
  return { isTakenForRung, bellLostMs: isTakenForRung ? bellRepeatMs : bellLostMs };
}

/** What only the prompt can tell about an execution. */
interface Pinned {
  promptVersion: number;
  inputs: JsonObject;
  assumedVersion: number;
}

async function pinVersion(choice: SubmitBody & PromptChoice, caller: Caller, deps: ApiDeps): Promise<Pinned> {
  const check = async () => {
    const prompt = await deps.prompts.find(choice);
    requireTypes(prompt?.validationTypes ?? [], caller, deps);
    return checkRunnable(prompt, choice);
  };
  return check().catch((error: unknown) => {
    // What is remembered may have been changed: nobody is refused for what was true some seconds ago.
    if (!isFormaError(error) || !deps.prompts.doubt(choice)) throw error;
    return check();
  });
}

function checkRunnable(prompt: RunnablePrompt | null, body: SubmitBody): Pinned {
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
  return {
    promptVersion: prompt.version,
    inputs: checked.inputs,
    assumedVersion: prompt.currentVersion,
  };
}

const unknownVersion = {
  pointer: '/promptVersion',
  code: 'PROMPT_VERSION_UNKNOWN',
  detail: 'is not a version of this prompt',
};
