import { getEventListeners, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { FormaOps } from './forma-ops.ts';

/** A server, and a client that asks it over the network. */
async function setup(answer: RequestListener) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new FormaOps({ apiKey: 'k', baseUrl: `http://127.0.0.1:${port}`, random: () => 0 });
  return {
    client,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('over the network', () => {
  it('a redirect is not followed: it would be shown the key and the prompts', async () => {
    await using bench = await setup((_, response) => response.writeHead(307, { location: '/stolen' }).end());
    await expect(bench.client.prompts.get('p')).rejects.toMatchObject({ status: 307 });
    expect(bench.asked).toEqual(['/v1/prompts/p']);
  });

  it.each<[string, string, RequestListener]>([
    ['no answer', 'TIMEOUT', () => undefined],
    ['half an answer', 'TIMEOUT', (_, response) => void response.writeHead(200).write('{')],
    ['half an error', 'UNEXPECTED_ANSWER', (_, response) => void response.writeHead(400).write('{')],
  ])('%s is waited for as long as was said', async (_, code, answer) => {
    await using bench = await setup(answer);
    const call = bench.client.prompts.get('p', { timeoutMs: 100, maxRetries: 1 });
    await expect(call).rejects.toMatchObject({ code });
  });

  it('an answer that breaks off is asked for again', async () => {
    await using bench = await setup((_, response) => {
      if (bench.asked.length > 1) response.end('{"id":"p"}');
      else response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy());
    });
    expect(await bench.client.prompts.get('p')).toEqual({ id: 'p' });
  });

  it('a signal ends a call whose answer does not come, and pauses that are over do not listen to it', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error('enough');
    let listeners = -1;
    await using bench = await setup((_, response) => {
      if (bench.asked.length < 3) return void response.writeHead(503).end();
      listeners = getEventListeners(signal, 'abort').length;
      controller.abort(reason);
    });
    await expect(bench.client.prompts.get('p', { signal })).rejects.toBe(reason);
    expect(listeners).toBe(0);
  });
});
