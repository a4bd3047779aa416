import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { testDatabase } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';

const starter = `
  import { spawn } from 'node:child_process';
  // Standard output is read by this process only, and breaks with it; standard error reaches the test.
  const child = spawn(process.execPath, ['apps/api/src/main.ts'], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  child.stdout.resume();
  child.once('message', () => console.log('ready'));
`;

describe('a process whose starter is killed', () => {
  it('ends by itself, although nobody reads its output any more', async () => {
    const { databaseUrl, drop } = await testDatabase();
    const parent = spawn(process.execPath, ['--input-type=module', '-e', starter], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'debug' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(parent.stdout, 'data');
    parent.stderr.resume();
    const lastHolderGone = once(parent.stderr, 'close', { signal: AbortSignal.timeout(25_000) });
    parent.kill('SIGKILL');
    await expect(lastHolderGone).resolves.toBeDefined();
    await drop();
  });
});
