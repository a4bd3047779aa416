import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { until } from '../until.fixture.ts';
import { type Answer, call, problemsOf } from './call.fixture.ts';
import { requestText, speak } from './speak.fixture.ts';

let api: TestApi;
let user: TestClient;
beforeAll(async () => {
  api = await startTestApi();
});
beforeEach(async () => {
  user = await api.user();
});
afterAll(async () => api[Symbol.asyncDispose]());

afterEach(async () => {
  expect((await call(`${api.url}/health/live`)).status).toBe(200);
  expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  expect(api.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

/** Posts something to `/v1/executions` as it is. */
function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const authorization = `Bearer ${user.apiKey}`;
  return call(`${api.url}/v1/executions`, { method: 'POST', headers: { authorization, ...headers }, body });
}

/** The same on a connection of its own; `rest` starts with the body's headers. */
function speakBody(rest: string[], body: string): Promise<string> {
  const headers = [`Authorization: Bearer ${user.apiKey}`, 'Content-Type: application/json', ...rest];
  return speak(api.url, requestText('POST /v1/executions', headers, body));
}

/** A submission whose input `text` is the given JSON. */
const submission = (text: string) => `{"promptId":"${user.promptId}","inputs":{"text":${text}}}`;

describe('a body that is no JSON', () => {
  it.each([
    '{"a":',
    '{',
    '[',
    '{"a":1,}',
    "{'a':1}",
    '{"a":NaN}',
    '{} {}',
    'undefined',
    ' ',
    '\u0000',
    '{"a":"\n"}',
  ])('such as %j is answered INVALID_JSON', async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code: 'INVALID_JSON' } });
  });

  it('such as one that is not encoded as UTF-8 is answered INVALID_JSON, not changed', async () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      const body = Buffer.concat([
        Buffer.from(`{"inputs":{"text":"`),
        Buffer.from(bytes),
        Buffer.from('"}}'),
      ]);
      expect(await post(body)).toMatchObject({ status: 400, body: { code: 'INVALID_JSON' } });
    }
  });

  it('is not echoed', async () => {
    expect((await post('{"canary-5f3a":')).text).not.toContain('canary');
  });
});

describe('a body that is JSON but no submission', () => {
  it.each(['null', 'true', '1', '"text"', '[]', '[{}]'])('such as %s has the wrong type', async (body) => {
    expect(problemsOf(await post(body))).toEqual(['INVALID_TYPE ']);
  });

  it.each(['{}', ''])('such as %j lacks its fields', async (body) => {
    expect(problemsOf(await post(body))).toEqual(['REQUIRED /promptId', 'REQUIRED /inputs']);
  });

  it('that was left out altogether is missing', async () => {
    const headers = { authorization: `Bearer ${user.apiKey}`, 'content-type': 'application/json' };
    const answer = await call(`${api.url}/v1/executions`, { method: 'POST', headers });
    expect(problemsOf(answer)).toEqual(['REQUIRED /promptId', 'REQUIRED /inputs']);
  });
});

describe('a body of another kind', () => {
  it.each([
    'text/plain',
    'text/json',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/vnd.api+json',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json, text/plain',
    '*/*',
    '',
  ])('such as %j is answered UNSUPPORTED_MEDIA_TYPE', async (type) => {
    const answer = await post(submission('"x"'), { 'content-type': type });
    expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });

  it('is refused when it does not say its type', async () => {
    const headers = [`Authorization: Bearer ${user.apiKey}`, 'Content-Length: 2'];
    const answer = await speak(api.url, requestText('POST /v1/executions', headers, '{}'));
    expect(answer).toMatch(/^HTTP\/1\.1 415 .*UNSUPPORTED_MEDIA_TYPE/s);
  });

  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
  ])('is not %j', async (type) => {
    expect((await post(submission('"x"'), { 'content-type': type })).status).toBe(202);
  });

  it.each(['gzip', 'deflate', 'br', 'zstd', 'foo', 'gzip, gzip', 'identity, gzip'])(
    'such as one compressed with %j is not unpacked',
    async (encoding) => {
      const answer = await post(gzipSync(' '.repeat(5_000_000)), { 'content-encoding': encoding });
      expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    },
  );
});

