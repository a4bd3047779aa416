import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** The exit code of the health check against a server that answers with this status. */
async function check(status: number): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(status).end()).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/ready`;
  const script = join(import.meta.dirname, '../../infra/check-health.ts');
  const [code] = await once(spawn(process.execPath, [script, url], { stdio: 'ignore' }), 'exit');
  server.close();
  return code;
}

describe('infra/check-health.ts', () => {
  it.each([
    [200, 0],
    [404, 1],
    [503, 1],
  ])('answers %i with exit code %i', async (status, code) => {
    expect(await check(status)).toBe(code);
  });
});
