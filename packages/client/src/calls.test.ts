import { describe, expect, it, jest } from '@jest/globals';
import { problem, type Scripted, scriptedClient } from './client.fixture.ts';
import { FormaOpsError } from './errors.ts';
import { prepare } from './prepare.ts';
import { retryDelayMs } from './retry.ts';
import { patientRetries } from './wait.ts';

const submission = { promptId: 'p', inputs: {} };
const accepted = { status: 202, body: { id: 'e', status: 'PENDING' } };
const network = new TypeError('fetch failed');

describe('a call', () => {
  it('sends the key, JSON, ids as parts of the path, and lists with commas', async () => {
    const { client, sent } = scriptedClient([{ status: 200, body: { data: [], nextCursor: null } }]);
    await client.executions.list({ status: ['FAILED', 'PENDING'], limit: 5 }).page();
    await client.prompts.get('a/b?c');
    await client.validations.update('p', 'v', { isActive: false });
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /base/v1/executions?status=FAILED%2CPENDING&limit=5',
      'GET /base/v1/prompts/a%2Fb%3Fc',
      'PATCH /base/v1/prompts/p/validations/v',
    ]);
    expect(sent[2]?.body).toEqual({ isActive: false });
    expect(sent[2]?.headers.get('content-type')).toBe('application/json');
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(
      Array(3).fill('Bearer fo_live_test'),
    );
  });

  it('sends times as the API reads them', async () => {
    const { client, sent } = scriptedClient([{ status: 200, body: { data: [], nextCursor: null } }]);
    const createdFrom = new Date('2026-01-31T09:30:00Z') as unknown as string;
    await client.executions.list({ createdFrom }).page();
    expect(sent[0]?.path).toBe('/base/v1/executions?createdFrom=2026-01-31T09%3A30%3A00.000Z');
  });

  it('gives an answer more time when it asks the API to wait', () => {
    const options = { apiKey: 'k', baseUrl: 'https://api.example' };
    const route = { method: 'GET', path: '/' } as const;
    expect(prepare(options, route, {}).timeoutMs).toBe(30_000);
    expect(prepare(options, route, { query: { wait: 25 } }).timeoutMs).toBe(55_000);
  });

  it.each(['', '.', '..'])('refuses the id "%s", which would lead somewhere else', async (id) => {
    const { client, sent } = scriptedClient([{ status: 204 }]);
    await expect(client.validations.delete('p', id)).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  });

  it('has no result where there is no body', async () => {
    const { client } = scriptedClient([{ status: 204 }]);
    expect(await client.validations.delete('p', 'v')).toBeUndefined();
  });

  it('shows the answer to whoever wants its headers', async () => {
    const { client } = scriptedClient([{ status: 200, body: {}, headers: { etag: '"3"' } }]);
    let etag: string | null = null;
    await client.prompts.get('p', { onAnswer: ({ headers }) => (etag = headers.get('etag')) });
    expect(etag).toBe('"3"');
  });

  it('needs a key and an address', () => {
    for (const apiKey of [undefined, '', ' \n'])
      expect(() => scriptedClient([], { apiKey })).toThrow('apiKey is missing');
    expect(() => scriptedClient([], { baseUrl: '' })).toThrow('baseUrl is missing');
  });

  it('takes a key as files hold it, and does not repeat one that cannot be sent', async () => {
    const { client, sent } = scriptedClient([{ status: 200, body: {} }], { apiKey: 'fo_live_test\r\n' });
    await client.prompts.get('p');
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer fo_live_test');
    for (const apiKey of ['fo_live_test\nfo_live_test', 'fo_live_test–'])
      expect(() => scriptedClient([], { apiKey })).toThrow(/^apiKey holds characters that no key has$/);
  });

  it('sends headers as they are given, however their names are written', async () => {
    const { client, sent } = scriptedClient([accepted]);
    const headers = {
      'Idempotency-Key': 'order-1',
      'Content-Type': 'application/json; charset=utf-8',
      Authorization: 'Bearer somebody-else',
    };
    await client.executions.submit(submission, {}, { headers });
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      'idempotency-key': 'order-1',
      'content-type': 'application/json; charset=utf-8',
      authorization: 'Bearer fo_live_test',
    });
  });

  it('never shows the key: not when it is printed, not in errors', async () => {
    const { client } = scriptedClient([problem(401, 'INVALID_API_KEY')]);
    const error = await client.prompts.get('p').catch((reason: unknown) => reason);
    expect(`${JSON.stringify(client)} ${String(error)} ${JSON.stringify(error)}`).not.toContain(
      'fo_live_test',
    );
  });
});

