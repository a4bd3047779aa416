import { describe, expect, it } from '@jest/globals';
import { giveUpDeliveries, pruneDeliveries } from './tidy-deliveries.ts';
import { setup, type WebhookFixture } from './webhooks.fixture.ts';

const day = 86_400_000;

/** A delivery that was recorded so many days ago. */
async function recordOld({ pool }: WebhookFixture, webhookId: string, days: number): Promise<string> {
  const hex = (Date.now() - days * day).toString(16).padStart(12, '0');
  const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  await pool.query(
    `INSERT INTO webhook_deliveries (id, webhook_id, event_type, data, status, ended_at)
     VALUES ($1, $2, 'webhook.test', '{}', 'DELIVERED', now())`,
    [id, webhookId],
  );
  await pool.query(`INSERT INTO webhook_attempts (delivery_id, attempt, duration_ms) VALUES ($1, 1, 1)`, [
    id,
  ]);
  return id;
}

describe('pruneDeliveries', () => {
  it('deletes what is old with its attempts, a batch at a time, and nothing else', async () => {
    await using database = await setup();
    const webhookId = await database.register();
    for (const days of [29, 31, 32, 400]) await recordOld(database, webhookId, days);
    const prune = () => pruneDeliveries(database.pool, { keptMs: 30 * day, limit: 2 });
    expect([await prune(), await prune(), await prune()]).toEqual([2, 1, 0]);
    const { rows } = await database.pool.query('SELECT delivery_id FROM webhook_attempts');
    expect(rows).toHaveLength(1);
  });
});

describe('giveUpDeliveries', () => {
  it('gives up what waits for endpoints that are off or gone, and leaves the others alone', async () => {
    await using database = await setup();
    const { pool } = database;
    const [on, off] = [await database.register(), await database.register({ isActive: false })];
    const [waiting] = await database.record(on);
    await database.record(off, 3);
    await database.record('gone', 2);
    const giveUp = () => giveUpDeliveries(pool, { limit: 4 });
    expect([await giveUp(), await giveUp(), await giveUp()]).toEqual([4, 1, 0]);
    const { rows } = await pool.query(
      `SELECT status, error_code, count(*)::int FROM webhook_deliveries GROUP BY 1, 2 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { status: 'PENDING', error_code: null, count: 1 },
      { status: 'FAILED', error_code: 'WEBHOOK_SWITCHED_OFF', count: 5 },
    ]);
    expect(await database.take()).toMatchObject([{ id: waiting }]);
  });
});
