import type { Calls } from './calls.ts';
import { FormaOpsError } from './errors.ts';
import { readEvents } from './read-events.ts';
import { canRetry } from './retry.ts';
import { type ServerSentEvent, SseParser } from './sse.ts';
import type { CallOptions, Schemas } from './types.ts';
import { patientRetries } from './wait.ts';

/** An execution has another status, or another attempt has begun. */
export interface StatusEvent {
  type: 'status';
  /** Where to go on from: `lastEventId`. */
  eventId: string;
  /** Of the execution. */
  id: string;
  status: Schemas['ExecutionStatus'];
  attempt: number;
  at: string;
  /** With the status in which it ends, like what follows. */
  validationStatus?: Schemas['ValidationStatus'];
  costUsd?: string | null;
  latencyMs?: number | null;
  error?: { code: string; message: string } | null;
  /** Where the whole execution is. */
  href?: string;
}

/** A log line was written. */
export type LogEvent = { type: 'log'; eventId: string; executionId: string } & Schemas['LogLine'];

/** The model writes. Pieces can be missing; the whole output is in the execution when it has ended. */
export interface OutputEvent {
  type: 'output';
  eventId: string;
  executionId: string;
  attempt: number;
  /** Where the text belongs, in UTF-16 code units; another attempt starts at 0. */
  offset: number;
  text: string;
}

/** So much was missed that older executions may have moved unseen; list them. */
export interface GapEvent {
  type: 'gap';
  eventId: string;
  since: string;
}

export type ExecutionEvent = StatusEvent | LogEvent | OutputEvent;

export interface FollowOptions extends Pick<CallOptions, 'signal' | 'headers'> {
  /** Only what came after this event. */
  lastEventId?: string | undefined;
}

/** What is remembered to tell things once: after a break the API tells the last ten seconds again. */
const maxRemembered = 2_000;

const types: readonly string[] = ['status', 'log', 'output', 'gap'];

/**
 * Tells what happens until it is over, through breaks of the line.
 *
 * @param open opens a stream that goes on after an event.
 * @throws FormaOpsError when no stream can be had.
 */
export async function* follow<Event extends ExecutionEvent | GapEvent>(
  calls: Calls,
  open: (lastEventId: string | undefined) => Promise<Response>,
  { signal, lastEventId = '' }: FollowOptions,
): AsyncGenerator<Event, void, undefined> {
  const isNew = createMemory();
  let known = lastEventId;
  for (let silent = 0; ; silent++) {
    const parser = new SseParser(known);
    let failure = new FormaOpsError({ code: 'NETWORK_ERROR', message: 'The stream ended before its time' });
    try {
      const response = await open(known || undefined);
      if (response.status === 204) return;
      for await (const event of readEvents(response, parser)) {
        silent = 0;
        if (isEnd(event)) return;
        const told = types.includes(event.event) ? toldBy(event) : null;
        if (told && isNew(told)) yield told as Event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!canRetry(error, true)) throw error;
      failure = error;
    }
    // Where nothing happens for hours, what is between may end a line that was in order.
    if (parser.wasKeptAlive) silent = 0;
    if (silent >= patientRetries) throw failure;
    known = parser.lastEventId;
    await calls.pause(silent, Math.max(parser.retryMs ?? 0, failure.retryAfterMs ?? 0), signal);
  }
}

/** A stream that ends for another reason, such as a key that was revoked, says so when it is opened again. */
function isEnd({ event, data }: ServerSentEvent): boolean {
  return event === 'end' && data.includes('EXECUTION_ENDED');
}

function toldBy({ id, event, data }: ServerSentEvent): ExecutionEvent | GapEvent {
  try {
    return { ...JSON.parse(data), type: event, eventId: id };
  } catch (error) {
    throw new FormaOpsError({ code: 'UNEXPECTED_ANSWER', message: 'An event is no JSON', cause: error });
  }
}

function createMemory(): (event: ExecutionEvent | GapEvent) => boolean {
  const remembered = new Set<string>();
  return (event) => {
    if (event.type !== 'status' && event.type !== 'log') return true;
    const key = event.type === 'log' ? event.id : `${event.id} ${event.status} ${event.attempt}`;
    if (remembered.has(key)) return false;
    remembered.add(key);
    const [oldest = ''] = remembered;
    if (remembered.size > maxRemembered) remembered.delete(oldest);
    return true;
  };
}
