import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { type RunningSimulator, startSimulator } from './server.ts';

const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'user', content: 'Say something long enough' },
];

/** A wait that no test could sit out. */
const FOR_EVER_MS = 3_600_000;
const anyCall = () => true;

let simulator: RunningSimulator;
let client: OpenAI;
let aborter: AbortController;

beforeEach(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'any', maxRetries: 0, logLevel: 'off' });
  aborter = new AbortController();
});

afterEach(() => simulator.close());

function complete(faults: string, headers: Record<string, string> = {}) {
  return client.chat.completions.create(
    { model: `gpt-4o:${faults}`, messages },
    { headers, signal: aborter.signal },
  );
}

async function contentOf(faults: string): Promise<string> {
  return (await complete(faults)).choices[0]?.message.content ?? '';
}

/** Reads a stream as far as it goes. `error` is what it ended with, null when it ended well. */
async function readStream(faults: string, onContent?: () => void) {
  const seen = { content: '', pieces: 0, finishReason: '', usage: null as unknown, error: null as unknown };
  try {
    const stream = await client.chat.completions.create(
      { model: `gpt-4o:${faults}`, messages, stream: true, stream_options: { include_usage: true } },
      { signal: aborter.signal },
    );
    for await (const { choices, usage } of stream) {
      seen.content += choices[0]?.delta.content ?? '';
      seen.finishReason = choices[0]?.finish_reason ?? seen.finishReason;
      seen.usage = usage ?? seen.usage;
      if (choices[0]?.delta.content) {
        seen.pieces += 1;
        onContent?.();
      }
    }
  } catch (error) {
    seen.error = error;
  }
  return seen;
}

async function readRaw(faults: string, stream: boolean): Promise<{ response: Response; text: string }> {
  const response = await fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-simulator-fault': faults },
    body: JSON.stringify({ model: 'gpt-4o', messages, stream }),
  });
  return { response, text: await response.text() };
}

function lastOutcome() {
  return simulator.calls().at(-1)?.outcome;
}

describe('where faults are asked for', () => {
  it('is the name of the model, which the answer gives back without them', async () => {
    expect(await complete('latency=1,drip=1')).toMatchObject({ model: 'gpt-4o' });
    expect(simulator.calls()).toMatchObject([{ model: 'gpt-4o', outcome: 'answered' }]);
  });

  it('is the header as well', async () => {
    const asked = complete('retry-after=3,status=503', { 'x-simulator-fault': 'status=429' });
    await expect(asked).rejects.toMatchObject({ status: 429 });
  });
});

describe('status', () => {
  it.each([
    ['status=429', 429, 'rate_limit_exceeded', 'requests'],
    ['status=429,code=insufficient_quota', 429, 'insufficient_quota', 'insufficient_quota'],
    ['status=400,code=context_length_exceeded', 400, 'context_length_exceeded', 'invalid_request_error'],
    ['status=401', 401, 'invalid_api_key', 'invalid_request_error'],
    ['status=404', 404, 'model_not_found', 'invalid_request_error'],
    ['status=500', 500, null, 'server_error'],
    ['status=503', 503, null, 'server_error'],
  ])('%s is answered in the shape of an error', async (faults, status, code, type) => {
    await expect(complete(faults)).rejects.toMatchObject({ status, code, type, param: null });
    expect((await readStream(faults)).error).toMatchObject({ status, code });
    expect(simulator.calls()).toMatchObject([{ outcome: 'faulted', usage: null }, { outcome: 'faulted' }]);
  });

  it('comes with the Retry-After header that was asked for, as it is', async () => {
    for (const value of ['2', '-1', 'soon']) {
      const { response } = await readRaw(`status=429,retry-after=${value}`, false);
      expect(response.headers.get('retry-after')).toBe(value);
    }
  });

  it('holds for the first attempts only, if that was asked for', async () => {
    const statuses: number[] = [];
    for (const attempt of [1, 2, 3]) {
      const key = { 'Idempotency-Key': `0198a1b2-7c3d-7e4f-8a5b-123456789012-${attempt}` };
      statuses.push(
        await complete('status=429,first=2', key).then(
          () => 200,
          (error) => error.status,
        ),
      );
    }
    expect(statuses).toEqual([429, 429, 200]);
    expect(simulator.calls().map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'faulted'],
      [2, 'faulted'],
      [3, 'answered'],
    ]);
  });
});

