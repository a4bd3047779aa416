import { maxCrashAttempts } from '@formaops/core';
import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../../database.fixture.ts';
import { findExecution, listLogs } from '../queries.ts';
import { expire, rescue } from './maintain.ts';
import { requestCancel } from './request-cancel.ts';
import { claimAgain, createClaimed } from './verbs.fixture.ts';

async function storyOf({ pool }: Fixture, id: string): Promise<string[]> {
  return (await listLogs(pool, id, null, 100)).map(({ message }) => message);
}

describe('rescue', () => {
  it('makes an execution due again at once, and marks the attempt as lost', async () => {
    await using database = await setup();
    const { id } = await createClaimed(database, {}, -1_000);
    expect(await rescue(database.pool, { limit: 10 })).toMatchObject([{ id, status: 'RUNNING', epoch: 1 }]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({
      status: 'RUNNING',
      costIsComplete: false,
      attempts: [{ outcome: 'LOST', errorCode: 'WORKER_LOST', endedAt: expect.any(Date), costUsd: null }],
    });
    expect(await storyOf(database, id)).toEqual(['Execution accepted', 'Attempt started', 'Worker lost']);
    await claimAgain(database, id);
  });

  it(`ends an execution that loses its worker once more than ${maxCrashAttempts} times`, async () => {
    await using database = await setup();
    const { id } = await createClaimed(database, { maxAttempts: 1 }, -1_000);
    for (let lost = 1; lost <= maxCrashAttempts; lost += 1) {
      expect(await rescue(database.pool, { limit: 10 })).toMatchObject([{ status: 'RUNNING' }]);
      await claimAgain(database, id, -1_000);
    }
    expect(await rescue(database.pool, { limit: 10 })).toMatchObject([{ id, status: 'FAILED' }]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'WORKER_CRASHED' },
      validationStatus: 'SKIPPED',
      latencyMs: null,
      attempt: maxCrashAttempts + 1,
    });
  });

  it('ends what its owner wanted cancelled, and what is too late; the story ends with that', async () => {
    await using database = await setup();
    const both = [await createClaimed(database, {}, -1_000), await createClaimed(database, {}, -1_000)];
    const [cancelled = '', late = ''] = both.map(({ id }) => id);
    await requestCancel(database.pool, [{ id: cancelled, userId: database.userId }]);
    await database.pool.query('UPDATE executions SET deadline_at = now() WHERE id = $1', [late]);
    await rescue(database.pool, { limit: 10 });
    expect(await findExecution(database.pool, null, cancelled)).toMatchObject({
      status: 'CANCELLED',
      error: null,
    });
    expect(await findExecution(database.pool, null, late)).toMatchObject({
      status: 'FAILED',
      error: { code: 'DEADLINE_EXCEEDED' },
    });
    expect((await storyOf(database, cancelled)).slice(-2)).toEqual(['Worker lost', 'Execution cancelled']);
    expect((await storyOf(database, late)).slice(-2)).toEqual(['Worker lost', 'Execution failed']);
  });

  it('takes the oldest first, no more than asked for, and leaves to others what they are at', async () => {
    await using database = await setup();
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.push((await createClaimed(database, {}, -1_000)).id);
    const other = await database.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [ids[0]]);
      expect((await rescue(database.pool, { limit: 1 })).map(({ id }) => id)).toEqual([ids[1]]);
      await other.query('COMMIT');
    } finally {
      other.release();
    }
    expect((await rescue(database.pool, { limit: 10 })).map(({ id }) => id).sort()).toEqual(
      [ids[0], ids[2]].sort(),
    );
  });
});

describe('expire', () => {
  it('fails what never ran: start and end are one moment', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner, { deadlineMs: 0 });
    expect(await expire(database.pool, { limit: 10 })).toMatchObject([{ id, status: 'FAILED' }]);
    const stored = await findExecution(database.pool, null, id);
    expect(stored).toMatchObject({
      error: { code: 'DEADLINE_EXCEEDED' },
      validationStatus: 'SKIPPED',
      latencyMs: null,
      costUsd: null,
    });
    expect(stored?.startedAt).toEqual(stored?.completedAt);
    expect(await storyOf(database, id)).toEqual(['Execution accepted', 'Execution failed']);
  });

  it('takes no more than asked for', async () => {
    await using database = await setup();
    for (let n = 0; n < 3; n += 1) await createExecution(database.pool, database.owner, { deadlineMs: 0 });
    expect(await expire(database.pool, { limit: 2 })).toHaveLength(2);
    expect(await expire(database.pool, { limit: 2 })).toHaveLength(1);
  });
});
