import { createExecution, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { createHistories } from '../audit/histories.fixture.ts';
import { claim } from '../executions/transition/claim.ts';
import { requestCancel } from '../executions/transition/request-cancel.ts';
import { settle } from '../executions/transition/settle.ts';
import { claimAgain, createClaimed, settlement } from '../executions/transition/verbs.fixture.ts';
import { newId } from '../new-id.ts';
import { setup, type WebhookFixture } from './webhooks.fixture.ts';
import { deleteWebhook, updateWebhook } from './webhooks.ts';

async function recorded({ pool }: WebhookFixture) {
  const { rows } = await pool.query(
    `SELECT webhook_id, execution_id, event_type, data FROM webhook_deliveries ORDER BY id`,
  );
  return rows;
}

describe('the end of an execution', () => {
  it('is recorded once for its owner’s endpoint, whatever ended it', async () => {
    await using database = await setup();
    await createHistories(database);
    const { rows } = await database.pool.query(
      `SELECT id AS execution_id, 'execution.' || lower(status::text) AS event_type FROM executions
       WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED') ORDER BY id`,
    );
    expect(new Set(rows.map(({ event_type }) => event_type)).size).toBe(3);
    const told = await recorded(database);
    expect(
      told
        .map(({ execution_id, event_type }) => ({ execution_id, event_type }))
        .toSorted((a, b) => (a.execution_id < b.execution_id ? -1 : 1)),
    ).toEqual(rows);
  });

  it('tells what it became, and neither inputs nor output', async () => {
    await using database = await setup();
    await database.register();
    const { id, token } = await createClaimed(database);
    await settle(database.pool, [
      settlement(id, token, {
        status: 'FAILED',
        error: { code: 'CONTENT_FILTERED', message: 'The provider refused' },
      }),
    ]);
    const [told] = await recorded(database);
    const { rows } = await database.pool.query('SELECT completed_at FROM executions WHERE id = $1', [id]);
    expect(told.data).toEqual({
      id,
      status: 'FAILED',
      promptId: database.promptId,
      promptVersion: 1,
      model: 'gpt-4o-mini',
      validationStatus: 'SKIPPED',
      costUsd: '0.100000',
      costIsComplete: true,
      latencyMs: 2340,
      error: { code: 'CONTENT_FILTERED', message: 'The provider refused' },
      completedAt: rows[0].completed_at.toISOString(),
      url: `/v1/executions/${id}`,
    });
  });

  it('is told to those of the owner’s endpoints that are on and asked for it', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const wanted = [
      await database.register(),
      await database.register({ eventTypes: ['execution.failed', 'execution.completed'] }),
    ];
    await database.register({ eventTypes: ['execution.cancelled'] });
    await database.register({ isActive: false });
    await database.registerStranger();
    const { id, token } = await createClaimed(database);
    expect(await recorded(database)).toEqual([]);
    await settle(pool, [settlement(id, token)]);
    const told = await recorded(database);
    expect(told.map((one) => one.webhook_id).toSorted()).toEqual(wanted);
    await updateWebhook(pool, userId, wanted[0] ?? '', { isActive: false });
    const other = await createClaimed(database);
    await settle(pool, [settlement(other.id, other.token)]);
    expect(await recorded(database)).toHaveLength(3);
  });

  it('is recorded in the same transaction', async () => {
    await using database = await setup();
    await database.register();
    const id = await createExecution(database.pool, database.owner);
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await requestCancel(client, [{ id, userId: database.userId }]);
    expect((await client.query('SELECT 1 FROM webhook_deliveries')).rowCount).toBe(1);
    await client.query('ROLLBACK');
    client.release();
    expect(await recorded(database)).toEqual([]);
  });

  it('neither waits for an endpoint that is being deleted, nor fails with it', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const webhookId = await database.register();
    const [first, second] = [await createClaimed(database), await createClaimed(database)];
    const client = await pool.connect();
    await client.query('BEGIN');
    await deleteWebhook(client, userId, webhookId);
    await client.query(`SET LOCAL lock_timeout = '1s'`);
    await settle(pool, [settlement(first.id, first.token)]);
    await client.query('COMMIT');
    client.release();
    await settle(pool, [settlement(second.id, second.token)]);
    expect(await recorded(database)).toMatchObject([{ execution_id: first.id }]);
  });

  it('has an id by which newer deliveries come after older ones', async () => {
    await using database = await setup();
    await database.register();
    const before = newId();
    const { id, token } = await createClaimed(database);
    await settle(database.pool, [settlement(id, token)]);
    const { rows } = await database.pool.query('SELECT id FROM webhook_deliveries');
    expect(rows[0].id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([rows[0].id > before, rows[0].id.slice(0, 13) <= newId().slice(0, 13)]).toEqual([true, true]);
  });

  it('is all that is recorded: a claim, a heartbeat and a forgotten key are not', async () => {
    await using database = await setup();
    const { pool } = database;
    await database.register();
    const { userId: other } = await createUser(pool);
    const id = await createExecution(pool, database.owner, { idempotency: { key: 'k', requestHash: 'h' } });
    const token = await claimAgain(database, id);
    await settle(pool, [settlement(id, token)]);
    await claim(pool, [{ id, token: newId(), workerId: 'w', leaseMs: 1 }]);
    await requestCancel(pool, [{ id, userId: other }]);
    await pool.query('UPDATE executions SET idempotency_key = NULL, request_hash = NULL');
    expect(await recorded(database)).toHaveLength(1);
  });
});
