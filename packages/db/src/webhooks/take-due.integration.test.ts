import { pauseAfterFailures } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { putOffDelivery } from './take-due.ts';
import { setup } from './webhooks.fixture.ts';

const countBy = <T>(all: T[], key: (one: T) => string) =>
  Object.fromEntries([...Map.groupBy(all, key)].map(([name, some]) => [name, some.length]));

describe('takeDueDeliveries', () => {
  it('takes what is due, oldest first, and nobody else does until its time is over', async () => {
    await using database = await setup();
    const webhookId = await database.register({ secret: 'sealed' });
    const [first, second, third] = await database.record(webhookId, 3);
    await database.pool.query(`UPDATE webhook_deliveries SET due_at = now() + interval '1 h' WHERE id = $1`, [
      third,
    ]);
    const taken = await database.take({ limit: 1 });
    expect(taken).toMatchObject([
      {
        id: first,
        webhookId,
        userId: database.userId,
        secret: 'sealed',
        previousSecret: null,
        attempt: 1,
        tries: 1,
      },
    ]);
    expect(await database.take({ leaseMs: 0 })).toMatchObject([{ id: second }]);
    expect(await database.take()).toMatchObject([{ id: second, attempt: 2, tries: 2 }]);
    expect(await database.take()).toEqual([]);
  });

  it('gives each to one of several workers that look at the same time', async () => {
    await using database = await setup();
    const ids = await database.record(await database.register(), 60);
    const taken = (await Promise.all(Array.from({ length: 6 }, () => database.take({ limit: 20 })))).flat();
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
    const rest = await database.take();
    expect([...taken, ...rest].map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  it('finds what others wait for, however long the line of one is', async () => {
    await using database = await setup();
    await database.record(await database.register(), 500);
    const { webhookId, userId } = await database.registerStranger();
    await database.record(webhookId, 3);
    const taken = await database.take({ limit: 10, perUser: 8, perHost: 8 });
    expect(countBy(taken, (one) => one.userId)).toEqual({ [database.userId]: 7, [userId]: 3 });
  });

  it('counts what is under way at a host and for a user', async () => {
    await using database = await setup();
    const host = 'https://shared.example.com';
    const [a, b] = [
      await database.register({ url: `${host}/a` }),
      await database.register({ url: `${host}/b` }),
    ];
    const c = await database.register();
    const { webhookId: d, userId } = await database.registerStranger({ url: `${host}/d` });
    for (const id of [a, b, c, d]) await database.record(id, 10);
    const underWay = [{ url: `${host}/a`, userId: database.userId }];
    const taken = await database.take({ perHost: 4, perUser: 5, underWay });
    const atHost = taken.filter(({ url }) => url.startsWith(host));
    expect(atHost).toHaveLength(3);
    expect(taken.filter((one) => one.userId === database.userId)).toHaveLength(4);
    expect(taken.filter((one) => one.userId === userId).length).toBeLessThanOrEqual(3);
  });

  it('passes over endpoints that are switched off, gone or left alone for a while', async () => {
    await using database = await setup();
    const [off, paused, on] = [
      await database.register(),
      await database.register(),
      await database.register(),
    ];
    for (const id of [off, paused, on, 'gone']) await database.record(id);
    await database.pool.query('UPDATE webhooks SET is_active = false WHERE id = $1', [off]);
    await database.pool.query(`UPDATE webhooks SET paused_until = now() + interval '1 h' WHERE id = $1`, [
      paused,
    ]);
    expect(await database.take()).toMatchObject([{ webhookId: on }]);
  });

  it('tries an endpoint that keeps failing with one at a time', async () => {
    await using database = await setup();
    const id = await database.register();
    await database.record(id, 5);
    await database.pool.query('UPDATE webhooks SET consecutive_failures = $1', [pauseAfterFailures]);
    expect(await database.take()).toHaveLength(1);
    expect(await database.take()).toHaveLength(0);
  });
});

describe('putOffDelivery', () => {
  it('costs no try, and only whoever has it may', async () => {
    await using database = await setup();
    await database.record(await database.register());
    const [first] = await database.take({ leaseMs: 0 });
    const [second] = await database.take();
    if (!first || !second) throw new Error('nothing was due');
    await putOffDelivery(database.pool, first, 0);
    expect(await database.take()).toEqual([]);
    await putOffDelivery(database.pool, second, 0);
    expect(await database.take()).toMatchObject([{ attempt: 3, tries: 2 }]);
  });
});
