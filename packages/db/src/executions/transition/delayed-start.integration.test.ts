import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup as setupDatabase } from '../../database.fixture.ts';
import { newId } from '../../new-id.ts';
import { findExecution } from '../queries.ts';
import { noteRung, takeUnheardBells } from './bells.ts';
import { claim } from './claim.ts';
import { requestCancel } from './request-cancel.ts';

const hour = 3_600_000;

/** An execution that may start an hour from now. */
async function setup() {
  const database = await setupDatabase();
  const { pool, owner, userId } = database;
  const runAt = new Date(Date.now() + hour);
  const id = await createExecution(pool, owner, { runAt, deadlineMs: 60_000 });
  const tryClaim = async () => {
    const [answer] = await claim(pool, [{ id, token: newId(), workerId: 'w', leaseMs: 60_000 }]);
    return answer;
  };
  return { database, pool, userId, id, runAt, tryClaim, read: () => findExecution(pool, userId, id) };
}

/** Lets an hour go by for it. */
async function passHour({ pool }: Fixture, id: string): Promise<void> {
  await pool.query(
    `UPDATE executions SET created_at = created_at - t.hour, run_at = run_at - t.hour, check_at = check_at - t.hour,
       deadline_at = deadline_at - t.hour, last_enqueued_at = last_enqueued_at - t.hour
     FROM (SELECT interval '1 hour' AS hour) t WHERE id = $1`,
    [id],
  );
}

const times = { limit: 10, lostMs: 0, repeatMs: 10 * hour, isQueueEmpty: true };

describe('an execution that may start later', () => {
  it('waits, and its deadline counts from its time', async () => {
    const { database, runAt, read } = await setup();
    await using _ = database;
    const deadlineAt = new Date(runAt.getTime() + 60_000);
    expect(await read()).toMatchObject({ status: 'PENDING', runAt, deadlineAt, startedAt: null });
  });

  it('cannot be claimed before, and it is told when it can', async () => {
    const { database, id, tryClaim, read } = await setup();
    await using _ = database;
    const answer = await tryClaim();
    expect(answer).toMatchObject({ applied: false, reason: 'notDue' });
    const dueInMs = answer?.applied === false ? answer.dueInMs : 0;
    expect(dueInMs).toBeGreaterThan(hour - 60_000);
    expect(dueInMs).toBeLessThanOrEqual(hour);
    await passHour(database, id);
    expect(await tryClaim()).toMatchObject({ applied: true });
    expect(await read()).toMatchObject({ status: 'RUNNING', attempt: 1 });
  });

  it('is not looked for before, whatever was lost, and is when its time has come', async () => {
    const { database, pool, id } = await setup();
    await using _ = database;
    for (const isQueueEmpty of [true, false])
      expect(await takeUnheardBells(pool, { ...times, isQueueEmpty })).toEqual([]);
    await passHour(database, id);
    expect(await takeUnheardBells(pool, { ...times, isQueueEmpty: false })).toMatchObject([
      { id, wasRung: false },
    ]);
  });

  it('is looked for at its time, and not some time after it was rung for', async () => {
    const { database, pool, id, runAt } = await setup();
    await using _ = database;
    await noteRung(pool, [id], 60_000);
    const { rows } = await pool.query('SELECT check_at, last_enqueued_at FROM executions');
    expect(rows).toEqual([{ check_at: runAt, last_enqueued_at: expect.any(Date) }]);
    await passHour(database, id);
    expect(await takeUnheardBells(pool, { ...times, isQueueEmpty: false })).toMatchObject([
      { id, wasRung: true, waitsSince: new Date(runAt.getTime() - hour) },
    ]);
  });

  it('is cancelled at once', async () => {
    const { database, pool, userId, id } = await setup();
    await using _ = database;
    expect(await requestCancel(pool, [{ id, userId }])).toMatchObject([
      { applied: true, execution: { status: 'CANCELLED', attempt: 0 } },
    ]);
  });

  it('starts at once when its time has passed', async () => {
    const { database, pool, userId } = await setup();
    await using _ = database;
    const id = await createExecution(pool, database.owner, { runAt: new Date(Date.now() - hour) });
    expect(await findExecution(pool, userId, id)).toMatchObject({ runAt: null });
    const [answer] = await claim(pool, [{ id, token: newId(), workerId: 'w', leaseMs: 60_000 }]);
    expect(answer?.applied).toBe(true);
  });

  it('is kept from starting by the database itself', async () => {
    const { database, pool, id } = await setup();
    await using _ = database;
    const start = `UPDATE executions SET status = 'RUNNING', attempt = 1, started_at = now() WHERE id = $1`;
    await expect(pool.query(start, [id])).rejects.toMatchObject({ constraint: 'chk_run_at' });
  });
});
