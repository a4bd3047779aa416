import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createApiKey } from '@formaops/core';
import { openPool } from '@formaops/db';
import { createPrompt, createUser, recordingLog, testDatabase } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { call } from './http/call.fixture.ts';
import { portOf } from './http/listen.ts';
import { until } from './until.fixture.ts';

/** The API as a process of its own, with nothing in its environment but this. */
function run(stack: AsyncDisposableStack, environment: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  stack.defer(() => void child.kill('SIGKILL'));
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk) => {
      printed[name] += chunk;
    });
  }
  return { child, printed };
}

/** Waits until the process takes requests. @returns its address. */
async function ready(child: ChildProcess): Promise<string> {
  const [message] = await once(child, 'message');
  expect(message).toEqual({ ready: true, port: expect.any(Number), adminPort: null });
  return `http://127.0.0.1:${message.port}`;
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

const closedPort = 'postgres://nobody@127.0.0.1:1/nothing';

describe('the process', () => {
  it('ends with exit code 78 and every problem, but no value, when its configuration is wrong', async () => {
    await using stack = new AsyncDisposableStack();
    const { child, printed } = run(stack, {
      DATABASE_URL: 'mysql://root:canary-5f3a@db/x',
      PORT: '99999',
      BOARD_PASSWORD: 'canary',
      BOARD_READ_ONLY: 'yes',
    });
    await once(child, 'close');
    expect(child.exitCode).toBe(78);
    expect(printed.stderr.match(/^ {2}\w+/gm)).toEqual([
      '  PORT',
      '  DATABASE_URL',
      '  BOARD_PASSWORD',
      '  BOARD_READ_ONLY',
    ]);
    expect(printed.stdout + printed.stderr).not.toContain('canary');
  });

  it('ends when its port is taken', async () => {
    await using stack = new AsyncDisposableStack();
    const other = createServer().listen(0, '127.0.0.1');
    stack.defer(() => void other.close());
    await once(other, 'listening');
    const { child, printed } = run(stack, { DATABASE_URL: closedPort, PORT: String(portOf(other as never)) });
    expect(await exitCode(child)).toBe(1);
    await until(
      async () => printed.stderr,
      (text) => text.includes('EADDRINUSE'),
    );
  });

  it('starts without a database and says so: DATABASE_UNAVAILABLE, and when to come back', async () => {
    await using stack = new AsyncDisposableStack();
    const { child, printed } = run(stack, { DATABASE_URL: closedPort });
    const url = await ready(child);
    const key = createApiKey((below) => below - 1);
    const headers = { authorization: `Bearer ${key}` };
    const answer = await call(`${url}/v1/executions`, { headers });
    expect(answer).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).toBe('2');
    expect((await call(`${url}/health/live`)).status).toBe(200);
    expect(await call(`${url}/health/ready`)).toMatchObject({ status: 503, body: { database: 'down' } });
    child.kill('SIGTERM');
    expect(await exitCode(child)).toBe(0);
    expect(printed.stdout + printed.stderr).not.toContain(key);
  });

  it('answers what is under way when it is told to stop, then ends with exit code 0', async () => {
    await using stack = new AsyncDisposableStack();
    const { databaseUrl, drop } = await testDatabase();
    stack.defer(drop);
    const pool = openPool({ databaseUrl, max: 2, applicationName: 'test', log: recordingLog() });
    stack.defer(() => pool.end());
    const { userId, apiKey } = await createUser(pool);
    const promptId = await createPrompt(pool, { userId });
    const { child } = run(stack, { DATABASE_URL: databaseUrl, SHUTDOWN_GRACE_MS: '60000' });
    const url = await ready(child);
    const submission = call(`${url}/v1/executions?wait=60`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
      body: { promptId, inputs: { text: 'hello' } },
    });
    await until(
      () => pool.query('SELECT FROM executions'),
      ({ rowCount }) => rowCount === 1,
    );
    child.kill('SIGTERM');
    expect(await submission).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    expect(await exitCode(child)).toBe(0);
    await expect(call(`${url}/health/live`)).rejects.toThrow();
  });
});
