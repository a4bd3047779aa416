import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { startHealthServer } from './health-server.ts';

async function setup(isReady: boolean) {
  const server = startHealthServer(0, async () => isReady);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    statusOf: async (path: string) => {
      const { status, body } = await fetch(`http://127.0.0.1:${port}${path}`);
      await body?.cancel();
      return status;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('startHealthServer', () => {
  it.each([
    [true, 200],
    [false, 503],
  ])('says whether the worker is ready (%j), and lives either way', async (isReady, status) => {
    await using server = await setup(isReady);
    expect(await server.statusOf('/health/ready')).toBe(status);
    expect(await server.statusOf('/health/live')).toBe(200);
  });

  it('has nothing else', async () => {
    await using server = await setup(true);
    expect(await server.statusOf('/')).toBe(404);
    expect(await server.statusOf('/health')).toBe(404);
  });
});
