import type { Execution, ExecutionSummary } from '@formaops/core';
import type { ExecutionDetails, ListedExecution } from '@formaops/db';

/** What lists show of an execution. Times become RFC 3339 in UTC when the answer is written. */
export function presentSummary(execution: ExecutionSummary) {
  return {
    id: execution.id,
    status: execution.status,
    priority: execution.priority,
    promptId: execution.promptId,
    promptVersion: execution.promptVersion,
    model: execution.model,
    parameters: execution.parameters,
    validationStatus: execution.validationStatus,
    tokenUsage: execution.tokenUsage,
    latencyMs: execution.latencyMs,
    costUsd: execution.costUsd,
    costIsComplete: execution.costIsComplete,
    error: execution.error,
    edgeFunctionId: execution.edgeFunctionId,
    attempt: execution.attempt,
    maxAttempts: execution.maxAttempts,
    timeoutMs: execution.timeoutMs,
    createdAt: execution.createdAt,
    startedAt: execution.startedAt,
    completedAt: execution.completedAt,
    deadlineAt: execution.deadlineAt,
    runAt: execution.runAt,
    nextAttemptAt: execution.nextAttemptAt,
    cancelRequestedAt: execution.cancelRequestedAt,
    rerunOf: execution.rerunOf,
    redactedAt: execution.redactedAt,
  };
}

/** As {@link presentSummary}, with the prompt's name. */
export function presentListed({ prompt, ...execution }: ListedExecution) {
  return { ...presentSummary(execution), prompt };
}

/** What one execution shows: the summary, what it was given, and what came out. */
export function presentExecution(execution: Execution) {
  return {
    ...presentSummary(execution),
    inputs: execution.inputs,
    context: execution.context,
    output: execution.output,
    validatedOutput: execution.validatedOutput,
  };
}

/** As {@link presentExecution}, with every attempt, every verdict, and what later judgements said. */
export function presentDetails(execution: ExecutionDetails) {
  const { attempts, verdicts, revalidations } = execution;
  return { ...presentExecution(execution), attempts, verdicts, revalidations };
}