describe('an answer that does not come', () => {
  it.each(['hang', `latency=${FOR_EVER_MS}`])(
    '%s sends nothing, and notices when the client leaves',
    async (fault) => {
      const asked = complete(fault);
      await simulator.waitForCall(anyCall);
      aborter.abort();
      await expect(asked).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
      expect(await simulator.waitForClosed(anyCall)).toMatchObject({ outcome: 'client-closed', usage: null });
    },
  );

  it.each(['hang', `latency=${FOR_EVER_MS}`, `drip=${FOR_EVER_MS}`, 'stall'])(
    '%s ends at once when the simulator is closed',
    async (fault) => {
      const asked = readStream(fault);
      await simulator.waitForCall(anyCall);
      await simulator.close();
      expect((await asked).error).toHaveProperty('message');
      expect(lastOutcome()).toBe('server-closed');
    },
  );
});

describe('an answer that breaks off', () => {
  it('stall sends half of a stream, then nothing, and keeps the connection', async () => {
    let pieces = 0;
    const { content, finishReason } = await readStream('stall,echo,chunks=5', () => {
      pieces += 1;
      if (pieces === 3) aborter.abort();
    });
    expect(content).toBe('Say something l');
    expect(finishReason).toBe('');
    expect(await simulator.waitForClosed(({ stream }) => stream)).toMatchObject({ usage: null });
  });

  it('cut sends half of a stream and closes the connection', async () => {
    const { content, error, finishReason } = await readStream('cut');
    expect(content).not.toBe('');
    expect(finishReason).toBe('');
    expect(error).toMatchObject({ message: 'terminated' });
    expect(simulator.calls()).toMatchObject([{ outcome: 'faulted', usage: null }]);
  });

  it('cut breaks off a body as well', async () => {
    await expect(readRaw('cut', false)).rejects.toThrow('terminated');
    expect(lastOutcome()).toBe('faulted');
  });

  it('truncate ends a stream well, without finish reason, usage and [DONE]', async () => {
    const { text } = await readRaw('truncate', true);
    expect(text).toMatch(/^data: .*\n\ndata: .*\n\n$/s);
    expect(text).not.toMatch(/"finish_reason":"|\[DONE\]/);
    expect(lastOutcome()).toBe('faulted');
  });

  it('truncate ends a body well, in the middle of its JSON', async () => {
    const { text, response } = await readRaw('truncate', false);
    expect(response.status).toBe(200);
    expect(text).toMatch(/^\{"id":/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });
});

describe('an answer in pieces', () => {
  it('drip lets time pass between the events of a stream', async () => {
    const response = await fetch(`${simulator.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: `gpt-4o:drip=${FOR_EVER_MS}`, messages, stream: true }),
      signal: aborter.signal,
    });
    const first = await response.body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString()).toMatch(/^data: .*"role":"assistant".*\n\n$/);
    aborter.abort();
    await simulator.waitForClosed(anyCall);
  });

  it('drip changes nothing else, streamed or not', async () => {
    const whole = await contentOf('');
    expect(await contentOf('drip=1')).toBe(whole);
    expect(await readStream('drip=1')).toMatchObject({ content: whole, finishReason: 'stop', error: null });
    expect(lastOutcome()).toBe('answered');
  });

  it('chunks says how many pieces the content of a stream has', async () => {
    expect((await readStream('chunks=5')).pieces).toBe(5);
    expect((await readStream('chunks=1')).pieces).toBe(1);
  });

  it('huge sends content of that size', async () => {
    expect(await contentOf('huge=1000000')).toHaveLength(1_000_000);
    expect(await readStream('huge=1000000,chunks=1')).toMatchObject({
      content: 'x'.repeat(1_000_000),
      pieces: 1,
      usage: { completion_tokens: 250_000 },
    });
  });

  it('huge is stopped by a client that has enough', async () => {
    await readStream('huge=50000000', () => aborter.abort());
    expect(await simulator.waitForClosed(anyCall)).toMatchObject({ usage: null });
  });
});

describe('an answer that is not what it should be', () => {
  it.each([true, false])('html is a page with status 200 (streamed: %s)', async (stream) => {
    const { response, text } = await readRaw('html', stream);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch('text/html');
    expect(text).toMatch(/^<!doctype html>/);
    expect(lastOutcome()).toBe('faulted');
  });

  it('malformed is no JSON, streamed or not', async () => {
    await expect(complete('malformed')).rejects.toMatchObject({ name: 'SyntaxError' });
    expect((await readStream('malformed')).error).toMatchObject({ name: 'SyntaxError' });
    expect(simulator.calls()).toMatchObject([{ outcome: 'faulted', usage: null }, { outcome: 'faulted' }]);
  });

  it('empty has no choices, streamed or not', async () => {
    expect(await complete('empty')).toMatchObject({ choices: [] });
    expect(await readStream('empty')).toMatchObject({ content: '', finishReason: '', error: null });
    expect(lastOutcome()).toBe('faulted');
  });

  it('wrong-usage tells nonsense', async () => {
    const nonsense = { prompt_tokens: -5, completion_tokens: 'many', total_tokens: null };
    expect((await complete('wrong-usage')).usage).toEqual(nonsense);
    expect((await readStream('wrong-usage')).usage).toEqual(nonsense);
    expect(simulator.calls()).toMatchObject([{ outcome: 'answered', usage: null }, { usage: null }]);
  });

  it('no-usage leaves the usage out, even where it was asked for', async () => {
    expect(await complete('no-usage')).not.toHaveProperty('usage');
    expect(await readStream('no-usage')).toMatchObject({ usage: null, finishReason: 'stop', error: null });
    expect(simulator.calls()).toMatchObject([{ outcome: 'answered', usage: null }, { usage: null }]);
  });

  it('filter ends half of the content with content_filter', async () => {
    const whole = await contentOf('');
    const [choice] = (await complete('filter')).choices;
    expect(choice?.finish_reason).toBe('content_filter');
    expect(choice?.message.content).toBe(whole.slice(0, whole.length / 2));
    expect((await readStream('filter')).finishReason).toBe('content_filter');
  });

  it('nul ends the content with U+0000 and half a surrogate pair', async () => {
    expect((await contentOf('nul')).slice(-3)).toBe('.\u0000\ud800');
    expect((await readStream('nul')).content.slice(-3)).toBe('.\u0000\ud800');
  });

  it('echo says what the user said last', async () => {
    expect(await contentOf('echo')).toBe('Say something long enough');
    expect((await readStream('echo')).content).toBe('Say something long enough');
  });

  it('sign puts the id of the answer where the content leaves room for it, another for every attempt', async () => {
    const signed = async (attempt: number) => {
      const headers = { 'Idempotency-Key': `e1-${attempt}` };
      const content = '<ANSWER_ID> <ANSWER_ID>';
      const body = { model: 'gpt-4o:echo,sign', messages: [{ role: 'user' as const, content }] };
      return client.chat.completions.create(body, { headers });
    };
    const [first, second] = [await signed(1), await signed(2)];
    expect(first.choices[0]?.message.content).toBe(`<${first.id}> <${first.id}>`);
    expect(first.id).not.toBe(second.id);
  });
});
