import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openPool } from '@formaops/db';
import { createProducer, openQueueConnection, type Producer } from '@formaops/queue';
import {
  createExecution,
  createPrompt,
  createUser,
  hasRedis,
  openLink,
  recordingLog,
  testDatabase,
  testRedisDatabase,
} from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';

/** The worker as a process of its own, with nothing in its environment but this. */
function run(stack: AsyncDisposableStack, environment: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  stack.defer(() => void child.kill('SIGKILL'));
  const printed = { text: '' };
  child.stdout?.on('data', (chunk) => {
    printed.text += chunk;
  });
  return { child, printed };
}

async function ready(child: ChildProcess): Promise<void> {
  expect(await once(child, 'message')).toEqual([{ ready: true }, undefined]);
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Rings for something, as soon as the queue can be reached. */
async function ring(producer: Producer, executionId = 'any'): Promise<void> {
  const bell = { executionId, epoch: 0, priority: 'NORMAL' as const, submittedAt: new Date() };
  const hasRung = () =>
    producer.ring([bell]).then(
      () => true,
      () => false,
    );
  while (!(await hasRung())) await setImmediate();
}

async function listening(server: Server, stack: AsyncDisposableStack): Promise<number> {
  server.listen(0, '127.0.0.1');
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  return await listening(createServer(), stack);
}

async function readiness(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  const { status } = (await response.json()) as { status: string };
  expect([status, response.status]).toEqual([status, status === 'ready' ? 200 : 503]);
  return status;
}

/** Asks until the answer is yes, as long as the test may last. */
async function until(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask())) await setImmediate();
}

describe('the process', () => {
  it('ends with exit code 0 when it is told to stop', async () => {
    await using stack = new AsyncDisposableStack();
    const { databaseUrl, drop } = await testDatabase();
    stack.defer(drop);
    const { child } = run(stack, { DATABASE_URL: databaseUrl });
    await ready(child);
    child.kill('SIGTERM');
    expect(await exitCode(child)).toBe(0);
  });

  it('gives back what does not finish in time, uncharged and due at once, and is not ready meanwhile', async () => {
    await using stack = new AsyncDisposableStack();
    const { databaseUrl, drop } = await testDatabase();
    stack.defer(drop);
    const pool = openPool({ databaseUrl, max: 2, applicationName: 'test', log: recordingLog() });
    stack.defer(() => pool.end());
    const called = Promise.withResolvers<void>();
    const { promise: hungUp, resolve: hangUp } = Promise.withResolvers<void>();
    // A model that never answers.
    const model = createServer((request) => {
      request.socket.on('close', () => hangUp());
      called.resolve();
    });
    const healthPort = await freePort();
    const { child } = run(stack, {
      DATABASE_URL: databaseUrl,
      OPENAI_BASE_URL: `http://127.0.0.1:${await listening(model, stack)}/v1`,
      SHUTDOWN_GRACE_MS: '2000',
      HEALTH_PORT: String(healthPort),
      MAINTENANCE_MS: '100',
    });
    await ready(child);
    const { userId } = await createUser(pool);
    const id = await createExecution(pool, { userId, promptId: await createPrompt(pool, { userId }) });
    const connection = openQueueConnection({ databaseUrl, log: recordingLog() });
    stack.adopt(connection, (opened) => opened.close());
    const producer = stack.adopt(createProducer(connection), (opened) => opened.close());
    await ring(producer, id);
    await called.promise;

    child.kill('SIGTERM');
    await until(async () => (await readiness(healthPort)) === 'stopping');
    await hungUp;
    expect(await exitCode(child)).toBe(0);
    const { rows } = await pool.query(
      `SELECT status, attempt, charged_attempts, lease_token, next_attempt_at <= clock_timestamp() AS is_due
       FROM executions WHERE id = $1`,
      [id],
    );
    expect(rows).toEqual([
      { status: 'RUNNING', attempt: 1, charged_attempts: 0, lease_token: null, is_due: true },
    ]);
  });

  // On PostgreSQL a worker that hears nothing asks by itself every five seconds.
  if (hasRedis)
    it('ends with exit code 1 when bells wait and its connection died without a word', async () => {
      await using stack = new AsyncDisposableStack();
      const { databaseUrl, drop } = await testDatabase();
      stack.defer(drop);
      const redisUrl = await testRedisDatabase();
      const link = stack.adopt(await openLink(new URL(redisUrl)), (opened) => opened.close());
      const { child, printed } = run(stack, {
        DATABASE_URL: databaseUrl,
        QUEUE_URL: link.url,
        WATCHDOG_MS: '1000',
      });
      await ready(child);
      // Redis is asked with BZPOPMIN, and answers when there is something.
      await link.stallAfter('bzpopmin');

      const log = recordingLog();
      const connection = openQueueConnection({ queueUrl: redisUrl, databaseUrl, log });
      stack.adopt(connection, (opened) => opened.close());
      const producer = stack.adopt(createProducer(connection), (opened) => opened.close());
      await ring(producer);

      expect(await exitCode(child)).toBe(1);
      expect(printed.text).toContain('"msg":"waiting bells not fetched"');
      expect(printed.text).toContain('"msg":"stopped"');
    });
});
