import type { CallDeadlines } from './call-deadlines.ts';
import { addEvent, badResponse, type Completion } from './completion.ts';
import { createDocumentDecoder, createEventDecoder } from './event-decoder.ts';

/**
 * Reads an answer into `completion`, whether it is streamed or one JSON document.
 *
 * @param onFirstToken called once, when the first text is there.
 * @throws FormaError `PROVIDER_BAD_RESPONSE` for a malformed answer, and whatever the body throws.
 */
export async function readCompletion(
  response: Response,
  completion: Completion,
  deadlines: CallDeadlines,
  onFirstToken?: () => void,
): Promise<void> {
  completion.requestId = response.headers.get('x-request-id');
  if (!response.body) throw badResponse('it has no body');
  const isDocument = /\bjson\b/i.test(response.headers.get('content-type') ?? '');
  const decoder = isDocument ? createDocumentDecoder() : createEventDecoder();

  function take(events: string[]): void {
    const hadText = completion.parts.length > 0;
    for (const event of events) addEvent(completion, event);
    if (!hadText && completion.parts.length > 0) onFirstToken?.();
  }

  for await (const piece of response.body) {
    deadlines.sawBytes();
    take(decoder.push(piece));
    // Read on to the body's end: leaving it open would cost the connection.
    if (completion.isEnded) deadlines.expectEnd();
  }
  take(decoder.end());
}
