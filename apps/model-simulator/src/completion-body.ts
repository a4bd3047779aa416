import type { Completion } from './completion.ts';
import type { Faults } from './faults.ts';

/** What every answer calls itself, so that nobody takes it for a model's. */
export const SYSTEM_FINGERPRINT = 'formaops-simulator';

/** The body of an answer that is not streamed (https://platform.openai.com/docs/api-reference/chat/object). */
export function completionBody(completion: Completion, faults: Faults): string {
  const { id, created, model, content, finishReason } = completion;
  const message = { role: 'assistant', content, refusal: null };
  const body = JSON.stringify({
    id,
    object: 'chat.completion',
    created,
    model,
    choices: faults.empty ? [] : [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: reportedUsage(completion, faults),
    system_fingerprint: SYSTEM_FINGERPRINT,
  });
  return faults.malformed ? body.slice(0, body.length / 2) : body;
}

/** The usage that is sent: the truth unless a fault asked for nonsense (sent) or for none (undefined: left out). */
export function reportedUsage({ usage }: Completion, faults: Faults): object | undefined {
  if (faults['wrong-usage']) return { prompt_tokens: -5, completion_tokens: 'many', total_tokens: null };
  return faults['no-usage'] ? undefined : usage;
}
