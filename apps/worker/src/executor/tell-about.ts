import type { JsonObject } from '@formaops/core';
import type { CallResult } from '@formaops/providers';
import type { Judgement } from '@formaops/validation';
import { abortReason } from './abort-reason.ts';
import type { Story } from './story.ts';

/** What the owner should read about a call. */
export function tellAboutCall(call: CallResult, costUsd: string | null, story: Story): void {
  const { latencyMs, usage, usageIsEstimated } = call;
  const tokens = usage && { inputTokens: usage.input, outputTokens: usage.output, usageIsEstimated };
  const facts: JsonObject = { latencyMs, ...tokens };
  if (call.kind === 'answered') {
    story.tell('INFO', 'Model answered', { ...facts, finishReason: call.finishReason });
  } else if (call.kind === 'failed') {
    story.tell('WARN', 'Model call failed', { ...facts, code: call.error.code, reason: call.error.message });
  } else {
    story.tell('INFO', 'Model call ended early', { ...facts, reason: abortReason(call.reason) });
  }
  if (call.outputSanitized)
    story.tell('WARN', 'Output held characters that cannot be stored; they were replaced');
  if (costUsd === null)
    story.tell('WARN', 'Cost is unknown: no price for this model', { model: usage?.model ?? '' });
}

/** What the owner should read about the verdicts. */
export function tellAboutJudgement({ status, verdicts, extraction }: Judgement, story: Story): void {
  const failed = verdicts.filter(({ outcome }) => outcome !== 'PASSED');
  story.tell(failed.length > 0 ? 'WARN' : 'INFO', 'Output judged', {
    validationStatus: status,
    validations: verdicts.length,
    json: extraction,
    failed: failed.map(({ validationName, code }) => ({ validation: validationName, code })),
  });
}
