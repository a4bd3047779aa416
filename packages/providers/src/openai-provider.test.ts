import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import {
  chunk,
  eventText,
  finish,
  helloChunks,
  helloStream,
  replyJson,
  startStream,
  streamAnswer,
  usage,
  usageChunk,
} from './provider-server.fixture.ts';
import { aCall, apiKey, createProvider, failureOf, setup } from './provider-setup.fixture.ts';

describe('an answered call', () => {
  it('gives the text, the finish reason, the exact usage and the request id', async () => {
    const { call } = await setup((response) => streamAnswer(response, ...helloStream));

    expect(await call()).toEqual({
      kind: 'answered',
      output: 'Hello, world',
      finishReason: 'stop',
      usage: { input: 12, output: 7, total: 19, model: 'gpt-4o-mini-2024-07-18' },
      usageIsEstimated: false,
      providerRequestId: 'req_1',
      outputSanitized: false,
      latencyMs: expect.any(Number),
    });
  });

  it('sends the prompt, the parameters, the key and an idempotency key, and nothing else', async () => {
    const { call, server } = await setup((response) => streamAnswer(response, ...helloStream));
    const schema = { type: 'object' };
    await call({
      parameters: {
        temperature: 0,
        maxTokens: 50,
        topP: 0.5,
        seed: 7,
        stop: ['END'],
        responseFormat: { type: 'json_schema', jsonSchema: { name: 'review', schema, strict: true } },
      },
    });

    const [request] = server.requests;
    expect(request?.path).toBe('/v1/chat/completions');
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      'idempotency-key': 'e1-2',
      'accept-encoding': 'identity',
    });
    expect(request?.body).toEqual({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Say hello.' }],
      n: 1,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      max_tokens: 50,
      top_p: 0.5,
      seed: 7,
      stop: ['END'],
      response_format: { type: 'json_schema', json_schema: { name: 'review', schema, strict: true } },
    });
  });

  it('tells of the first text once, and not of an empty piece', async () => {
    const { call } = await setup((response) => streamAnswer(response, ...helloStream));
    const onFirstToken = jest.fn();
    await call({ onFirstToken });

    expect(onFirstToken).toHaveBeenCalledTimes(1);
  });

  it('tells of every piece of the text as it arrives, in order', async () => {
    const { call } = await setup((response) => streamAnswer(response, ...helloStream));
    const pieces: string[] = [];
    const result = await call({ onDelta: (text) => void pieces.push(text) });

    expect(pieces.length).toBeGreaterThan(0);
    expect(pieces).not.toContain('');
    expect(result).toMatchObject({ output: pieces.join('') });
  });

  it('keeps the connection for the next call', async () => {
    const { call, server } = await setup((response) => streamAnswer(response, ...helloStream));
    await call();
    await call();

    expect(server.requests).toHaveLength(2);
    expect(server.connectionCount()).toBe(1);
  });

  it('leaves no listener on the signal of the caller', async () => {
    const { call } = await setup((response) => streamAnswer(response, ...helloStream));
    const { signal } = new AbortController();
    await call({ signal });

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('is read from a server that answers with one JSON document', async () => {
    const document = {
      model: 'local',
      choices: [{ message: { content: 'Hello' }, finish_reason: 'length' }],
      usage,
    };
    const { call } = await setup((response) => replyJson(response, 200, document));

    expect(await call()).toMatchObject({
      kind: 'answered',
      output: 'Hello',
      finishReason: 'length',
      usage: { input: 12, output: 7, total: 19, model: 'local' },
      usageIsEstimated: false,
    });
  });

  it('is read from a stream with CRLF, comments, no end mark and no last blank line', async () => {
    const { call } = await setup((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        `: hello\r\n${eventText(...helloChunks, finish())
          .replaceAll('\n', '\r\n')
          .trimEnd()}`,
      );
    });

    expect(await call()).toMatchObject({ kind: 'answered', output: 'Hello, world' });
  });

  it('has estimated tokens, and says so, when the server states no usage', async () => {
    const { call } = await setup((response) => streamAnswer(response, ...helloChunks, finish(), '[DONE]'));

    expect(await call()).toMatchObject({
      kind: 'answered',
      usage: { input: 3, output: 3, total: 6, model: 'gpt-4o-mini-2024-07-18' },
      usageIsEstimated: true,
    });
  });

  it('has estimated tokens when the stated usage cannot be true', async () => {
    const nonsense = { prompt_tokens: -1, completion_tokens: 7, total_tokens: 6 };
    const { call } = await setup((response) =>
      streamAnswer(response, ...helloChunks, finish(), usageChunk(nonsense)),
    );

    expect(await call()).toMatchObject({ usage: { input: 3, output: 3, total: 6 }, usageIsEstimated: true });
  });

  it('replaces NUL and lone surrogates, which the database refuses, and says so', async () => {
    const { call } = await setup((response) => streamAnswer(response, chunk('a\0b\ud800c'), finish()));

    expect(await call()).toMatchObject({ output: 'a\uFFFDb\uFFFDc', outputSanitized: true });
  });

  it('joins a surrogate pair that two chunks share', async () => {
    const { call } = await setup((response) =>
      streamAnswer(response, chunk('\ud83d'), chunk('\ude00'), finish()),
    );

    expect(await call()).toMatchObject({ output: '😀', outputSanitized: false });
  });

  it('ends with the end mark, whatever follows it', async () => {
    const { call } = await setup((response) => streamAnswer(response, ...helloStream, chunk('!'), 'no JSON'));

    expect(await call()).toMatchObject({ kind: 'answered', output: 'Hello, world' });
  });

  it('took at least a millisecond', async () => {
    const clock = { now: () => new Date(), monotonicMs: () => 5 };
    const { call } = await setup((response) => streamAnswer(response, ...helloStream), { clock });

    expect(await call()).toMatchObject({ latencyMs: 1 });
  });

  it('ignores further choices that were not asked for', async () => {
    const second = chunk('B', { index: 1, finish_reason: 'length' });
    const { call } = await setup((response) => streamAnswer(response, chunk('A'), second, finish()));

    expect(await call()).toMatchObject({ output: 'A', finishReason: 'stop' });
  });

  it.each([
    [
      'the server leaves the connection open',
      (response: ServerResponse) => startStream(response, ...helloStream),
    ],
    [
      'the connection is reset before the usage',
      (response: ServerResponse) => {
        startStream(response, ...helloChunks, finish());
        response.write('data: {', () => response.socket?.resetAndDestroy());
      },
    ],
  ])('counts when everything but its end arrived: %s', async (_, handler) => {
    const { call, server } = await setup(handler);

    expect(await call()).toMatchObject({ kind: 'answered', output: 'Hello, world' });
    await server.connectionsClosed();
  });
});

