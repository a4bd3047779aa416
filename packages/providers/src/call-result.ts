import { assertNever, type FormaError } from '@formaops/core';
import { type Completion, finishReasonOf, problemOf, textOf } from './completion.ts';
import type { CallResult, ModelCall, TokenUsage } from './provider.ts';
import { estimateUsage, readUsage } from './token-usage.ts';

/** How the exchange with the provider ended; whether what was received is an answer is judged afterwards. */
export type Ending =
  | { kind: 'received' }
  | { kind: 'failed'; error: FormaError; mayBeBilled: boolean }
  | { kind: 'aborted'; mayBeBilled: boolean };

/** Puts together what the caller learns about a call. */
export function toResult(
  call: ModelCall,
  completion: Completion,
  ending: Ending,
  elapsedMs: number,
): CallResult {
  const { text, changed } = textOf(completion);
  const facts = {
    providerRequestId: completion.requestId,
    outputSanitized: changed,
    latencyMs: Math.max(1, Math.round(elapsedMs)),
  };
  const spent = spentOn(call, completion, text);
  const spentIfBilled = (mayBeBilled: boolean) =>
    mayBeBilled ? spent : { usage: null, usageIsEstimated: false };

  switch (ending.kind) {
    case 'received': {
      const error = problemOf(completion);
      if (error) return { kind: 'failed', error, partialOutput: text, ...facts, ...spent };
      return { kind: 'answered', output: text, finishReason: finishReasonOf(completion), ...facts, ...spent };
    }
    case 'failed': {
      const { error, mayBeBilled } = ending;
      return { kind: 'failed', error, partialOutput: text, ...facts, ...spentIfBilled(mayBeBilled) };
    }
    case 'aborted': {
      const { reason } = call.signal;
      return { kind: 'aborted', reason, partialOutput: text, ...facts, ...spentIfBilled(ending.mayBeBilled) };
    }
    default:
      return assertNever(ending);
  }
}

function spentOn(
  call: ModelCall,
  completion: Completion,
  text: string,
): { usage: TokenUsage; usageIsEstimated: boolean } {
  const model = completion.model ?? call.model;
  const usage = readUsage(completion.reportedUsage, model);
  // Some servers state the usage so far with every chunk: before the finish it is not the last word.
  if (usage) return { usage, usageIsEstimated: completion.finishReason === null };
  return { usage: estimateUsage(call.prompt, text, model), usageIsEstimated: true };
}
