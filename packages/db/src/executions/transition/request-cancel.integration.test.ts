import { createExecution, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup } from '../../database.fixture.ts';
import { findExecution, listLogs } from '../queries.ts';
import { countRing } from './bells.ts';
import { handBack } from './hand-back.ts';
import { heartbeat } from './heartbeat.ts';
import { requestCancel } from './request-cancel.ts';
import { settle } from './settle.ts';
import { createClaimed, failedAttempt, settlement } from './verbs.fixture.ts';

describe('requestCancel', () => {
  it('ends what waits: start and end are one moment, and nothing was validated or measured', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const id = await createExecution(pool, database.owner);
    const [answer] = await requestCancel(pool, [{ id, userId }]);
    expect(answer).toMatchObject({ applied: true, execution: { id, status: 'CANCELLED' } });
    const stored = await findExecution(pool, userId, id);
    expect(stored).toMatchObject({
      validationStatus: 'SKIPPED',
      latencyMs: null,
      costUsd: null,
      error: null,
      attempts: [],
    });
    expect(stored?.startedAt).toEqual(stored?.completedAt);
    expect(stored?.cancelRequestedAt).toEqual(stored?.completedAt);
    const story = await listLogs(pool, id, null, 10);
    expect(story.map(({ message }) => message)).toEqual(['Execution accepted', 'Execution cancelled']);
  });

  it('tells which ring of the bell was the latest', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    await countRing(database.pool, [id]);
    const [answer] = await requestCancel(database.pool, [{ id, userId: database.userId }]);
    expect(answer).toMatchObject({ execution: { epoch: 1 } });
  });

  it('ends what waits for another attempt, and keeps the first start', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await handBack(database.pool, [failedAttempt(id, token, { delayMs: 60_000 })]);
    const before = await findExecution(database.pool, null, id);
    await requestCancel(database.pool, [{ id, userId: database.userId }]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({
      status: 'CANCELLED',
      startedAt: before?.startedAt,
      nextAttemptAt: null,
      validationStatus: 'SKIPPED',
    });
  });

  it('records the wish for what runs; the holder hears of it and can only end it as CANCELLED', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const { id, token } = await createClaimed(database);
    const [answer] = await requestCancel(pool, [{ id, userId }]);
    expect(answer).toMatchObject({ applied: true, execution: { status: 'RUNNING', completedAt: null } });
    const [beat] = await heartbeat(pool, [{ id, token, leaseMs: 1_000 }]);
    expect(beat).toEqual({ id, held: true, cancelRequested: true });
    const settled = await settle(pool, [settlement(id, token)]);
    expect(settled).toMatchObject([{ applied: true, execution: { status: 'CANCELLED' } }]);
    const story = await listLogs(pool, id, null, 10);
    expect(story.slice(-2).map(({ message }) => message)).toEqual([
      'Cancellation requested',
      'Execution cancelled',
    ]);
  });

  it('keeps the first wish, and refuses when it has ended', async () => {
    await using database = await setup();
    const wish = { id: '', userId: database.userId };
    const { id, token } = await createClaimed(database);
    const [first] = await requestCancel(database.pool, [{ ...wish, id }]);
    const [second] = await requestCancel(database.pool, [{ ...wish, id }]);
    expect(second).toEqual(first);
    await settle(database.pool, [settlement(id, token)]);
    expect(await requestCancel(database.pool, [{ ...wish, id }])).toEqual([
      { id, applied: false, actual: 'CANCELLED' },
    ]);
  });

  it("does not see another user's execution, and changes nothing of it", async () => {
    await using database = await setup();
    const { pool } = database;
    const stranger = await createUser(pool);
    const ids = [await createExecution(pool, database.owner), (await createClaimed(database)).id, 'nowhere'];
    const read = () => pool.query('SELECT * FROM executions ORDER BY id').then(({ rows }) => rows);
    const before = await read();
    const wishes = ids.map((id) => ({ id, userId: stranger.userId }));
    expect(await requestCancel(pool, wishes)).toEqual(
      ids.map((id) => ({ id, applied: false, actual: 'missing' })),
    );
    expect(await read()).toEqual(before);
  });

  it('answers each wish of a batch in its place, also of two users about the same execution', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const stranger = await createUser(pool);
    const waiting = await createExecution(pool, database.owner);
    const { id: ended, token } = await createClaimed(database);
    await settle(pool, [settlement(ended, token)]);
    const answers = await requestCancel(pool, [
      { id: waiting, userId: stranger.userId },
      { id: ended, userId },
      { id: waiting, userId },
      { id: waiting, userId },
    ]);
    expect(answers).toMatchObject([
      { id: waiting, applied: false, actual: 'missing' },
      { id: ended, applied: false, actual: 'COMPLETED' },
      { id: waiting, applied: true, execution: { status: 'CANCELLED' } },
      { id: waiting, applied: true, execution: { status: 'CANCELLED' } },
    ]);
    const story = await listLogs(pool, waiting, null, 10);
    expect(story.map(({ message }) => message)).toEqual(['Execution accepted', 'Execution cancelled']);
  });
});
