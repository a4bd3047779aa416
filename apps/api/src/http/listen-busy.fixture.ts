import { readSync } from 'node:fs';
import { listen, portOf } from './listen.ts';

// A server that is too busy to take a connection, until it reads something.
const server = await listen((_request, response) => response.end('here'), 0, '127.0.0.1');
process.stdout.write(`${portOf(server)}\n`, () => readSync(0, Buffer.alloc(1)));
