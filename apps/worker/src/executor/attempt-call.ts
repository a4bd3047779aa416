import { type AttemptEnd, FormaError, isFormaError, renderTemplate, type TokenUsage } from '@formaops/core';
import { type ClaimedExecution, isDatabaseUnavailable } from '@formaops/db';
import type { CallResult } from '@formaops/providers';
import type { AttemptRef } from '@formaops/queue';
import type { Judgement } from '@formaops/validation';
import { abortReason } from './abort-reason.ts';
import { patiently } from './patiently.ts';
import type { Story } from './story.ts';
import { tellAboutCall, tellAboutJudgement } from './tell-about.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** What came out of one attempt. Nothing of it is stored yet. */
export interface AttemptResult {
  end: AttemptEnd;
  /** The answer; what arrived of it when the attempt was ended early; null when nothing arrived. */
  output: string | null;
  usage: TokenUsage | null;
  usageIsEstimated: boolean;
  /** US dollars as an unrounded decimal; "0" when the model was never reached, null when the price is unknown. */
  costUsd: string | null;
  providerRequestId: string | null;
  /** At least 1. */
  latencyMs: number;
  /** Null unless the model answered. */
  judgement: Judgement | null;
}

/** Time kept back before the deadline for judging and settling, in milliseconds; a tenth where that is less. */
const settleReserveMs = 5_000;

/**
 * Renders, calls the model, judges its answer. Whatever goes wrong is part of the result.
 *
 * @throws only when the database stays away longer than the lease lasts: then the lease runs out, and maintenance takes
 *   the execution back.
 */
export async function attemptCall(
  execution: ClaimedExecution,
  signal: AbortSignal,
  story: Story,
  deps: WorkerDeps,
): Promise<AttemptResult> {
  const rendered = renderTemplate(execution.template, execution.inputs);
  if (!rendered.ok) return notCalled(new FormaError(rendered.code), story);
  deps.failpoint('before_call');
  const call = await deps.provider.call({
    executionId: execution.id,
    attempt: execution.attempt,
    model: execution.model,
    prompt: rendered.text,
    parameters: execution.parameters,
    signal,
    totalTimeoutMs: totalTimeoutMs(execution),
    onDelta: deps.events.outputOf(attemptOf(execution)),
  });
  deps.failpoint('after_call');
  const costUsd = call.usage ? deps.prices.costOf(call.usage, execution.model, deps.clock.now()) : '0';
  tellAboutCall(call, costUsd, story);
  const spent = { ...factsOf(call), costUsd };
  if (call.kind === 'failed')
    return { ...spent, end: { kind: 'failed', error: call.error }, judgement: null };
  if (call.kind === 'aborted') return aborted(spent, call.reason);
  return judged(execution, { ...spent, output: call.output }, signal, story, deps);
}

type Spent = Omit<AttemptResult, 'end' | 'judgement'>;

async function judged(
  execution: ClaimedExecution,
  spent: Spent & { output: string },
  signal: AbortSignal,
  story: Story,
  deps: WorkerDeps,
): Promise<AttemptResult> {
  const { userId, inputs, context, promptId } = execution;
  try {
    const validations = await patiently(() => deps.listValidations(promptId), signal, deps);
    const request = { tenantId: userId, output: spent.output, validations, inputs, context, signal };
    const judgement = await deps.judge.judge(request);
    tellAboutJudgement(judgement, story);
    return { ...spent, end: { kind: 'answered' }, judgement };
  } catch (error) {
    if (signal.aborted) return aborted(spent, signal.reason);
    if (isFormaError(error) && error.code === 'SHUTTING_DOWN') return aborted(spent, 'shutdown');
    if (isDatabaseUnavailable(error)) throw error;
    deps.log.error({ err: error, executionId: execution.id }, 'judging failed');
    return {
      ...spent,
      end: { kind: 'failed', error: new FormaError('INTERNAL', { cause: error }) },
      judgement: null,
    };
  }
}

function notCalled(error: FormaError, story: Story): AttemptResult {
  story.tell('ERROR', 'Prompt could not be rendered', { code: error.code });
  return {
    end: { kind: 'failed', error },
    output: null,
    usage: null,
    usageIsEstimated: false,
    costUsd: '0',
    providerRequestId: null,
    latencyMs: 1,
    judgement: null,
  };
}

function aborted(spent: Spent, reason: unknown): AttemptResult {
  return { ...spent, end: { kind: 'aborted', reason: abortReason(reason) }, judgement: null };
}

function totalTimeoutMs(execution: ClaimedExecution): number {
  // By the clock of the database: this machine's may be wrong. The claim was a moment ago.
  const leftMs = execution.deadlineInMs;
  const reserveMs = Math.min(settleReserveMs, leftMs / 10);
  return Math.max(1, Math.min(execution.timeoutMs, Math.floor(leftMs - reserveMs)));
}

function attemptOf({ id, userId, promptId, attempt }: ClaimedExecution): AttemptRef {
  return { executionId: id, userId, promptId, attempt };
}

function factsOf(call: CallResult): Omit<Spent, 'costUsd'> {
  const text = call.kind === 'answered' ? call.output : call.partialOutput;
  return {
    output: call.kind === 'answered' || text !== '' ? text : null,
    usage: call.usage,
    usageIsEstimated: call.usageIsEstimated,
    providerRequestId: call.providerRequestId,
    latencyMs: call.latencyMs,
  };
}
