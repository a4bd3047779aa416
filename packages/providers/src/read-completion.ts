import type { CallDeadlines } from './call-deadlines.ts';
import { addEvent, badResponse, type Completion } from './completion.ts';
import { createDocumentDecoder, createEventDecoder } from './event-decoder.ts';
import type { ModelCall } from './provider.ts';

/** Who wants to know of the text as it arrives. */
type TextListeners = Pick<ModelCall, 'onFirstToken' | 'onDelta'>;

/**
 * Reads an answer into `completion`, whether it is streamed or one JSON document.
 *
 * @throws FormaError `PROVIDER_BAD_RESPONSE` for a malformed answer, and whatever the body throws.
 */
export async function readCompletion(
  response: Response,
  completion: Completion,
  deadlines: CallDeadlines,
  { onFirstToken, onDelta }: TextListeners = {},
): Promise<void> {
  completion.requestId = response.headers.get('x-request-id');
  if (!response.body) throw badResponse('it has no body');
  const isDocument = /\bjson\b/i.test(response.headers.get('content-type') ?? '');
  const decoder = isDocument ? createDocumentDecoder() : createEventDecoder();

  function take(events: string[]): void {
    const before = completion.parts.length;
    for (const event of events) addEvent(completion, event);
    if (completion.parts.length === before) return;
    if (before === 0) onFirstToken?.();
    onDelta?.(completion.parts.slice(before).join(''));
  }

  for await (const piece of response.body) {
    deadlines.sawBytes();
    take(decoder.push(piece));
    // Read on to the body's end: leaving it open would cost the connection.
    if (completion.isEnded) deadlines.expectEnd();
  }
  take(decoder.end());
}
