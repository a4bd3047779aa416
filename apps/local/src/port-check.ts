import { once } from 'node:events';
import { createServer } from 'node:net';

/** @returns whether nobody listens on the port of this machine. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false; // Whatever the reason, we cannot listen there.
  } finally {
    server.close();
  }
}