describe('an error', () => {
  it('tells code, status, request id and everything that is wrong', async () => {
    const errors = [{ pointer: '/inputs', code: 'REQUIRED', detail: 'is required' }];
    const body = { code: 'INVALID_REQUEST', detail: 'Look at errors', errors };
    const { client } = scriptedClient([{ status: 422, body, headers: { 'x-request-id': 'r' } }]);
    const error = await client.executions.submit(submission).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FormaOpsError);
    expect(error).toMatchObject({
      name: 'FormaOpsError',
      code: 'INVALID_REQUEST',
      status: 422,
      requestId: 'r',
      message: 'Look at errors',
      errors,
      retryAfterMs: null,
    });
  });

  it.each<[string, Exclude<Scripted, Error>]>([
    ['a page of a proxy', { status: 413, body: '<html>' }],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example' } }],
    ['a page in place of a result', { status: 200, text: '<html>', headers: { 'x-request-id': 'r' } }],
    ['nothing in place of a result', { status: 200 }],
  ])('is UNEXPECTED_ANSWER for %s', async (_, answer) => {
    const { client, sent } = scriptedClient([answer]);
    await expect(client.prompts.get('p')).rejects.toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      status: answer.status,
      requestId: answer.headers?.['x-request-id'] ?? null,
    });
    expect(sent).toHaveLength(1);
  });
});

describe('retries', () => {
  it.each([
    ['no network', network, 'NETWORK_ERROR'],
    ['502', { status: 502 }, 'UNEXPECTED_ANSWER'],
    ['503', problem(503, 'DATABASE_UNAVAILABLE'), 'DATABASE_UNAVAILABLE'],
    ['504', { status: 504 }, 'UNEXPECTED_ANSWER'],
    ['429', problem(429, 'BACKLOG_LIMIT'), 'BACKLOG_LIMIT'],
  ])('come three times after %s, where that does no harm', async (_, answer, code) => {
    const { client, sent } = scriptedClient([answer]);
    await expect(client.prompts.get('p')).rejects.toMatchObject({ code });
    expect(sent).toHaveLength(4);
  });

  it('of a submission carry the key of the first attempt', async () => {
    const { client, sent } = scriptedClient([network, problem(503, 'DATABASE_BUSY'), accepted]);
    expect(await client.executions.submit(submission)).toMatchObject({ id: 'e' });
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(1);
    await client.executions.submit(submission);
    expect(sent[3]?.headers.get('idempotency-key')).not.toBe(keys[0]);
  });

  it("use the caller's key", async () => {
    const { client, sent } = scriptedClient([accepted]);
    await client.executions.submit(submission, {}, { idempotencyKey: 'order-1' });
    expect(sent[0]?.headers.get('idempotency-key')).toBe('order-1');
  });

  it('are not made of a write that could happen twice, except after 429, when nothing has happened', async () => {
    const failing = scriptedClient([network]);
    await expect(failing.client.validations.update('p', 'v', {})).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    expect(failing.sent).toHaveLength(1);
    const limited = scriptedClient([problem(429, 'RATE_LIMITED'), { status: 200, body: {} }]);
    await limited.client.validations.update('p', 'v', {});
    expect(limited.sent).toHaveLength(2);
  });

  it('of a batch carry the keys of the first attempt, one for each item', async () => {
    const { client, sent } = scriptedClient([network, { status: 200, body: { data: [] } }]);
    const own = { ...submission, idempotencyKey: 'mine' };
    // As JavaScript has it where a key was looked for and not found.
    const without = { ...submission, idempotencyKey: undefined } as typeof submission;
    await client.executions.submitBatch({ items: [submission, without, own] });
    expect(sent[0]?.body).toEqual(sent[1]?.body);
    const [first, second, third] = JSON.stringify(sent[0]?.body).match(/"idempotencyKey":"[^"]+"/g) ?? [];
    expect(first).not.toBe(second);
    expect([second, third]).toEqual([expect.any(String), '"idempotencyKey":"mine"']);
  });

  it('are made of a cancellation, which changes nothing the second time', async () => {
    const { client, sent } = scriptedClient([network, { status: 200, body: {} }]);
    await client.executions.cancel('e');
    expect(sent).toHaveLength(2);
  });

  it.each([400, 401, 404, 409, 413, 422, 500])('are not made after %d', async (status) => {
    const { client, sent } = scriptedClient([problem(status, 'SOME_CODE')]);
    await expect(client.prompts.get('p')).rejects.toMatchObject({ status });
    expect(sent).toHaveLength(1);
  });

  it('are not made when the API names a time that is far away, and the error tells it', async () => {
    const { client, sent } = scriptedClient([problem(429, 'COST_LIMIT', { 'retry-after': '3600' })]);
    await expect(client.prompts.get('p')).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    expect(sent).toHaveLength(1);
  });

  it('know times that are named by a date', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const { client } = scriptedClient([problem(429, 'COST_LIMIT', { 'retry-after': inAnHour })]);
    const error = await client.prompts.get('p').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ retryAfterMs: expect.any(Number) });
    const { retryAfterMs } = error as FormaOpsError;
    expect(Math.abs((retryAfterMs ?? 0) - 3_600_000)).toBeLessThan(60_000);
  });

  it('can be switched off for a client and for a call', async () => {
    const { client, sent } = scriptedClient([network], { maxRetries: 0 });
    await expect(client.prompts.get('p')).rejects.toThrow();
    expect(sent).toHaveLength(1);
    await expect(client.prompts.get('p', { maxRetries: 1 })).rejects.toThrow();
    expect(sent).toHaveLength(3);
  });
});

