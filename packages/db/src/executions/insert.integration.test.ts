import { setImmediate } from 'node:timers/promises';
import type { Execution } from '@formaops/core';
import { createPrompt } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import { newId } from '../new-id.ts';
import type { Queryable } from '../pool.ts';
import {
  findByIdempotencyKey,
  forgetIdempotencyKeys,
  type Inserted,
  insertExecutions,
  type NewExecution,
} from './insert.ts';
import { findExecution, listLogs } from './queries.ts';
import { insertRows, past, row } from './rows.fixture.ts';

function newExecution(
  owner: { userId: string; promptId: string },
  changes: Partial<NewExecution> = {},
): NewExecution {
  return {
    id: newId(),
    ...owner,
    promptVersion: 1,
    inputs: { text: 'hello' },
    context: null,
    priority: 'NORMAL',
    model: 'gpt-4o-mini',
    parameters: { temperature: 0.5, stop: ['END'] },
    maxAttempts: 3,
    timeoutMs: 10_000,
    deadlineMs: 3_600_000,
    bellLostMs: 5_000,
    ...changes,
  };
}

function executionOf(inserted: Inserted | undefined): Execution | undefined {
  return inserted && 'execution' in inserted ? inserted.execution : undefined;
}

describe('insertExecutions', () => {
  it('stores an execution as PENDING with its first log line, and gives it back as stored', async () => {
    await using database = await setup();
    const wanted = newExecution(database.owner, { context: [1, { a: null }], priority: 'LOW' });
    const [inserted] = await insertExecutions(database.pool, [wanted]);
    const stored = executionOf(inserted);
    const { deadlineMs, bellLostMs: _, ...fields } = wanted;
    expect(stored).toMatchObject({ ...fields, status: 'PENDING', validationStatus: 'PENDING', attempt: 0 });
    expect((stored?.deadlineAt.getTime() ?? 0) - (stored?.createdAt.getTime() ?? 0)).toBe(deadlineMs);
    expect(await findExecution(database.pool, database.userId, wanted.id)).toMatchObject({ ...stored });
    expect(await listLogs(database.pool, wanted.id, null, 10)).toMatchObject([
      {
        level: 'INFO',
        message: 'Execution accepted',
        metadata: { priority: 'LOW', model: 'gpt-4o-mini', promptVersion: 1 },
        timestamp: stored?.createdAt,
      },
    ]);
  });

  it('answers in the order of the argument', async () => {
    await using database = await setup();
    const wanted = Array.from({ length: 20 }, () => newExecution(database.owner)).toReversed();
    const stored = await insertExecutions(database.pool, wanted);
    expect(stored.map((one) => executionOf(one)?.id)).toEqual(wanted.map(({ id }) => id));
  });

  it('stores all or nothing', async () => {
    await using database = await setup();
    const wanted = [newExecution(database.owner), newExecution(database.owner, { promptVersion: 9 })];
    await expect(insertExecutions(database.pool, wanted)).rejects.toMatchObject({
      constraint: 'executions_prompt_id_prompt_version_fkey',
    });
    const { rows } = await database.pool.query(
      'SELECT id FROM executions UNION ALL SELECT id FROM execution_logs',
    );
    expect(rows).toEqual([]);
  });

  it.each([
    ['of another version', 'UPDATE prompts SET version = version + 1'],
    ['archived', `UPDATE prompts SET status = 'ARCHIVED'`],
    ['not there any more', `UPDATE prompts SET id = id || '-gone'`],
  ])('stores nothing when the prompt is %s, unlike its caller assumed', async (_, change) => {
    await using database = await setup();
    const others = { userId: database.userId, promptId: await createPrompt(database.pool, database) };
    await database.pool.query(`${change} WHERE id = $1`, [database.promptId]);
    const wanted = [
      newExecution(database.owner, { assumedVersion: 1 }),
      newExecution(others, { assumedVersion: 1 }),
    ];
    expect((await insertExecutions(database.pool, wanted)).map(({ kind }) => kind)).toEqual([
      'stale',
      'stored',
    ]);
  });

  it('lets maintenance look for its bell in time, and never after its deadline', async () => {
    await using database = await setup();
    const wanted = [newExecution(database.owner), newExecution(database.owner, { deadlineMs: 1_000 })];
    await insertExecutions(database.pool, wanted);
    const { rows } = await database.pool.query(
      `SELECT extract(epoch FROM check_at - created_at)::float8 AS seconds FROM executions ORDER BY id`,
    );
    expect(rows).toEqual([{ seconds: 5 }, { seconds: 1 }]);
  });

  it('stores it as rung for where nobody will note that', async () => {
    await using database = await setup();
    await insertExecutions(database.pool, [newExecution(database.owner, { isTakenForRung: true })]);
    const { rows } = await database.pool.query(
      `SELECT created_at, last_enqueued_at FROM executions WHERE last_enqueued_at IS NOT NULL`,
    );
    expect(rows).toMatchObject([{ last_enqueued_at: rows[0]?.created_at }]);
  });
});

