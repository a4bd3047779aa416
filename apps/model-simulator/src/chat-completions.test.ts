import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import OpenAI from 'openai';
import { type RunningSimulator, startSimulator } from './server.ts';
import { countTokens } from './tokens.ts';

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;

const hello: Params = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello there' }] };

const reviewPrompt = `Review the following typescript code for:
- Security vulnerabilities

Code:
\`\`\`typescript
const password = "hunter22";
\`\`\``;

let simulator: RunningSimulator;
let client: OpenAI;

function connect(apiKey = 'any'): OpenAI {
  return new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey, maxRetries: 0 });
}

async function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function answer(params: Partial<Params>): Promise<string> {
  const completion = await client.chat.completions.create({ ...hello, ...params });
  return completion.choices[0]?.message.content ?? '';
}

beforeEach(async () => {
  simulator = await startSimulator();
  client = connect();
});

afterEach(() => simulator.close());

describe('a completion', () => {
  it('has every part that a client reads, and says that it is simulated', async () => {
    const completion = await client.chat.completions.create(hello);
    const content = completion.choices[0]?.message.content ?? '';
    expect(completion).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{29}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'gpt-4o-mini',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: expect.stringContaining('simulator'), refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: countTokens('Hello there'),
        completion_tokens: countTokens(content),
        total_tokens: countTokens('Hello there') + countTokens(content),
      },
      system_fingerprint: 'formaops-simulator',
    });
    expect(completion._request_id).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('is the same to the byte for the same request, and another for another', async () => {
    const [first, second, other] = await Promise.all(
      ['Hello', 'Hello', 'Goodbye'].map(async (content) =>
        (await post(JSON.stringify({ ...hello, messages: [{ role: 'user', content }] }))).text(),
      ),
    );
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it('has another id for another idempotency key', async () => {
    const ids = await Promise.all(
      ['e-1', 'e-2'].map(async (key) => {
        const completion = await client.chat.completions.create(hello, {
          headers: { 'Idempotency-Key': key },
        });
        return completion.id;
      }),
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  it.each(['max_tokens', 'max_completion_tokens'] as const)('ends with length at %s', async (limit) => {
    const completion = await client.chat.completions.create({ ...hello, [limit]: 3 });
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { content: 'This answer ' },
    });
    expect(completion.usage?.completion_tokens).toBe(3);
  });

  it('ends before the first stop sequence it meets', async () => {
    expect(await answer({ stop: ['FormaOps', 'made'] })).toBe('This answer was ');
  });

  it('reads messages that consist of parts', async () => {
    const content = [{ type: 'text' as const, text: 'in parts' }];
    expect(await answer({ messages: [{ role: 'user', content }] })).toContain('"in parts"');
  });
});

describe('a stream', () => {
  async function chunksOf(params: Partial<OpenAI.ChatCompletionCreateParamsStreaming>) {
    const stream = await client.chat.completions.create({ ...hello, ...params, stream: true });
    return all(stream);
  }

  it('holds the same content and finish reason as the completion that is not streamed', async () => {
    const chunks = await chunksOf({});
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(await answer({}));
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks.every((chunk) => chunk.system_fingerprint === 'formaops-simulator')).toBe(true);
    expect(chunks.length).toBeGreaterThan(5);
  });

  it('tells the usage in a last chunk without choices, if it was asked for', async () => {
    const withUsage = await chunksOf({ stream_options: { include_usage: true } });
    const whole = await client.chat.completions.create(hello);
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(withUsage.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect((await chunksOf({})).some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('is the same to the byte for the same request and ends with [DONE]', async () => {
    const body = JSON.stringify({ ...hello, stream: true, stream_options: { include_usage: true } });
    const [first = '', second] = await Promise.all([1, 2].map(async () => (await post(body)).text()));
    expect(second).toBe(first);
    expect(first.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  it('keeps surrogate pairs together wherever it is cut', async () => {
    const chunks = await chunksOf({
      model: 'gpt-4o:echo,chunks=7',
      messages: [{ role: 'user', content: '😀'.repeat(20) }],
    });
    const texts = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '');
    expect(texts.join('')).toBe('😀'.repeat(20));
    expect(texts.every((text) => text.isWellFormed())).toBe(true);
  });
});

describe('the content', () => {
  it('conforms to the schema that was asked for, before anything else', async () => {
    const schema = {
      type: 'object',
      properties: { total: { type: 'integer', minimum: 5 } },
      required: ['total'],
    };
    const content = await answer({
      messages: [{ role: 'user', content: reviewPrompt }],
      response_format: { type: 'json_schema', json_schema: { name: 'total', schema } },
    });
    expect(JSON.parse(content)).toEqual({ total: 5 });
  });

  it('is a JSON object where only that was asked for', async () => {
    const content = await answer({ response_format: { type: 'json_object' } });
    expect(JSON.parse(content)).toEqual({ answer: expect.stringContaining('Hello there') });
  });

  it.each([undefined, { type: 'text' as const }, { type: 'json_object' as const }])(
    'is a code review where the prompt asks for one (response_format %j)',
    async (format) => {
      const content = await answer({
        messages: [{ role: 'user', content: reviewPrompt }],
        ...(format && { response_format: format }),
      });
      const validate = new Ajv2020().compile({
        type: 'object',
        required: ['issues', 'overall_rating'],
        properties: {
          issues: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['type', 'severity', 'description'],
              properties: {
                type: { enum: ['security', 'performance', 'style', 'bug'] },
                severity: { enum: ['low', 'medium', 'high', 'critical'] },
                description: { type: 'string' },
                suggestion: { type: 'string' },
              },
            },
          },
          overall_rating: { type: 'number', minimum: 1, maximum: 10 },
        },
      });
      expect(validate(JSON.parse(content))).toBe(true);
    },
  );
});

describe('a wrong request', () => {
  it.each([
    ['an unknown role', { messages: [{ role: 'wizard', content: 'x' }] }, 'messages[0].role'],
    ['no message', { messages: [] }, 'messages'],
    ['no model', { model: undefined }, 'model'],
    ['two choices', { n: 2 }, 'n'],
    ['a limit of no tokens', { max_tokens: 0 }, 'max_tokens'],
    ['both limits', { max_tokens: 1, max_completion_tokens: 1 }, 'max_tokens'],
    ['a temperature that is too high', { temperature: 2.1 }, 'temperature'],
    ['stream options without a stream', { stream_options: { include_usage: true } }, 'stream_options'],
    ['an unknown response format', { response_format: { type: 'xml' } }, 'response_format.type'],
    ['an unknown fault', { model: 'gpt-4o:explode' }, 'model'],
    [
      'a schema that cannot be served',
      { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: false } } },
      'response_format',
    ],
  ])('is answered with 400 and the field that is wrong: %s', async (_what, wrong, param) => {
    const params = { ...hello, ...wrong } as Params;
    await expect(client.chat.completions.create(params)).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param,
    });
    expect(simulator.calls()).toMatchObject([{ outcome: 'refused', usage: null }]);
  });

  it.each([
    ['is not JSON', '{"model":', {}, 400],
    ['is not declared as JSON', '{}', { 'content-type': 'text/plain' }, 400],
    ['is too large', JSON.stringify('x'.repeat(33 * 1024 * 1024)), {}, 413],
  ])('is answered in the shape of an error when its body %s', async (_what, body, headers, status) => {
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: null },
    });
  });

  it('is answered with 404 when there is nothing under its URL', async () => {
    const response = await fetch(`${simulator.url}/v1/embeddings`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'unknown_url' } });
  });
});

