import { createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { newId } from '../new-id.ts';
import { setup } from './webhooks.fixture.ts';
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  maxWebhooks,
  rotateWebhookSecret,
  secretOverlapMs,
  updateWebhook,
} from './webhooks.ts';

const url = 'https://example.com/';
const newWebhook = () => ({
  id: newId(),
  url,
  description: null,
  eventTypes: ['*'],
  isActive: true,
  secret: 's',
});

describe('the webhooks of a user', () => {
  it('are no more than ten, also when several are added at the same time', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const added = await Promise.all(
      Array.from({ length: maxWebhooks + 5 }, () => insertWebhook(pool, userId, newWebhook())),
    );
    expect(added.filter((one) => one !== null)).toHaveLength(maxWebhooks);
    expect(await listWebhooks(pool, userId)).toHaveLength(maxWebhooks);
    const { userId: another } = await createUser(pool);
    expect(await insertWebhook(pool, another, newWebhook())).not.toBeNull();
  });

  it('are nobody else’s to see or to change', async () => {
    await using database = await setup();
    const { pool } = database;
    const id = await database.register();
    const { userId: stranger } = await createUser(pool);
    expect([
      await listWebhooks(pool, stranger),
      await findWebhook(pool, stranger, id),
      await updateWebhook(pool, stranger, id, { isActive: false }),
      await rotateWebhookSecret(pool, stranger, id, 'mine'),
      await deleteWebhook(pool, stranger, id),
    ]).toEqual([[], null, null, null, false]);
    expect(await findWebhook(pool, database.userId, id)).toMatchObject({ isActive: true });
  });

  it('change in what is named, and in nothing else', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const id = await database.register({ url, description: 'first' });
    const change = async (changes: Parameters<typeof updateWebhook>[3]) =>
      updateWebhook(pool, userId, id, changes);
    expect(await change({ eventTypes: ['execution.failed'] })).toMatchObject({
      url,
      description: 'first',
      eventTypes: ['execution.failed'],
    });
    expect(await change({ url: 'https://example.org/' })).toMatchObject({ url: 'https://example.org/' });
    expect(await change({ description: null })).toMatchObject({ description: null, isActive: true });
    expect(await change({ isActive: false })).toMatchObject({
      eventTypes: ['execution.failed'],
      isActive: false,
    });
  });

  it('begin anew when they are switched on again', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const id = await database.register();
    await pool.query(
      `UPDATE webhooks SET is_active = false, disabled_at = now(), disabled_reason = 'FAILING', failing_since = now(),
         consecutive_failures = 9, paused_until = now() + interval '1 h', active_since = '2020-01-01'`,
    );
    const changes = await updateWebhook(pool, userId, id, { description: 'still off' });
    expect(changes).toMatchObject({ disabledReason: 'FAILING', failingSince: expect.any(Date) });
    const on = await updateWebhook(pool, userId, id, { isActive: true });
    expect(on).toMatchObject({ isActive: true, disabledAt: null, disabledReason: null, failingSince: null });
    const { rows } = await pool.query(
      `SELECT consecutive_failures, paused_until, active_since > now() - interval '1 h' AS is_fresh FROM webhooks`,
    );
    expect(rows).toEqual([{ consecutive_failures: 0, paused_until: null, is_fresh: true }]);
  });

  it('sign with the secret before for a day after it was replaced', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const id = await database.register({ secret: 'first' });
    const rotated = await rotateWebhookSecret(pool, userId, id, 'second');
    const left = (rotated?.previousSecretUntil?.getTime() ?? 0) - (rotated?.updatedAt.getTime() ?? 0);
    expect(Math.abs(left - secretOverlapMs)).toBeLessThan(1_000);
    const secrets = async () => {
      await database.record(id);
      const [taken] = await database.take();
      return [taken?.secret, taken?.previousSecret];
    };
    expect(await secrets()).toEqual(['second', 'first']);
    await pool.query(`UPDATE webhooks SET previous_secret_until = clock_timestamp()`);
    expect(await secrets()).toEqual(['second', null]);
    expect(await findWebhook(pool, userId, id)).toMatchObject({ previousSecretUntil: null });
  });
});