describe('an idempotency key', () => {
  const idempotency = { key: 'order-7', requestHash: 'h' };
  const kinds = (answers: Inserted[]) => answers.map(({ kind }) => kind);

  it('gives the first execution back to whoever submits again, with what the first request was', async () => {
    await using database = await setup();
    const first = newExecution(database.owner, { idempotency });
    await insertExecutions(database.pool, [first]);
    const again = {
      ...newExecution(database.owner, { idempotency: { key: 'order-7', requestHash: 'other' } }),
    };
    const [answer] = await insertExecutions(database.pool, [again]);
    expect(answer).toMatchObject({ kind: 'repeated', execution: { id: first.id }, requestHash: 'h' });
    expect(await findExecution(database.pool, null, again.id)).toBeNull();
  });

  it('stores one of twenty that come at once, and gives that one to all', async () => {
    await using database = await setup();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        insertExecutions(database.pool, [newExecution(database.owner, { idempotency })]),
      ),
    );
    expect(kinds(answers.flat()).filter((kind) => kind === 'stored')).toHaveLength(1);
    expect(new Set(answers.flat().map((one) => executionOf(one)?.id)).size).toBe(1);
    const { rows } = await database.pool.query('SELECT count(*)::int FROM execution_logs');
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('belongs to a user, and does not keep the others of a batch from being stored', async () => {
    await using database = await setup();
    const another = await setup();
    await using _other = another;
    await insertExecutions(database.pool, [newExecution(database.owner, { idempotency })]);
    const batch = [newExecution(database.owner, { idempotency }), newExecution(database.owner)];
    expect(kinds(await insertExecutions(database.pool, batch))).toEqual(['repeated', 'stored']);
    expect(await findByIdempotencyKey(database.pool, 'somebody-else', 'order-7')).toBeNull();
  });

  it('does not lock out two batches with the same keys, in whatever order they name them', async () => {
    await using database = await setup();
    const { pool } = database;
    const withKey = (key: string) => newExecution(database.owner, { idempotency: { key, requestHash: 'h' } });
    const client = await pool.connect();
    await client.query('BEGIN');
    await insertExecutions(client, [withKey('b')]);
    // Each waits for b, and has written what the other one comes to next.
    const batches = [['a', 'b', 'c'].map(withKey), ['c', 'b', 'a'].map(withKey)];
    const answers = Promise.all(batches.map((batch) => insertExecutions(pool, batch)));
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await pool.query(waiting)).rowCount !== 2) await setImmediate();
    await client.query('ROLLBACK');
    client.release();
    expect(kinds((await answers).flat()).toSorted()).toEqual([
      ...Array(3).fill('repeated'),
      ...Array(3).fill('stored'),
    ]);
  });

  it('that cannot be looked up costs no other of the batch its answer', async () => {
    await using database = await setup();
    await insertExecutions(database.pool, [newExecution(database.owner, { idempotency })]);
    const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    let statements = 0;
    const query = async (statement: { text: string; values: unknown[] }) => {
      statements += 1;
      if (statements > 1) throw away;
      return database.pool.query(statement);
    };
    const batch = [newExecution(database.owner), newExecution(database.owner, { idempotency })];
    expect(await insertExecutions({ query: query as Queryable['query'] }, batch)).toMatchObject([
      { kind: 'stored' },
      { kind: 'unclear', error: away },
    ]);
  });

  it('is forgotten when it is old enough, batch by batch, and may then be used anew', async () => {
    await using database = await setup();
    const old = [1, 2, 3].map((number) =>
      row('COMPLETED', { created_at: past(), idempotency_key: `old-${number}`, request_hash: 'h' }),
    );
    await insertRows(database, old);
    await insertExecutions(database.pool, [newExecution(database.owner, { idempotency })]);
    const times = { keptMs: 1_800_000, limit: 2 };
    const forgotten = [1, 2, 3].map(() => forgetIdempotencyKeys(database.pool, times));
    expect((await Promise.all(forgotten)).reduce((sum, one) => sum + one)).toBe(3);
    expect(await findByIdempotencyKey(database.pool, database.userId, 'order-7')).not.toBeNull();
    const reuse = newExecution(database.owner, { idempotency: { key: 'old-1', requestHash: 'new' } });
    expect(kinds(await insertExecutions(database.pool, [reuse]))).toEqual(['stored']);
  });
});