describe('a simulator with a key', () => {
  it('refuses every other key, and serves its own', async () => {
    await simulator.close();
    simulator = await startSimulator({ apiKey: 'right' });
    const refusal = { status: 401, code: 'invalid_api_key', type: 'invalid_request_error' };
    await expect(connect('wrong').chat.completions.create(hello)).rejects.toMatchObject(refusal);
    await expect(connect('wrong').models.list()).rejects.toMatchObject(refusal);
    expect(await connect('right').chat.completions.create(hello)).toMatchObject({ model: 'gpt-4o-mini' });
    expect(simulator.calls().map(({ outcome }) => outcome)).toEqual(['refused', 'answered']);
  });
});

describe('the other endpoints', () => {
  it('list models', async () => {
    const models = await all(client.models.list());
    expect(models.map(({ id }) => id)).toContain('gpt-4o-mini');
  });

  it('tell that the server is up', async () => {
    expect(await (await fetch(`${simulator.url}/health`)).json()).toEqual({ status: 'ok', simulator: true });
  });

  it('show what was called, with the usage that was told', async () => {
    const headers = { 'Idempotency-Key': 'e1-2' };
    const { usage } = await client.chat.completions.create({ ...hello, model: 'gpt-4o:drip=0' }, { headers });
    const stream = await client.chat.completions.create({ ...hello, stream: true });
    await all(stream);
    const shown: unknown = await (await fetch(`${simulator.url}/calls`)).json();
    expect(shown).toEqual({
      object: 'list',
      data: [
        {
          order: 1,
          idempotencyKey: 'e1-2',
          attempt: 2,
          model: 'gpt-4o',
          stream: false,
          outcome: 'answered',
          usage,
        },
        {
          order: 2,
          idempotencyKey: null,
          attempt: 1,
          model: 'gpt-4o-mini',
          stream: true,
          outcome: 'answered',
          usage: null,
        },
      ],
    });
    expect(simulator.calls()).toHaveLength(2);
  });
});
