import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const systemLimit = '/proc/sys/net/core/somaxconn';

/** As many as come at once, and as the system lets wait. */
const clients = existsSync(systemLimit) ? Math.min(900, Number(readFileSync(systemLimit, 'utf8'))) : 100;

it('a server that is busy for a moment keeps nearly a thousand clients waiting, and answers them', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'listen-busy.fixture.ts')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [said] = await once(child.stdout, 'data');
  const sockets = Array.from({ length: clients }, () => connect(Number(said), '127.0.0.1'));
  const deadline = AbortSignal.timeout(20_000);
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect', { signal: deadline })));
    const answers = sockets.map((socket) => once(socket, 'data', { signal: deadline }));
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    child.stdin.write('.');
    const statuses = (await Promise.all(answers)).map(([answer]) => String(answer).slice(9, 12));
    expect(statuses).toEqual(Array(clients).fill('200'));
  } finally {
    for (const socket of sockets) socket.destroy();
    child.kill('SIGKILL');
  }
});
