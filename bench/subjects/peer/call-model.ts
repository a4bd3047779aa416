import { renderTemplate } from '@formaops/core';
import type { TokenUsage } from '@formaops/providers';
import { createInstantProvider } from '../instant-provider.ts';
import type { BegunExecution } from './begin-executions.ts';

/** What a model's answer leaves to be written. */
export interface Answer {
  id: string;
  attempt: number;
  output: string;
  tokenUsage: TokenUsage;
  inputTokens: number;
  outputTokens: number;
  latencyMs: number;
  costUsd: string;
  providerRequestId: string | null;
}

/** US dollars per million tokens, of gpt-4o-mini. A number will do: peers need not add costs up over attempts. */
const prices = { input: 0.15, output: 0.6 };

const provider = createInstantProvider();
const never = new AbortController().signal;

/** Renders the prompt and calls the model. @throws when that fails: the queue then brings the job again. */
export async function callModel(execution: BegunExecution): Promise<Answer> {
  const { id, attempt, template, inputs, model, parameters, timeoutMs } = execution;
  const rendered = renderTemplate(template, inputs);
  if (!rendered.ok) throw new Error(rendered.code);
  const result = await provider.call({
    executionId: id,
    attempt,
    model,
    prompt: rendered.text,
    parameters,
    signal: never,
    totalTimeoutMs: timeoutMs,
  });
  if (result.kind !== 'answered') throw new Error(`the model call was ${result.kind}`);
  const { output, usage, latencyMs, providerRequestId } = result;
  const costUsd = ((usage.input * prices.input + usage.output * prices.output) / 1_000_000).toFixed(12);
  return {
    id,
    attempt,
    output,
    tokenUsage: usage,
    inputTokens: usage.input,
    outputTokens: usage.output,
    latencyMs,
    costUsd,
    providerRequestId,
  };
}
