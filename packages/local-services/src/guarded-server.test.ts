import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { freePort } from './free-port.ts';
import { startGuardedServer } from './guarded-server.ts';

const EXAMPLE = `
  const port = process.argv[1];
  require('node:net').createServer().listen(port, '127.0.0.1', () => console.log('up and listening'));
  process.on('SIGINT', () => console.log('SIGINT'));
  process.on('SIGTERM', () => { console.log('SIGTERM'); process.exit(); });
`;
const STOPPED_IN_ORDER = 'up and listening\nSIGTERM\n';

const cwd = await mkdtemp(join(tmpdir(), 'guarded-server-'));

afterAll(() => rm(cwd, { recursive: true, force: true }));

async function setup() {
  const port = await freePort();
  const spec = {
    name: 'Example',
    command: process.execPath,
    args: ['-e', EXAMPLE, String(port)],
    env: {},
    cwd,
    readyWhen: 'listening',
    stopSignal: 'SIGTERM' as const,
    logFile: join(cwd, `${port}.log`),
  };
  return { spec, port };
}

/** Resolves when the server's process has ended, since the kernel closes its connections then. */
async function connected(port: number) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined); // A killed server may reset the connection; it closes all the same.
  return { closed: new Promise((resolve) => socket.once('close', resolve)) };
}

describe('startGuardedServer', () => {
  it('resolves when the server is ready, and stop when it is gone', async () => {
    const { spec, port } = await setup();
    const server = await startGuardedServer(spec);
    const { closed } = await connected(port);
    await server.stop();
    await closed;
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  });

  it('fails with the last words of a server that exits', async () => {
    const { spec } = await setup();
    const args = ['-e', 'console.error("bad setting: colour"); process.exit(3)'];
    await expect(startGuardedServer({ ...spec, args })).rejects.toThrow(
      'Example did not start:\nbad setting: colour',
    );
  });

  it('fails when the command does not exist', async () => {
    const { spec } = await setup();
    await expect(startGuardedServer({ ...spec, command: '/nonexistent' })).rejects.toThrow(
      'Example did not start',
    );
  });

  it.each([
    ['is killed', 'setInterval(() => {}, 1e6)', 'SIGKILL'],
    ['exits without stopping it', 'process.stdin.once("data", () => process.exit())', undefined],
  ] as const)('takes the server along when the process that started it %s', async (_name, then, signal) => {
    const { spec, port } = await setup();
    const module = JSON.stringify(new URL('./guarded-server.ts', import.meta.url));
    const script = `import { startGuardedServer } from ${module};
      const { pid } = await startGuardedServer(${JSON.stringify(spec)}); console.log(pid); ${then}`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(createInterface(starter.stdout), 'line');
    const { closed } = await connected(port);
    const ended = once(starter, 'exit');
    if (signal === undefined) starter.stdin.write('go\n');
    else starter.kill(signal);
    await closed;
    expect(await ended).toEqual(signal === undefined ? [0, null] : [null, signal]);
    expect(await readFile(spec.logFile, 'utf8')).toBe(STOPPED_IN_ORDER);
  });

  it('does not hear the Ctrl-C that is meant for its starter', async () => {
    const { spec, port } = await setup();
    const module = JSON.stringify(new URL('./guarded-server.ts', import.meta.url));
    const script = `import { startGuardedServer } from ${module};
      const server = await startGuardedServer(${JSON.stringify(spec)});
      process.once('SIGINT', () => server.stop());
      console.log('ready');`;
    // A process group of its own stands for the foreground job of a terminal.
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface(starter.stdout), 'line');
    const { closed } = await connected(port);
    process.kill(-Number(starter.pid), 'SIGINT');
    await closed;
    expect(await readFile(spec.logFile, 'utf8')).toBe(STOPPED_IN_ORDER);
  });
});
