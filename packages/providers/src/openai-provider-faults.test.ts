import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import {
  chunk,
  finish,
  helloChunks,
  helloStream,
  replyJson,
  startStream,
  streamAnswer,
  usage,
  usageChunk,
} from './provider-server.fixture.ts';
import { aCall, apiKey, createProvider, failureOf, setup, whenDone } from './provider-setup.fixture.ts';

describe('a malformed answer', () => {
  const streamed =
    (...events: (object | string)[]) =>
    (response: ServerResponse) =>
      streamAnswer(response, ...events);
  const document = (body: unknown) => (response: ServerResponse) => replyJson(response, 200, body);
  const message = (content: unknown, choice: object = {}) =>
    document({ choices: [{ message: { content }, finish_reason: 'stop', ...choice }] });

  it.each<[string, (response: ServerResponse) => void]>([
    ['a page of HTML', (response) => response.setHeader('content-type', 'text/html').end('<html>Hi</html>')],
    ['an empty body', (response) => response.setHeader('content-type', 'text/event-stream').end()],
    ['an empty JSON body', (response) => response.setHeader('content-type', 'application/json').end()],
    ['status 204', (response) => response.writeHead(204).end()],
    ['an empty object', document({})],
    ['no object', document([])],
    ['JSON null', document(null)],
    ['no choices', document({ choices: [], usage })],
    ['choices of a wrong type', document({ choices: 'none' })],
    ['a choice of a wrong type', document({ choices: [null] })],
    ['a message of a wrong type', document({ choices: [{ message: 'hi', finish_reason: 'stop' }] })],
    ['content null', message(null)],
    ['content of a wrong type', message({ text: 'hi' })],
    ['empty content', message('')],
    ['a finish reason of a wrong type', message('hi', { finish_reason: 7 })],
    ['no finish reason', message('hi', { finish_reason: null })],
    ['an event that is no JSON', streamed(chunk('hi'), '{"choices": [')],
    ['an event that is no object', streamed('5')],
    ['an end mark before any finish reason', streamed(chunk('hi'), '[DONE]')],
    ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    [
      'a change of protocols',
      (response) => response.writeHead(101, { upgrade: 'x', connection: 'upgrade' }).end(),
    ],
    ['an impossible status', (response) => response.writeHead(999).end('{}')],
  ])('is PROVIDER_BAD_RESPONSE: %s', async (_, handler) => {
    const { call, server } = await setup(handler);

    expect(failureOf(await call())).toMatchObject({ code: 'PROVIDER_BAD_RESPONSE', retryable: true });
    expect(server.requests).toHaveLength(1);
  });

  it('keeps the partial text, and closes the connection', async () => {
    const { call, server } = await setup((response) => startStream(response, chunk('half'), 'no JSON'));

    expect(await call()).toMatchObject({ kind: 'failed', partialOutput: 'half', usageIsEstimated: true });
    await server.connectionsClosed();
  });

  it('is PROVIDER_TRUNCATED when the stream ends without a finish reason', async () => {
    const { call } = await setup((response) => streamAnswer(response, ...helloChunks));
    const result = await call();

    expect(failureOf(result)).toMatchObject({ code: 'PROVIDER_TRUNCATED', retryable: true });
    expect(result).toMatchObject({
      partialOutput: 'Hello, world',
      usage: { output: 3 },
      usageIsEstimated: true,
    });
  });

  it.each(['error', 'abort'])('is PROVIDER_TRUNCATED when its finish reason is %s', async (reason) => {
    const { call } = await setup(streamed(...helloChunks, finish(reason)));

    expect(failureOf(await call())).toMatchObject({ code: 'PROVIDER_TRUNCATED' });
  });

  it('is CONTENT_FILTERED when the provider filtered it, with what it cost', async () => {
    const { call } = await setup(streamed(...helloChunks, finish('content_filter'), usageChunk()));
    const result = await call();

    expect(failureOf(result)).toMatchObject({ code: 'CONTENT_FILTERED', retryable: false });
    expect(result).toMatchObject({ usage: { total: 19 }, usageIsEstimated: false });
  });

  it('is CONTENT_FILTERED when the model refuses', async () => {
    const { call } = await setup(message(null, { message: { content: null, refusal: 'I cannot.' } }));

    expect(failureOf(await call())).toMatchObject({ code: 'CONTENT_FILTERED' });
  });

  it('is PROVIDER_BAD_REQUEST when the token limit left no room for text', async () => {
    const { call } = await setup(streamed(finish('length'), usageChunk()));

    expect(failureOf(await call())).toMatchObject({ code: 'PROVIDER_BAD_REQUEST', retryable: false });
  });

  it.each([
    ['huge JSON', 'application/json', '{"choices": [{"message": {"content": "'],
    ['one huge line of a stream', 'text/event-stream', 'data: {"choices": [{"delta": {"content": "'],
    ['a stream of blank lines', 'text/event-stream', '\n'],
  ])('is PROVIDER_RESPONSE_TOO_LARGE, and cut off, when it is too long: %s', async (_, type, start) => {
    const piece = start === '\n' ? '\n'.repeat(60_000) : 'x'.repeat(60_000);
    const { call, server } = await setup((response) => {
      response.writeHead(200, { 'content-type': type });
      response.write(start);
      const pour = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', pour);
      pour();
    });

    expect(failureOf(await call())).toMatchObject({ code: 'PROVIDER_RESPONSE_TOO_LARGE', retryable: false });
    await server.connectionsClosed();
  });
});

