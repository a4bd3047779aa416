import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { isPortFree } from './port-check.ts';

/** A port that somebody listens on until it is disposed of. */
async function takePort(host: string) {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

describe('isPortFree', () => {
  it.each(['127.0.0.1', '0.0.0.0'])(
    'is false while somebody listens on %s, and true afterwards',
    async (host) => {
      const taken = await takePort(host);
      expect(await isPortFree(taken.port)).toBe(false);
      await taken[Symbol.asyncDispose]();
      expect(await isPortFree(taken.port)).toBe(true);
    },
  );

  it('leaves the port free', async () => {
    const { port, ...taken } = await takePort('127.0.0.1');
    await taken[Symbol.asyncDispose]();
    expect(await isPortFree(port)).toBe(true);
    expect(await isPortFree(port)).toBe(true);
  });
});
