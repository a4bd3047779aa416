import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startStack } from './stack.ts';

describe('another OpenAI-compatible server', () => {
  it('works by configuration alone: address, key, model name, field of the token limit, price', async () => {
    const requests: Array<{ authorization: string | undefined; body: Record<string, unknown> }> = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      requests.push({ authorization: request.headers.authorization, body: JSON.parse(text) });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of llamaLikeEvents) response.write(`data: ${JSON.stringify(event)}\n\n`);
      response.end('data: [DONE]\n\n');
    });
    const url = await urlOf(server);
    await using stack = await startStack('postgres', { modelUrl: url });
    await stack.startWorker({
      OPENAI_API_KEY: 'key-of-the-other-server',
      OPENAI_MAX_TOKENS_FIELD: 'max_tokens',
      MODEL_PRICES: 'llama-3.3-70b=0.5/2',
    });

    const execution = await stack.submit(
      { model: 'llama-3.3-70b', parameters: { maxTokens: 50, temperature: 0 } },
      '?wait=25',
    );
    server.close();

    expect(execution).toMatchObject({ status: 'COMPLETED', output: 'Good day.', costUsd: '0.000014' });
    expect(execution.tokenUsage).toEqual({ input: 20, output: 2, total: 22, model: 'llama-3.3-70b' });
    expect(requests).toMatchObject([
      {
        authorization: 'Bearer key-of-the-other-server',
        body: {
          model: 'llama-3.3-70b',
          max_tokens: 50,
          temperature: 0,
          messages: [{ role: 'user', content: 'hello' }],
        },
      },
    ]);
  });
});

/** As llama.cpp's server answers: null contents, and usage on a chunk of its own. */
const llamaLikeEvents = [
  {
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'llama-3.3-70b',
    choices: [{ index: 0, delta: { role: 'assistant', content: null }, finish_reason: null }],
  },
  {
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'llama-3.3-70b',
    choices: [{ index: 0, delta: { content: 'Good ' }, finish_reason: null }],
  },
  {
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'llama-3.3-70b',
    choices: [{ index: 0, delta: { content: 'day.' }, finish_reason: null }],
  },
  {
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'llama-3.3-70b',
    choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
  },
  {
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'llama-3.3-70b',
    choices: [],
    usage: { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 },
  },
];

async function urlOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