describe('an aborted call', () => {
  const reason = { kind: 'cancelled' };

  it('is not sent when the signal was aborted before', async () => {
    const { call, server } = await setup((response) => streamAnswer(response, ...helloStream));

    expect(await call({ signal: AbortSignal.abort(reason) })).toMatchObject({
      kind: 'aborted',
      reason,
      partialOutput: '',
      usage: null,
      usageIsEstimated: false,
    });
    expect(server.requests).toHaveLength(0);
  });

  it('ends while the provider is silent, and closes the connection', async () => {
    const caller = new AbortController();
    const { call, server } = await setup(() => caller.abort(reason));

    expect(await call({ signal: caller.signal })).toMatchObject({
      kind: 'aborted',
      reason,
      usage: { input: 3, output: 0 },
      usageIsEstimated: true,
    });
    await server.connectionsClosed();
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  it('keeps the text that had come, and closes the connection', async () => {
    const caller = new AbortController();
    const { call, server } = await setup((response) => startStream(response, chunk('half')));
    const result = await call({ signal: caller.signal, onFirstToken: () => caller.abort(reason) });

    expect(result).toMatchObject({ kind: 'aborted', reason, partialOutput: 'half', usageIsEstimated: true });
    await server.connectionsClosed();
  });

  it('takes the usage so far, as an estimate, from servers that state it with every chunk', async () => {
    const caller = new AbortController();
    const { call } = await setup((response) => startStream(response, { ...chunk('half'), usage }));
    const result = await call({ signal: caller.signal, onFirstToken: () => caller.abort(reason) });

    expect(result).toMatchObject({ kind: 'aborted', usage: { total: 19 }, usageIsEstimated: true });
  });
});

describe('a provider', () => {
  it('answers with INTERNAL, and closes the connection, when the caller’s own callback throws', async () => {
    const { call, server } = await setup((response) => startStream(response, chunk('half')));
    const onFirstToken = () => {
      throw new Error('a mistake of ours');
    };

    expect(failureOf(await call({ onFirstToken }))).toMatchObject({ code: 'INTERNAL' });
    await server.connectionsClosed();
  });

  it('breaks the calls under way when it is closed', async () => {
    const { server } = await setup(() => provider.close());
    const provider = createProvider(server.baseUrl);

    expect(failureOf(await provider.call(aCall()))).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    await server.connectionsClosed();
  });

  it('does not ask for usage when the server is known to refuse that', async () => {
    const { call, server } = await setup((response) => streamAnswer(response, ...helloStream), {
      requestStreamUsage: false,
      maxTokensField: 'max_completion_tokens',
    });
    await call({ parameters: { maxTokens: 5 } });

    expect(server.requests[0]?.body).not.toHaveProperty('stream_options');
    expect(server.requests[0]?.body).toMatchObject({ max_completion_tokens: 5 });
  });
});
