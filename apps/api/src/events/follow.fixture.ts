import type { JsonObject } from '@formaops/core';
import { expectDescribed } from '../openapi/described.fixture.ts';

/** One server-sent event. */
export interface SseEvent {
  type: string;
  id: string;
  data: JsonObject;
}

/** A stream of events, read as a browser reads it. */
export interface Followed extends AsyncDisposable {
  status: number;
  headers: Headers;
  /** The next event; null when the stream is over. Waits 20 seconds at most. */
  next(): Promise<SseEvent | null>;
  /** Everything up to and including the first event that satisfies. */
  until(isSatisfying: (event: SseEvent) => boolean): Promise<SseEvent[]>;
  /** Everything up to the end of the stream. */
  rest(): Promise<SseEvent[]>;
  /** Everything that was received. */
  text(): string;
  /** The latest id, also of what was no event. */
  lastId(): string;
}

/** Follows a stream; fails when the OpenAPI document does not describe such an answer. */
export async function follow(url: string, apiKey: string, lastEventId?: string): Promise<Followed> {
  const leaving = new AbortController();
  const response = await fetch(url, {
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: leaving.signal,
  });
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const described = { status: response.status, headers: response.headers, body: {} };
  await expectDescribed(url, 'GET', { ...described, text: isStream ? 'events' : '' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let [received, rest, id] = ['', '', ''];

  const next = async (): Promise<SseEvent | null> => {
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end < 0) {
        const piece = await withinSeconds(20, reader?.read());
        if (!piece || piece.done) return null;
        received += piece.value;
        rest += piece.value;
        continue;
      }
      const fields = fieldsOf(rest.slice(0, end));
      rest = rest.slice(end + 2);
      id = fields['id'] ?? id;
      if (fields['data'] !== undefined)
        return { type: fields['event'] ?? 'message', id, data: JSON.parse(fields['data']) };
    }
  };
  const until = async (isSatisfying: (event: SseEvent) => boolean) => {
    const events: SseEvent[] = [];
    for (let event = await next(); event !== null; event = await next()) {
      events.push(event);
      if (isSatisfying(event)) break;
    }
    return events;
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    until,
    rest: () => until(() => false),
    text: () => received,
    lastId: () => id,
    async [Symbol.asyncDispose]() {
      leaving.abort();
    },
  };
}

function fieldsOf(block: string): Record<string, string> {
  return Object.fromEntries(
    block.split('\n').map((line) => {
      const [name = '', ...value] = line.split(': ');
      return [name, value.join(': ')];
    }),
  );
}

async function withinSeconds<T>(seconds: number, work: Promise<T> | undefined): Promise<T | undefined> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no event within ${seconds} seconds`)), seconds * 1_000);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An event in few words. */
export function inWords({ type, data }: SseEvent): string {
  switch (type) {
    case 'status':
      return `${data['status']} ${data['attempt']}`;
    case 'log':
      return String(data['message']);
    case 'output':
      return `${data['attempt']}:${data['offset']} ${data['text']}`;
    default:
      return `${type} ${data['reason'] ?? ''}`.trim();
  }
}
