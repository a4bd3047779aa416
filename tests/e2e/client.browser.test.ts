import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { buildClient } from '../../scripts/build-client.ts';
import { openPage, startBrowser } from './browser.ts';
import { startStack } from './stack.ts';

let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formaops-client-'));
  [browser] = await Promise.all([startBrowser(), buildClient(folder)]);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A site of somebody else, with the published client on it. */
async function startSite() {
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const isScript = /^\/lib\/[\w/-]+\.js$/.test(path);
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? await readFile(join(folder, path)) : '<!doctype html><link rel="icon" href="data:,">',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}

/** Runs in the page. */
const program = async ({ apiKey, baseUrl, promptId, module }: Record<string, string>) => {
  const { FormaOps } = await import(String(module));
  const client = new FormaOps({ apiKey, baseUrl });
  const submission = { promptId, inputs: { text: 'hello' }, model: 'gpt-4o-mini:echo' };
  const { id } = await client.executions.submit(submission);
  const story: string[] = [];
  for await (const event of client.executions.stream(id)) {
    if (event.type === 'status') story.push(event.status);
  }
  const { status, output } = await client.executions.submitAndWait(submission);
  const listed: string[] = [];
  for await (const execution of client.executions.list({ limit: 1 })) listed.push(execution.id);
  const error = await client.executions.get('unknown').catch((reason: unknown) => reason);
  return { story, status, output, listed: listed.length, error: [error.code, error.requestId !== null] };
};

describe('the published client in a browser, on a page from elsewhere', () => {
  it('submits, follows, waits and lists where the API allows its origin', async () => {
    await using site = await startSite();
    await using stack = await startStack('postgres', { apiEnv: { CORS_ORIGINS: site.origin } });
    await stack.startWorker();
    const { page, complaints } = await openPage(browser);
    await page.goto(site.origin);
    const result = await page.evaluate(program, {
      apiKey: stack.user.apiKey,
      baseUrl: stack.apiUrl,
      promptId: stack.promptId,
      module: `${site.origin}/lib/index.js`,
    });
    expect(result).toEqual({
      story: ['PENDING', 'RUNNING', 'COMPLETED'],
      status: 'COMPLETED',
      output: expect.stringContaining('hello'),
      listed: 2,
      error: ['NOT_FOUND', true],
    });
    // What Chromium says to a 404, whoever expects it.
    expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]);
    await page.close();
  });
});
