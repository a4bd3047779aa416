import type { Completion } from './completion.ts';
import { reportedUsage, SYSTEM_FINGERPRINT } from './completion-body.ts';
import type { Faults } from './faults.ts';

/** How a streamed content is cut without `chunks`: into pieces of at least this length, and at most this many. */
const MIN_CHUNK_LENGTH = 16;
const MAX_CHUNKS = 64;

/**
 * The server-sent events of a streamed answer (https://platform.openai.com/docs/api-reference/chat-streaming): the
 * role, the content in pieces (at least one), the finish reason, the usage if it was asked for, and `[DONE]`.
 */
export function completionEvents(completion: Completion, faults: Faults, includeUsage: boolean): string[] {
  const usage = includeUsage ? reportedUsage(completion, faults) : undefined;
  const envelope = envelopeOf(completion, usage !== undefined);
  const chunk = (delta: object, finishReason: string | null = null) =>
    event({
      ...envelope,
      choices: faults.empty ? [] : [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    });

  const events = [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...splitText(completion.content, faults.chunks).map((content) => chunk({ content })),
    chunk({}, completion.finishReason),
    ...(usage === undefined ? [] : [event({ ...envelope, choices: [], usage })]),
    'data: [DONE]\n\n',
  ];
  return faults.malformed ? events.map(breakSecond) : events;
}

function envelopeOf({ id, created, model }: Completion, withUsage: boolean): object {
  const envelope = {
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    system_fingerprint: SYSTEM_FINGERPRINT,
  };
  // OpenAI sends a null in every chunk before the one that holds the usage.
  return withUsage ? { ...envelope, usage: null } : envelope;
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function breakSecond(text: string, index: number): string {
  return index === 1 ? `${text.slice(0, text.length / 2)}\n\n` : text;
}

function splitText(text: string, chunks: number | undefined): string[] {
  const size = Math.max(
    chunks === undefined ? MIN_CHUNK_LENGTH : 1,
    Math.ceil(text.length / (chunks ?? MAX_CHUNKS)),
  );
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = start + size;
    // A model's chunks hold whole characters, so a surrogate pair stays together.
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end += 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces.length === 0 ? [''] : pieces;
}
