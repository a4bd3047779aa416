import { ApiError } from './api-error.ts';
import type { Call } from './call-log.ts';
import type { ChatRequest } from './chat-request.ts';
import { complete } from './completion.ts';
import { completionBody } from './completion-body.ts';
import { completionEvents } from './completion-events.ts';
import type { Faults } from './faults.ts';

/** Status, headers and body of an answer, and what the log of calls says about it once it is sent. */
export interface Payload extends Pick<Call, 'usage'> {
  status: number;
  headers: Record<string, string>;
  /** The body, in the pieces that drip, stall, cut and truncate work on. */
  pieces: readonly Buffer[];
  outcome: 'answered' | 'faulted' | 'refused';
}

/** Into how many pieces a body is cut without `chunks`. A stream is cut into its events. */
const BODY_PIECES = 16;

const LOGIN_PAGE =
  '<!doctype html><html><head><title>Simulated page</title></head><body>Please log in.</body></html>';

/** What a sound request is answered with; of faults that exclude each other, the first asked here wins. */
export function payloadOf(request: ChatRequest, model: string, faults: Faults, digest: string): Payload {
  if (faults.status !== undefined) {
    const message = `Simulated failure with status ${faults.status}.`;
    return errorPayload(new ApiError(faults.status, message, { code: faults.code }), 'faulted', faults);
  }
  if (faults.html) {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    return { status: 200, headers, pieces: splitBody(LOGIN_PAGE, faults), outcome: 'faulted', usage: null };
  }
  return completionPayload(request, model, faults, digest);
}

/** An error in OpenAI's shape, with a `retry-after` header if a fault asked for one. */
export function errorPayload(error: ApiError, outcome: 'faulted' | 'refused', faults: Faults): Payload {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (faults['retry-after'] !== undefined) headers['retry-after'] = faults['retry-after'];
  const pieces = splitBody(JSON.stringify(error.toBody()), faults);
  return { status: error.status, headers, pieces, outcome, usage: null };
}

function completionPayload(request: ChatRequest, model: string, faults: Faults, digest: string): Payload {
  const completion = complete(request, model, faults, digest);
  const stream = request.stream === true;
  const includeUsage = !stream || request.stream_options?.include_usage === true;
  const isUsageTold = includeUsage && !faults['no-usage'] && !faults['wrong-usage'] && !faults.malformed;
  return {
    status: 200,
    headers: { 'content-type': stream ? 'text/event-stream; charset=utf-8' : 'application/json' },
    pieces: stream
      ? completionEvents(completion, faults, includeUsage).map((event) => Buffer.from(event))
      : splitBody(completionBody(completion, faults), faults),
    outcome: faults.malformed || faults.empty ? 'faulted' : 'answered',
    usage: isUsageTold ? completion.usage : null,
  };
}

/** At least two pieces, so that half of them is neither nothing nor all. */
function splitBody(body: string, faults: Faults): Buffer[] {
  const bytes = Buffer.from(body);
  const size = Math.ceil(bytes.length / Math.max(2, faults.chunks ?? BODY_PIECES));
  const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size);
  return starts.map((start) => bytes.subarray(start, start + size));
}