describe('a body that is large', () => {
  it('is taken up to 1,000,000 bytes, and refused beyond', async () => {
    const whole = submission('"x"');
    const fill = (bytes: number) => whole + ' '.repeat(bytes - whole.length);
    expect((await post(fill(1_000_000))).status).toBe(202);
    expect(await post(fill(1_000_001))).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  it('is refused when its size was not announced', async () => {
    const chunk = `F4240\r\n${' '.repeat(1_000_000)}\r\n`;
    const answer = await speakBody(['Transfer-Encoding: chunked'], `${chunk}${chunk}0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*PAYLOAD_TOO_LARGE/s);
  });

  it.each([
    ['500,000 nested arrays', '['.repeat(499_900) + ']'.repeat(499_900), 'JSON_TOO_DEEP'],
    ['150,000 nested objects', '{"a":'.repeat(150_000) + 1 + '}'.repeat(150_000), 'JSON_TOO_DEEP'],
    ['300,000 empty arrays', `[${Array(300_000).fill('[]')}]`, 'VARIABLE_TYPE'],
    ['400,000 numbers', `[${Array(400_000).fill('0')}]`, 'VARIABLE_TYPE'],
  ])('may hold %s', async (_, text, code) => {
    expect(problemsOf(await post(submission(text)))[0]).toContain(code);
  });

  it('may hold 90,000 unknown fields, and is answered with 100 of them', async () => {
    const fields = Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`k${index}`, 1]));
    expect(problemsOf(await user.submit(fields))).toHaveLength(100);
    expect(problemsOf(await user.submit({ inputs: fields }))).toHaveLength(100);
  });
});

describe('a body that would do harm further in', () => {
  it.each([
    ['__proto__', '{"__proto__":{"isAdmin":true}}', ['FORBIDDEN_KEY /__proto__']],
    [
      '__proto__ in the inputs',
      '{"inputs":{"__proto__":{"isAdmin":true}}}',
      ['FORBIDDEN_KEY /inputs/__proto__'],
    ],
    [
      'constructor.prototype',
      '{"context":{"constructor":{"prototype":{"isAdmin":true}}}}',
      ['FORBIDDEN_KEY /context/constructor'],
    ],
    ['NUL', '{"inputs":{"text":"a\\u0000b"}}', ['INVALID_CHARACTER /inputs/text']],
    ['NUL in a name', '{"context":{"a\\u0000":1}}', ['INVALID_CHARACTER /context']],
    ['an unpaired surrogate', '{"inputs":{"text":"\\ud800"}}', ['INVALID_CHARACTER /inputs/text']],
    ['an infinite number', '{"inputs":{"text":1e999}}', ['INVALID_NUMBER /inputs/text']],
    [
      '33 levels',
      `{"context":${'['.repeat(32)}${']'.repeat(32)}}`,
      [`JSON_TOO_DEEP /context${'/0'.repeat(31)}`],
    ],
  ])('through %s is refused', async (_, body, problems) => {
    expect(problemsOf(await post(body))).toEqual(problems);
  });

  it.each([
    ['text that runs from right to left, and marks without a letter', '\u202e\u200b\u0301'.repeat(1_000)],
    ['templates and patterns', '{{text}} $& $1 $` {{{x}}} <script>'],
    ['SQL', "'; DROP TABLE executions; --"],
    ['emoji', '👩‍👩‍👧‍👦'],
  ])('does not lie in %s: it is stored as it came', async (_, text) => {
    const { status, body } = await user.submit({ inputs: { text }, context: { [text]: text } });
    expect({ status, body }).toMatchObject({
      status: 202,
      body: { inputs: { text }, context: { [text]: text } },
    });
  });

  it('does not lie in numbers at the edge of the range', async () => {
    const context = [Number.MAX_VALUE, Number.MIN_VALUE, -1.7e308, Number.MAX_SAFE_INTEGER, 0.1];
    expect((await user.submit({ context })).body).toMatchObject({ context });
  });
});

describe('a client that goes away', () => {
  it('in the middle of a body leaves nothing behind', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    const headers = [
      `Authorization: Bearer ${user.apiKey}`,
      'Content-Type: application/json',
      'Expect: 100-continue',
    ];
    const whole = submission('"x"');
    socket.write(
      requestText('POST /v1/executions', [...headers, `Content-Length: ${whole.length}`], whole.slice(0, -1)),
    );
    // The answer to Expect: the request is under way.
    await once(socket, 'data');
    const answered = () => api.log.lines.filter(({ message }) => message === 'request answered').length;
    const before = answered();
    socket.destroy();
    await until(
      async () => answered(),
      (count) => count > before,
    );
    expect((await user.get('/v1/executions')).body).toMatchObject({ data: [] });
  });

  it('after its body was read has submitted nevertheless', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    const headers = [`Authorization: Bearer ${user.apiKey}`, 'Content-Type: application/json'];
    const whole = submission('"x"');
    socket.write(
      requestText('POST /v1/executions?wait=60', [...headers, `Content-Length: ${whole.length}`], whole),
    );
    const list = () => user.get('/v1/executions');
    await until(list, ({ body }) => (body['data'] as unknown[]).length === 1);
    socket.destroy();
    expect((await list()).body).toMatchObject({ data: [{ status: 'PENDING' }] });
  });
});

describe('a request that breaks the rules of HTTP', () => {
  it('with two lengths is refused', async () => {
    expect(await speakBody(['Content-Length: 2', 'Content-Length: 3'], '{}')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('with a length and chunks is refused', async () => {
    const answer = await speakBody(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('with broken chunks is refused', async () => {
    expect(await speakBody(['Transfer-Encoding: chunked'], 'zz\r\n{}\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('without a host, with a broken head, or with 20 kB of it is refused', async () => {
    expect(await speak(api.url, 'GET /health/live HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await speak(api.url, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const large = requestText('GET /health/live', [`X-Large: ${'x'.repeat(20_000)}`]);
    expect(await speak(api.url, large)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('with a smuggled second request is answered once', async () => {
    const smuggled = requestText('GET /v1/prompts', [`Authorization: Bearer ${user.apiKey}`]);
    const answer = await speakBody(['Content-Length: 2'], `{}${smuggled}`);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});