describe('an error of the provider', () => {
  it.each([
    [400, 'PROVIDER_BAD_REQUEST', false],
    [401, 'PROVIDER_AUTH', false],
    [402, 'PROVIDER_QUOTA_EXCEEDED', false],
    [403, 'PROVIDER_AUTH', false],
    [404, 'PROVIDER_BAD_REQUEST', false],
    [408, 'PROVIDER_TIMEOUT', true],
    [409, 'PROVIDER_UNAVAILABLE', true],
    [413, 'PROVIDER_BAD_REQUEST', false],
    [422, 'PROVIDER_BAD_REQUEST', false],
    [425, 'PROVIDER_UNAVAILABLE', true],
    [429, 'PROVIDER_RATE_LIMITED', true],
    [500, 'PROVIDER_UNAVAILABLE', true],
    [502, 'PROVIDER_UNAVAILABLE', true],
    [503, 'PROVIDER_UNAVAILABLE', true],
    [529, 'PROVIDER_UNAVAILABLE', true],
  ])('with status %i is %s (retryable: %s), asked once and free', async (status, code, retryable) => {
    const { call, server } = await setup((response) =>
      replyJson(response, status, { error: { message: 'no' } }),
    );
    const result = await call();

    expect(failureOf(result)).toMatchObject({ code, retryable, details: { httpStatus: status } });
    expect(result).toMatchObject({ usage: null, usageIsEstimated: false, providerRequestId: 'req_1' });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [429, 'insufficient_quota', 'PROVIDER_QUOTA_EXCEEDED'],
    [400, 'content_filter', 'CONTENT_FILTERED'],
    [400, 'context_length_exceeded', 'PROVIDER_BAD_REQUEST'],
  ])('with status %i and code %s is %s, which is final', async (status, code, expected) => {
    const { call } = await setup((response) =>
      replyJson(response, status, { error: { message: 'no', code } }),
    );

    expect(failureOf(await call())).toMatchObject({ code: expected, retryable: false });
  });

  it.each([
    [{ code: 'insufficient_quota' }, 'PROVIDER_QUOTA_EXCEEDED'],
    [{ code: 429 }, 'PROVIDER_RATE_LIMITED'],
    [{ code: '503' }, 'PROVIDER_UNAVAILABLE'],
    [{ code: 400 }, 'PROVIDER_BAD_REQUEST'],
    [{ type: 'invalid_request_error' }, 'PROVIDER_BAD_REQUEST'],
    [{ type: 'server_error', code: null }, 'PROVIDER_UNAVAILABLE'],
    ['model is loading', 'PROVIDER_UNAVAILABLE'],
  ])('within a stream, %j, is %s and may have cost something', async (error, code) => {
    const { call } = await setup((response) => streamAnswer(response, chunk('half'), { error }));
    const result = await call();

    expect(failureOf(result)).toMatchObject({ code });
    expect(result).toMatchObject({
      partialOutput: 'half',
      usage: { input: 3, output: 1 },
      usageIsEstimated: true,
    });
  });

  it.each([
    ['seconds', { 'retry-after': '2' }, 2_000],
    ['milliseconds', { 'retry-after-ms': '150', 'retry-after': '9' }, 150],
    ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    ['a date in the past', { 'retry-after': 'Thu, 01 Jan 2015 00:00:30 GMT' }, 0],
    ['a negative number', { 'retry-after': '-5' }, 0],
    ['a huge number', { 'retry-after': '99999999999999999999' }, 86_400_000],
    ['garbage', { 'retry-after': 'garbage 5' }, undefined],
    ['nothing', {}, undefined],
  ])('tells how long to wait from %s', async (_, headers, retryAfterMs) => {
    const { call } = await setup((response) => replyJson(response, 429, { error: {} }, headers));

    expect(failureOf(await call())).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterMs });
  });

  it('repeats the words of the provider only redacted and shortened, in details', async () => {
    const words = `Incorrect key ${apiKey} at https://internal.example/v1 for org-abcdef123456. ${'word '.repeat(300)}`;
    const { call } = await setup((response) =>
      replyJson(response, 401, { error: { message: words, code: 'bad' } }),
    );
    const failure = failureOf(await call());

    expect(failure.details).toMatchObject({ httpStatus: 401, providerCode: 'bad' });
    const stated = String(failure.details?.['providerMessage']);
    expect(stated).toMatch(/^Incorrect key \[key\] at \[url\] for \[id\]\. word word/);
    expect(stated.length).toBeLessThanOrEqual(500);
    expect(failure.message).toBe('The model provider refuses our credential');
  });

  it('does not swallow an error body of any length', async () => {
    const { call, server } = await setup((response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.write('x'.repeat(200_000));
    });

    expect(failureOf(await call())).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    await server.connectionsClosed();
  });
});

