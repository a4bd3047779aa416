import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createProducer, openQueueConnection, type Producer } from '@formaops/queue';
import { hasRedis, openLink, recordingLog, testDatabase, testRedisDatabase } from '@formaops/testing';
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
async function ring(producer: Producer): Promise<void> {
  const bell = { executionId: 'any', epoch: 0, priority: 'NORMAL' as const, submittedAt: new Date() };
  const hasRung = () =>
    producer.ring([bell]).then(
      () => true,
      () => false,
    );
  while (!(await hasRung())) await setImmediate();
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

  // On PostgreSQL a worker that hears nothing asks by itself every five seconds.
  (hasRedis ? it : it.skip)(
    'ends with exit code 1 when bells wait and its connection died without a word',
    async () => {
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
    },
  );
});
