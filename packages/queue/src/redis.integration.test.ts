import { randomUUID } from 'node:crypto';
import { hasRedis, recordingLog, testRedis } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { bell, until } from './conformance.fixture.ts';
import { openQueueConnection } from './connection.ts';
import { createProducer } from './producer.ts';

/** A user of the test's own on the server, whose password can be changed without disturbing anybody. */
async function setup() {
  const stack = new AsyncDisposableStack();
  const { redisUrl, prefix } = await testRedis();
  const admin = stack.adopt(new Redis(redisUrl), (client) => client.disconnect());
  const user = `test-${randomUUID()}`;
  const setPassword = async (password: string) => {
    await admin.call(
      'ACL',
      'SETUSER',
      user,
      'reset',
      'on',
      `>${password}`,
      'allkeys',
      'allchannels',
      '+@all',
    );
    await admin.call('CLIENT', 'KILL', 'USER', user);
  };
  await setPassword('open-sesame');
  stack.defer(async () => void (await admin.call('ACL', 'DELUSER', user)));
  const url = Object.assign(new URL(redisUrl), { username: user, password: 'open-sesame' });
  const log = recordingLog();
  const options = { queueUrl: url.href, databaseUrl: '', log, prefix };
  const connection = stack.adopt(openQueueConnection(options), (opened) => opened.close());
  return { connection, log, setPassword, stack, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

if (hasRedis) {
  describe('a waiting bell in Redis', () => {
    it('takes less than 200 bytes, its key, names and values together', async () => {
      const { redisUrl, prefix } = await testRedis();
      await using stack = new AsyncDisposableStack();
      const options = { queueUrl: redisUrl, databaseUrl: '', log: recordingLog(), prefix };
      const connection = stack.adopt(openQueueConnection(options), (opened) => opened.close());
      const producer = stack.adopt(createProducer(connection), (opened) => opened.close());
      const client = stack.adopt(new Redis(redisUrl), (opened) => opened.disconnect());
      const bells = [bell(), bell()];
      await producer.ring(bells);
      for (const { executionId } of bells) {
        const key = `executions:${executionId}_0`;
        const fields = await client.hgetall(`${prefix}:${key}`);
        expect(fields).toHaveProperty('timestamp');
        expect(['formaops:', key, ...Object.entries(fields).flat()].join('').length).toBeLessThan(200);
      }
    });
  });

  describe('a Redis whose password is changed', () => {
    it('is unfit, the log says so without the password, and all heals when it is changed back', async () => {
      await using bench = await setup();
      const { connection, log, setPassword } = bench;
      const producer = bench.stack.adopt(createProducer(connection), (opened) => opened.close());
      const ring = () =>
        producer.ring([bell()]).then(
          () => true,
          () => false,
        );
      await until(ring, (hasRung) => hasRung);
      expect(await connection.check()).toMatchObject({ state: 'ready' });

      await setPassword('something-else');
      await until(connection.check, ({ state }) => state === 'unfit');
      // Between two attempts to connect as well: nothing flickers.
      for (let count = 0; count < 5; count += 1) {
        const reason = 'Redis refuses the user name or the password of QUEUE_URL (WRONGPASS)';
        expect(await connection.check()).toEqual({ state: 'unfit', reason });
      }
      expect(await ring()).toBe(false);
      expect(JSON.stringify(log.lines)).toContain('WRONGPASS');
      expect(JSON.stringify(log.lines)).not.toContain('open-sesame');

      await setPassword('open-sesame');
      await until(connection.check, ({ state }) => state === 'ready');
      await until(ring, (hasRung) => hasRung);
    });
  });
}