describe('a connection', () => {
  it('that is refused is PROVIDER_UNAVAILABLE and free', async () => {
    const { server } = await setup(() => undefined);
    await server.close();
    const result = await createProvider(server.baseUrl).call(aCall());

    expect(failureOf(result)).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
    expect(result).toMatchObject({ usage: null, usageIsEstimated: false });
  });

  it('that does not come about in time is PROVIDER_TIMEOUT and free', async () => {
    // A server that accepts and then ignores the TLS handshake.
    const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    whenDone(() => server.close());
    const { port } = server.address() as AddressInfo;
    const provider = createProvider(`https://127.0.0.1:${port}/v1`, { timeouts: { connectMs: 20 } });
    const result = await provider.call(aCall());

    expect(failureOf(result)).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: true });
    expect(result).toMatchObject({ usage: null });
  });

  it('that is reset before the answer is PROVIDER_UNAVAILABLE and may have cost the prompt', async () => {
    const { call } = await setup((response) => response.socket?.resetAndDestroy());
    const result = await call();

    expect(failureOf(result)).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
    expect(result).toMatchObject({
      usage: { input: 3, output: 0, model: 'gpt-4o-mini' },
      usageIsEstimated: true,
    });
  });

  it('that was kept from the call before and is reset may have cost the prompt, too', async () => {
    const replies = [
      (response: ServerResponse) => streamAnswer(response, ...helloStream),
      (response: ServerResponse) => response.socket?.resetAndDestroy(),
    ];
    const { call, server } = await setup((response) => replies.shift()?.(response));
    await call();

    expect(await call()).toMatchObject({
      kind: 'failed',
      usage: { input: 3, output: 0 },
      usageIsEstimated: true,
    });
    expect(server.connectionCount()).toBe(1);
  });

  it.each([
    ['reset', (response: ServerResponse) => response.socket?.resetAndDestroy()],
    ['closed', (response: ServerResponse) => response.socket?.end()],
  ])('that is %s within the answer is PROVIDER_TRUNCATED', async (_, breakOff) => {
    const { call } = await setup((response) => {
      startStream(response, chunk('half'));
      response.write(': comment', () => breakOff(response));
    });
    const result = await call();

    expect(failureOf(result)).toMatchObject({ code: 'PROVIDER_TRUNCATED', retryable: true });
  });
});

describe('a slow answer', () => {
  it('that never begins ends with the limit for the first byte, and the connection is closed', async () => {
    const { call, server } = await setup(() => undefined, { timeouts: { firstByteMs: 20 } });
    const result = await call();

    expect(failureOf(result)).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      details: { limit: 'firstByte', limitMs: 20 },
    });
    expect(result).toMatchObject({ usage: { input: 3, output: 0 }, usageIsEstimated: true });
    await server.connectionsClosed();
  });

  it('that has headers but no body ends with the limit for the first byte', async () => {
    const { call, server } = await setup((response) => response.flushHeaders(), {
      timeouts: { firstByteMs: 20 },
    });

    expect(failureOf(await call())).toMatchObject({ details: { limit: 'firstByte' } });
    await server.connectionsClosed();
  });

  it('that is an error, and drips, ends with the limit for the first byte', async () => {
    const drippingError = (response: ServerResponse) => {
      response.writeHead(500);
      const drip = setInterval(() => response.write('x'), 1);
      response.on('close', () => clearInterval(drip));
    };
    const { call, server } = await setup(drippingError, { timeouts: { firstByteMs: 20 } });

    expect(failureOf(await call())).toMatchObject({ details: { limit: 'firstByte' } });
    await server.connectionsClosed();
  });

  it('that stops in the middle ends with the idle limit, and keeps what came', async () => {
    const { call, server } = await setup((response) => startStream(response, chunk('half')), {
      timeouts: { idleMs: 20 },
    });
    const result = await call();

    expect(failureOf(result)).toMatchObject({ code: 'PROVIDER_TIMEOUT', details: { limit: 'idle' } });
    expect(result).toMatchObject({ partialOutput: 'half', usage: { output: 1 }, usageIsEstimated: true });
    await server.connectionsClosed();
  });

  it('that drips for ever ends with the total limit', async () => {
    const { call, server } = await setup((response) => {
      startStream(response, chunk('drip'));
      const drip = setInterval(() => response.write(':'), 1);
      response.on('close', () => clearInterval(drip));
    });

    expect(failureOf(await call({ totalTimeoutMs: 60 }))).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      details: { limit: 'total' },
    });
    await server.connectionsClosed();
  });
});
