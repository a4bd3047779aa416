import { disableAfterMs, endpointPauseMs, pauseAfterFailures } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { findDelivery, insertTestDelivery, listDeliveries, redeliver } from './deliveries.ts';
import { type DeliverySettlement, settleDelivery } from './settle-delivery.ts';
import { setup as setupWebhooks } from './webhooks.fixture.ts';
import { findWebhook, updateWebhook } from './webhooks.ts';

const delivered = {
  statusCode: 200,
  errorCode: null,
  durationMs: 12,
  decision: { kind: 'delivered' },
} as const;
const retried = {
  statusCode: 500,
  errorCode: 'WEBHOOK_REFUSED',
  durationMs: 34,
  decision: { kind: 'retry', delayMs: 3_600_000 },
} as const;
const failed = { ...retried, decision: { kind: 'failed', disable: null } } as const;

type Ending = Omit<DeliverySettlement, 'id' | 'attempt' | 'failures' | 'url'>;

/** An endpoint with something that was taken on. */
async function setup() {
  const database = await setupWebhooks();
  const { pool, userId } = database;
  const webhookId = await database.register();
  const take = async () => {
    const [one] = await database.take();
    if (!one) throw new Error('nothing was due');
    return one;
  };
  await database.record(webhookId);
  const first = await take();
  return {
    ...database,
    takeAll: () => database.take(),
    webhookId,
    first,
    take,
    settle: (ending: Ending, { id, attempt, failures, url } = first) =>
      settleDelivery(pool, { id, attempt, failures, url, ...ending }),
    async endAnother(ending: Ending) {
      await database.record(webhookId);
      await pool.query('UPDATE webhooks SET paused_until = NULL');
      const { id, attempt, failures, url } = await take();
      return settleDelivery(pool, { id, attempt, failures, url, ...ending });
    },
    delivery: () => findDelivery(pool, userId, webhookId, first.id),
    webhook: () => findWebhook(pool, userId, webhookId),
  };
}

describe('settleDelivery', () => {
  it('ends what was delivered, and notes the attempt', async () => {
    await using bench = await setup();
    expect(await bench.settle(delivered)).toEqual({ applied: true, disabled: null });
    expect(await bench.delivery()).toMatchObject({
      status: 'DELIVERED',
      errorCode: null,
      endedAt: expect.any(Date),
      nextAttemptAt: null,
      attempts: [{ attempt: 1, statusCode: 200, errorCode: null, durationMs: 12, endedAt: expect.any(Date) }],
    });
    expect(await bench.webhook()).toMatchObject({ failingSince: null });
  });

  it('lets what failed wait for its next attempt, until nobody tries any more', async () => {
    await using bench = await setup();
    await bench.settle(retried);
    const waiting = await bench.delivery();
    expect(waiting).toMatchObject({ status: 'PENDING', errorCode: null, endedAt: null });
    expect(waiting?.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now() + 3_000_000);
    await bench.pool.query('UPDATE webhook_deliveries SET due_at = now()');
    expect(await bench.settle(failed, await bench.take())).toMatchObject({ applied: true });
    expect(await bench.delivery()).toMatchObject({
      status: 'FAILED',
      errorCode: 'WEBHOOK_REFUSED',
      attempts: [{ attempt: 1 }, { attempt: 2, statusCode: 500 }],
    });
  });

  it('refuses the result of one who took too long', async () => {
    await using bench = await setup();
    await bench.pool.query('UPDATE webhook_deliveries SET due_at = now()');
    const second = await bench.take();
    expect(await bench.settle(failed)).toEqual({ applied: false, disabled: null });
    expect(await bench.settle(delivered, second)).toMatchObject({ applied: true });
    expect(await bench.settle(failed, second)).toMatchObject({ applied: false });
    expect(await bench.delivery()).toMatchObject({ status: 'DELIVERED', attempts: [{ attempt: 2 }] });
  });

  it('leaves an endpoint alone after several failures in a row, and forgets them when something goes well', async () => {
    await using bench = await setup();
    const pause = async () => {
      const { rows } = await bench.pool.query(
        `SELECT round(extract(epoch FROM paused_until - clock_timestamp()) / 10) * 10000 AS ms FROM webhooks`,
      );
      return Number(rows[0].ms);
    };
    await bench.settle(retried);
    const pauses = [await pause()];
    for (let failures = 2; failures <= 11; failures += 1) {
      await bench.endAnother(retried);
      pauses.push(await pause());
    }
    expect(pauses).toEqual(pauses.map((_, index) => endpointPauseMs(index + 1)));
    expect(pauses.findIndex((ms) => ms > 0) + 1).toBe(pauseAfterFailures);
    expect((await bench.webhook())?.failingSince).not.toBeNull();
    await bench.endAnother(delivered);
    expect([await pause(), (await bench.webhook())?.failingSince]).toEqual([0, null]);
  });

  it('counts what was sent side by side and failed together as one failure', async () => {
    await using bench = await setup();
    await bench.record(bench.webhookId, 20);
    const failures = async () =>
      (await bench.pool.query('SELECT consecutive_failures AS n FROM webhooks')).rows[0].n;
    for (const one of await bench.takeAll()) await bench.settle(retried, one);
    expect(await failures()).toBe(1);
    await bench.pool.query('UPDATE webhook_deliveries SET due_at = now() WHERE id <> $1', [bench.first.id]);
    for (const one of await bench.takeAll()) await bench.settle(retried, one);
    expect(await failures()).toBe(2);
    // One that was sent while all was well fails late, and one that was sent in bad times fails after they are over.
    await bench.settle(retried);
    expect(await failures()).toBe(2);
    await bench.endAnother(delivered);
    await bench.record(bench.webhookId);
    await bench.settle(retried, { ...(await bench.take()), failures: 7 });
    expect(await failures()).toBe(1);
  });

  it('switches an endpoint off that says it is gone, or that failed for days', async () => {
    await using bench = await setup();
    const gone = { ...failed, statusCode: 410, decision: { kind: 'failed', disable: 'GONE' } } as const;
    expect(await bench.settle(gone)).toEqual({ applied: true, disabled: 'GONE' });
    expect(await bench.webhook()).toMatchObject({ isActive: false, disabledReason: 'GONE' });

    await using other = await setup();
    const failingFor = (ms: number) =>
      other.pool.query(`UPDATE webhooks SET failing_since = clock_timestamp() - $1 * interval '1 ms'`, [ms]);
    await failingFor(disableAfterMs - 60_000);
    expect(await other.settle(failed)).toEqual({ applied: true, disabled: null });
    await failingFor(disableAfterMs + 60_000);
    expect(await other.endAnother(failed)).toEqual({ applied: true, disabled: 'FAILING' });
    expect(await other.webhook()).toMatchObject({ isActive: false, disabledAt: expect.any(Date) });
  });
});

