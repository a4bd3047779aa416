import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FormaOps } from './forma-ops.ts';
import { readEvents } from './read-events.ts';
import { SseParser } from './sse.ts';

/** An answer that goes on, and what becomes of it. */
function answer(...pieces: Uint8Array[]) {
  const given = { up: false };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
    },
    cancel() {
      given.up = true;
    },
  });
  return { response: new Response(body, { status: 200 }), given };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('readEvents', () => {
  it('puts characters together that were cut in the middle', async () => {
    const bytes = bytesOf('data: 日😀\r\n\r\n');
    const { response } = answer(...Array.from(bytes, (byte) => Uint8Array.of(byte)));
    const { value } = await readEvents(response, new SseParser()).next();
    expect(value).toMatchObject({ data: '日😀' });
  });

  it('gives the answer up when nobody reads on', async () => {
    const { response, given } = answer(bytesOf('data: 1\n\n'));
    for await (const { data } of readEvents(response, new SseParser())) {
      expect([data, given.up]).toEqual(['1', false]);
      break;
    }
    expect(given.up).toBe(true);
  });
});

describe('a stream', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());

  /** A client whose streams stay silent. */
  function setup() {
    const opened: Array<{ signal: AbortSignal | null | undefined; given: { up: boolean } }> = [];
    const fetch: typeof globalThis.fetch = async (_, { signal } = {}) => {
      const { response, given } = answer();
      opened.push({ signal, given });
      return response;
    };
    const options = { apiKey: 'k', baseUrl: 'https://api.example', timeoutMs: 1_000, random: () => 0 };
    return { client: new FormaOps({ ...options, fetch }), opened };
  }

  it('may last longer than a call, and is opened anew when its line is dead', async () => {
    const { client, opened } = setup();
    const stream = client.events.stream();
    const first = stream.next().catch(() => undefined);
    await jest.advanceTimersByTimeAsync(44_000);
    expect(opened).toMatchObject([{ signal: { aborted: false }, given: { up: false } }]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(opened).toMatchObject([{ given: { up: true } }, { given: { up: false } }]);
    await jest.advanceTimersByTimeAsync(20 * 46_000);
    await first;
    expect(jest.getTimerCount()).toBe(0);
  });
});
