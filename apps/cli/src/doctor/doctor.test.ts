import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { checkApi } from './check-api.ts';
import { checkDatabase } from './check-database.ts';
import { checkModel } from './check-model.ts';
import { checkNode } from './check-node.ts';
import { checkQueue } from './check-queue.ts';
import { describeClock } from './clock.ts';
import type { Check } from './finding.ts';

async function serve(answer: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const statesOf = async (check: Check) => (await check()).map(({ state, detail }) => `${state}: ${detail}`);
/** Nothing listens there. */
const nowhere = 'http://127.0.0.1:9';

describe('the checks of doctor', () => {
  it('want the Node that runs TypeScript as it is', async () => {
    expect(await statesOf(checkNode('24.1.0'))).toEqual(['ok: 24.1.0']);
    expect(await statesOf(checkNode('20.9.0'))).toEqual(['problem: 20.9.0 is too old']);
  });

  it('compare clocks, and do not mind what a request takes', () => {
    const now = new Date();
    expect(describeClock('API', now, new Date(now.getTime() + 2_000)).state).toBe('ok');
    expect(describeClock('API', now, new Date(now.getTime() - 60_000)).state).toBe('warning');
  });

  it('tell apart an API that is away, one that is not ready, and something else', async () => {
    const key = { apiKey: 'fo_live_x' };
    expect((await statesOf(checkApi({ apiUrl: nowhere, ...key })))[0]).toMatch(/^problem: .*does not answer/);
    await using stopping = await serve((_, response) => response.writeHead(503).end('{"status":"stopping"}'));
    expect((await statesOf(checkApi({ apiUrl: stopping.url, ...key })))[0]).toMatch(
      /^problem: .*answers 503, stopping/,
    );
    await using stranger = await serve((_, response) => response.end('<html>'));
    expect((await statesOf(checkApi({ apiUrl: stranger.url, ...key })))[0]).toMatch(
      /^problem: .*answers 200, unknown/,
    );
  });

  it('say that a model refuses the key, has no list, or is away', async () => {
    const asked: Array<string | undefined> = [];
    await using model = await serve(({ url, headers }, response) => {
      asked.push(`${url} ${headers.authorization}`);
      response
        .writeHead({ '/a/models': 200, '/b/models': 401, '/c/models': 404 }[url ?? ''] ?? 500)
        .end('{}');
    });
    const stateOf = async (path: string) => (await checkModel(`${model.url}${path}`, 'k')())[0]?.state;
    expect([await stateOf('/a/'), await stateOf('/b'), await stateOf('/c')]).toEqual([
      'ok',
      'problem',
      'warning',
    ]);
    expect(asked[0]).toBe('/a/models Bearer k');
    expect((await statesOf(checkModel(nowhere, 'k')))[0]).toMatch(/^problem: .*does not answer/);
  });

  it('say that a database or a queue is away, without what its address keeps secret', async () => {
    const databaseUrl = 'postgres://someone:sesame@127.0.0.1:9/x';
    const findings = [
      ...(await checkDatabase(databaseUrl)()),
      ...(await checkQueue({ databaseUrl, queueDatabaseUrl: databaseUrl, queueUrl: undefined })()),
      ...(await checkQueue({
        databaseUrl,
        queueDatabaseUrl: databaseUrl,
        queueUrl: 'redis://:sesame@127.0.0.1:9',
      })()),
    ];
    expect(findings.map(({ state }) => state)).toEqual(['problem', 'problem', 'problem']);
    expect(JSON.stringify(findings)).not.toContain('sesame');
    expect(findings.every(({ advice }) => advice)).toBe(true);
  });
});