describe('an endpoint that has moved', () => {
  it('is not switched off, nor blamed, for what the old address answers', async () => {
    await using bench = await setup();
    const { pool, userId, webhookId } = bench;
    await updateWebhook(pool, userId, webhookId, { url: 'https://new.example.com/hook' });
    const gone = { ...failed, statusCode: 410, decision: { kind: 'failed', disable: 'GONE' } } as const;
    expect(await bench.settle(gone)).toEqual({ applied: true, disabled: null });
    expect(await bench.webhook()).toMatchObject({ isActive: true, failingSince: null });
    expect(await bench.delivery()).toMatchObject({ status: 'FAILED', attempts: [{ statusCode: 410 }] });
  });
});

describe('redeliver', () => {
  it('makes a delivery due again under its own id, with all its tries, and keeps its log', async () => {
    await using bench = await setup();
    await bench.settle(failed);
    const { pool, userId, webhookId, first } = bench;
    expect(await redeliver(pool, userId, webhookId, first.id)).toMatchObject({
      kind: 'due',
      delivery: { id: first.id, status: 'PENDING', errorCode: null, attempts: [{ attempt: 1 }] },
    });
    expect(await bench.take()).toMatchObject({ id: first.id, attempt: 2, tries: 1 });
  });

  it('holds also when an attempt is under way, whatever becomes of that', async () => {
    await using bench = await setup();
    const { pool, userId, webhookId, first } = bench;
    await redeliver(pool, userId, webhookId, first.id);
    expect(await bench.settle(retried)).toEqual({ applied: false, disabled: null });
    expect(await bench.take()).toMatchObject({ id: first.id, tries: 1 });
  });

  it('is refused where the endpoint is switched off, and where there is nothing of the user’s', async () => {
    await using bench = await setup();
    const { pool, userId, webhookId, first } = bench;
    expect(await redeliver(pool, 'demo-user-id', webhookId, first.id)).toEqual({ kind: 'missing' });
    expect(await redeliver(pool, userId, webhookId, 'other')).toEqual({ kind: 'missing' });
    expect(await insertTestDelivery(pool, 'demo-user-id', webhookId)).toEqual({ kind: 'missing' });
    await pool.query('UPDATE webhooks SET is_active = false');
    expect(await redeliver(pool, userId, webhookId, first.id)).toEqual({ kind: 'inactive' });
    expect(await insertTestDelivery(pool, userId, webhookId)).toEqual({ kind: 'inactive' });
  });
});

describe('listDeliveries', () => {
  it('gives the owner pages of one status or of all, newest first', async () => {
    await using bench = await setup();
    const { pool, userId, webhookId, first } = bench;
    await bench.settle(delivered);
    await bench.record(webhookId, 4);
    const list = (filter = {}, after: { createdAt: Date; id: string } | null = null, limit = 100) =>
      listDeliveries(pool, userId, webhookId, filter, after, limit);
    const all = await list();
    expect(all).toHaveLength(5);
    const pages = [];
    let after: { createdAt: Date; id: string } | null = null;
    for (let page = await list({}, null, 2); page.length > 0; page = await list({}, after, 2)) {
      pages.push(...page);
      after = page.at(-1) ?? null;
    }
    expect(pages).toEqual(all);
    expect(await list({ status: 'DELIVERED' })).toMatchObject([{ id: first.id }]);
    expect(await listDeliveries(pool, 'demo-user-id', webhookId, {}, null, 100)).toEqual([]);
  });
});