describe('a signal', () => {
  it('ends a call before it is sent, with its reason', async () => {
    const { client } = scriptedClient([accepted]);
    const reason = new Error('enough');
    await expect(client.prompts.get('p', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('ends the time between two attempts', async () => {
    const { client, sent } = scriptedClient([problem(503, 'DATABASE_BUSY', { 'retry-after': '30' })]);
    const controller = new AbortController();
    const call = client.prompts.get('p', {
      signal: controller.signal,
      onAnswer: () => setImmediate(() => controller.abort()),
    });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent).toHaveLength(1);
  });
});

describe('a list', () => {
  it('is fetched page by page, as far as it is read', async () => {
    const page = (id: string, nextCursor: string | null) => ({
      status: 200,
      body: { data: [{ id }], nextCursor },
    });
    const { client, sent } = scriptedClient([page('a', 'x'), page('b', 'y'), page('c', null)]);
    const ids: string[] = [];
    for await (const { id } of client.prompts.list({ limit: 1 })) {
      ids.push(id);
      if (id === 'b') break;
    }
    expect(ids).toEqual(['a', 'b']);
    expect(sent.map(({ path }) => path)).toEqual([
      '/base/v1/prompts?limit=1',
      '/base/v1/prompts?limit=1&cursor=x',
    ]);
  });

  it('can be read by its pages', async () => {
    const { client } = scriptedClient([{ status: 200, body: { data: [{ id: 'a' }], nextCursor: null } }]);
    const pages = client.prompts.list();
    expect(await pages.page()).toEqual({ data: [{ id: 'a' }], nextCursor: null });
    for await (const { data } of pages.pages()) expect(data).toEqual([{ id: 'a' }]);
  });
});

describe('waiting', () => {
  const ended = { status: 200, body: { id: 'e', status: 'COMPLETED', attempts: [] } };
  const running = { status: 200, body: { id: 'e', status: 'RUNNING' } };

  it('asks again until the execution has ended, also through a failure', async () => {
    const { client, sent } = scriptedClient([running, network, ended]);
    const begunAt = performance.now();
    expect(await client.executions.wait('e')).toMatchObject({ status: 'COMPLETED' });
    // Not at once: an API that is being stopped does not wait.
    expect(performance.now() - begunAt).toBeGreaterThan(240);
    expect(sent.map(({ path }) => path)).toEqual(Array(3).fill('/base/v1/executions/e?wait=25'));
  });

  it('ends with TIMEOUT when the end does not come in time', async () => {
    const { client } = scriptedClient([running]);
    await expect(client.executions.wait('e', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it.each([
    ['where nothing answers', network],
    ['where the API wants to be asked much later', problem(503, 'DATABASE_BUSY', { 'retry-after': '60' })],
  ])(
    'ends with TIMEOUT in time also %s',
    async (_, answer) => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
      try {
        const { client } = scriptedClient([answer], { random: () => 1 });
        const { executions } = client;
        const options = { timeoutMs: 1_000 };
        const calls = [executions.wait('e', options), executions.submitAndWait(submission, options)];
        const ended = Promise.allSettled(calls);
        await jest.advanceTimersByTimeAsync(6_001);
        expect(await ended).toEqual(
          Array(2).fill({ status: 'rejected', reason: expect.objectContaining({ code: 'TIMEOUT' }) }),
        );
      } finally {
        jest.useRealTimers();
      }
    },
    3_000,
  );

  it('leaves no time unused that an outage of a minute takes', () => {
    const pauses = Array.from({ length: patientRetries }, (_, retries) => retryDelayMs(retries, null, 0.5));
    expect(pauses.reduce((sum, pause) => sum + pause)).toBeGreaterThan(55_000);
  });

  it('submits and waits at once', async () => {
    const { client, sent } = scriptedClient([accepted, ended]);
    expect(await client.executions.submitAndWait(submission)).toMatchObject({ status: 'COMPLETED' });
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /base/v1/executions?wait=25',
      'GET /base/v1/executions/e?wait=25',
    ]);
    const late = scriptedClient([...Array(10).fill(network), ended]);
    await late.client.executions.submitAndWait(submission);
    expect(late.sent).toHaveLength(11);
    const quick = scriptedClient([ended]);
    await quick.client.executions.submitAndWait(submission);
    expect(quick.sent).toHaveLength(1);
  });
});
