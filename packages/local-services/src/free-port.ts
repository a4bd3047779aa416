import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * @returns a TCP port on 127.0.0.1 that was free a moment ago. Another program may take it before it is used, so whoever listens
 * on it has to be ready to ask again.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has no port');
  return address.port;
}
