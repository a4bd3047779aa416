import { catalogue } from '@formaops/core';
import type { Queryable } from '@formaops/db';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { startTestApp } from '../app.fixture.ts';
import { call } from './call.fixture.ts';
import { requestText, speak } from './speak.fixture.ts';

let api: TestApi;
let user: TestClient;
beforeAll(async () => {
  api = await startTestApi();
  user = await api.user();
});
afterAll(async () => api[Symbol.asyncDispose]());

/** Sends a request as the user, in any method and to any path. */
function send(line: string, headers: string[] = []): Promise<string> {
  return speak(api.url, requestText(line, [`Authorization: Bearer ${user.apiKey}`, ...headers]));
}

describe('a problem', () => {
  it.each([
    ['/nowhere', {}, 404, 'NOT_FOUND'],
    ['/v1/nowhere', { key: true }, 404, 'NOT_FOUND'],
    ['/v1/nowhere', {}, 401, 'UNAUTHENTICATED'],
    ['/%ff', {}, 404, 'NOT_FOUND'],
    ['/v1/executions/%ff', { key: true }, 404, 'NOT_FOUND'],
    ['/health/%ff', {}, 404, 'NOT_FOUND'],
    ['/docs/errors/%E0%A4%A', {}, 404, 'NOT_FOUND'],
    ['/v1/executions?limit=x', { key: true }, 422, 'INVALID_REQUEST'],
    ['/v1/executions', { key: true, method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
    ['/v1/executions', { key: true, method: 'POST', body: '{' }, 400, 'INVALID_JSON'],
  ] as const)('at %s (%j) is a problem document', async (path, options, status, code) => {
    const { key, ...request } = { key: false, ...options };
    const answer = await call(api.url + path, {
      ...request,
      ...(key ? { headers: { authorization: `Bearer ${user.apiKey}` } } : {}),
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect({ status: answer.status, body: answer.body }).toEqual({
      status,
      body: {
        type: `/docs/errors#${code}`,
        title: catalogue[code].title,
        status,
        code,
        detail: expect.any(String),
        requestId: answer.headers.get('x-request-id'),
        ...(code === 'INVALID_REQUEST' ? { errors: [expect.anything()] } : {}),
      },
    });
  });

  it('leads to an explanation of its code, for every code there is', async () => {
    const { status, headers, text } = await call(`${api.url}/docs/errors`);
    expect({ status, type: headers.get('content-type') }).toEqual({
      status: 200,
      type: 'text/html; charset=utf-8',
    });
    const explained = [...text.matchAll(/<h2 id="(\w+)">/g)].map(([, code]) => code);
    expect(explained).toEqual(Object.keys(catalogue));
    expect(text).toContain('Correct every entry of <code>errors</code>;');
    expect(text.includes('`')).toBe(false);
  });
});

describe('a method that a path does not have', () => {
  it.each([
    ['/v1/executions', 'GET, HEAD, POST', ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']],
    ['/v1/executions/some-id', 'DELETE, GET, HEAD', ['POST', 'PUT', 'PATCH', 'OPTIONS', 'TRACE']],
    ['/v1/executions/batch', 'POST', ['GET', 'PUT', 'DELETE']],
    ['/v1/executions/cancel', 'POST', ['GET', 'PUT', 'DELETE']],
    ['/v1/executions/some-id/logs', 'GET, HEAD', ['POST', 'DELETE', 'OPTIONS', 'TRACE']],
    ['/v1/executions/some-id/cancel', 'POST', ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']],
    ['/v1/prompts', 'GET, HEAD, POST', ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']],
    ['/v1/prompts/some-id', 'DELETE, GET, HEAD, PATCH', ['POST', 'PUT', 'OPTIONS', 'TRACE']],
    ['/health/live', 'GET, HEAD', ['POST', 'DELETE', 'OPTIONS', 'TRACE']],
    ['/health/ready', 'GET, HEAD', ['POST', 'DELETE', 'OPTIONS', 'TRACE']],
    ['/docs/errors', 'GET, HEAD', ['POST', 'DELETE', 'OPTIONS', 'TRACE']],
  ])('at %s is answered with those it has: %s', async (path, allowed, methods) => {
    for (const method of methods) {
      const answer = await send(`${method} ${path}`);
      expect(answer).toMatch(/^HTTP\/1\.1 405 /);
      expect(answer).toContain(`\r\nAllow: ${allowed}\r\n`);
      expect(answer).toContain('\r\nContent-Type: application/problem+json; charset=utf-8\r\n');
    }
  });
});

describe('every answer', () => {
  it.each([
    'GET /v1/executions',
    'GET /nowhere',
    'OPTIONS /v1/executions',
    'GET /health/live',
    'GET /admin/queues',
  ])('to %s says nothing about the software, and lets no other site read it', async (line) => {
    const preflight = ['Origin: https://evil.example', 'Access-Control-Request-Method: POST'];
    const [head = ''] = (await send(line, preflight)).split('\r\n\r\n');
    expect(head).not.toMatch(/^(X-Powered-By|Server|ETag|Access-Control-[\w-]+):/im);
    expect(head).toMatch(/^X-Request-Id: [\w-]+$/im);
  });

  it.each(['a', 'req_1.2-3', 'x'.repeat(64)])('repeats the request id %s', async (given) => {
    const { headers, body } = await call(`${api.url}/nowhere`, { headers: { 'x-request-id': given } });
    expect([headers.get('x-request-id'), body['requestId']]).toEqual([given, given]);
  });

  it.each(['', 'two words', 'x'.repeat(65), '<script>', 'a,b', '../../x', 'ü', "' OR 1=1"])(
    'has a new request id in place of %j',
    async (given) => {
      const { headers, body } = await call(`${api.url}/nowhere`, { headers: { 'x-request-id': given } });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(body['requestId']).toBe(headers.get('x-request-id'));
    },
  );

  it('has a new request id where two were given', async () => {
    const answer = await send('GET /nowhere', ['X-Request-Id: one', 'X-Request-Id: two']);
    expect(answer).not.toMatch(/X-Request-Id: (one|two)/i);
  });
});

describe('an error that nobody expected', () => {
  const secret = 'canary-5f3a';
  const looping = Object.defineProperty({}, 'message', {
    get() {
      throw new Error(secret);
    },
  });
  it.each([
    ['an error', new Error(secret)],
    [
      'an error with a status',
      Object.assign(new Error(secret), { status: 418, statusCode: 418, expose: true }),
    ],
    ['an error of the database', Object.assign(new Error(secret), { code: '42P01', table: secret })],
    [
      'an error with headers',
      Object.assign(new Error(secret), { headers: { 'x-secret': secret }, status: 400 }),
    ],
    ['text', secret],
    ['a number', 404],
    ['nothing', undefined],
    ['null', null],
    ['an object that cannot be read', looping],
    ['a proxy', new Proxy({}, { get: () => secret })],
  ])('such as %s is INTERNAL: told by its request id only, and logged whole', async (_, thrown) => {
    const query = async (text: string, parameters: unknown[]) => {
      if (text.includes('FROM executions e')) throw thrown;
      return api.db.query(text, parameters);
    };
    await using app = await startTestApp({ query } as unknown as Queryable);
    const headers = { authorization: `Bearer ${user.apiKey}` };
    const answer = await call(`${app.url}/v1/executions/some-id`, { headers });
    expect(answer).toMatchObject({
      status: 500,
      body: { code: 'INTERNAL', detail: 'Report the request id.' },
    });
    expect(answer.text + JSON.stringify([...answer.headers])).not.toContain(secret);
    const errors = app.log.lines.filter(({ level }) => level === 'error');
    expect(
      errors.map(({ message, fields }) => [message, (fields as { requestId: unknown }).requestId]),
    ).toEqual([['request failed', answer.body['requestId']]]);
    expect((await call(`${app.url}/health/live`)).status).toBe(200);
  });
});

describe('a database that cannot be used now', () => {
  it.each([
    ['57P01', 'DATABASE_UNAVAILABLE'],
    ['08006', 'DATABASE_UNAVAILABLE'],
    ['53100', 'DATABASE_UNAVAILABLE'],
    ['53300', 'DATABASE_BUSY'],
    ['40001', 'DATABASE_BUSY'],
    ['57014', 'DATABASE_BUSY'],
    ['55P03', 'DATABASE_BUSY'],
  ])('and says %s is answered %s with a time to come back', async (code, answered) => {
    const query = async () => {
      throw Object.assign(new Error('canary-5f3a'), { code });
    };
    await using app = await startTestApp({ query } as unknown as Queryable);
    const answer = await call(`${app.url}/v1/executions`, {
      headers: { authorization: `Bearer ${user.apiKey}` },
    });
    expect(answer).toMatchObject({ status: 503, body: { code: answered } });
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.text).not.toContain('canary');
    expect(app.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'request refused' }),
    );
  });
});
