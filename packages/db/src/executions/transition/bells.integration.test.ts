import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../../database.fixture.ts';
import { future, insertRows, row } from '../rows.fixture.ts';
import { type BellTimes, countRing, noteNotRung, noteRung, takeUnheardBells } from './bells.ts';
import { createClaimed } from './verbs.fixture.ts';

const times: BellTimes = { limit: 1_000, lostMs: 5_000, repeatMs: 60_000, isQueueEmpty: false };
const ago = (ms: number | null) => (ms === null ? null : new Date(Date.now() - ms));
const ahead = (ms: number) => new Date(Date.now() + ms);

/** When the execution is looked at next, in seconds from now. */
async function nextLook({ pool }: Fixture, id: string): Promise<number> {
  const { rows } = await pool.query(
    'SELECT round(extract(epoch FROM check_at - clock_timestamp()))::int AS seconds FROM executions WHERE id = $1',
    [id],
  );
  return rows[0].seconds;
}

describe('takeUnheardBells', () => {
  it('finds a waiting execution when it is time to look at it, once, and tells whether it was rung for', async () => {
    await using database = await setup();
    await insertRows(database, [
      row('PENDING', { id: 'unrung', check_at: ago(1), last_enqueued_at: null }),
      row('PENDING', { id: 'rung', check_at: ago(1), last_enqueued_at: ago(60_000) }),
      row('PENDING', { id: 'later', check_at: ahead(5_000), last_enqueued_at: null }),
    ]);
    const found = await takeUnheardBells(database.pool, times);
    expect(found.map(({ id, wasRung }) => [id, wasRung]).toSorted()).toEqual([
      ['rung', true],
      ['unrung', false],
    ]);
    expect(await takeUnheardBells(database.pool, times)).toEqual([]);
  });

  it.each([
    [0, 60],
    [90_000, 90],
    [300_000, 300],
    [900_000, 600],
  ])('looks at one that is %d ms old again in %d s: later and later, up to tenfold', async (age, seconds) => {
    await using database = await setup();
    const waiting = row('PENDING', {
      created_at: ago(age),
      check_at: ago(1),
      last_enqueued_at: null,
      deadline_at: future(),
    });
    await insertRows(database, [waiting]);
    await takeUnheardBells(database.pool, times);
    expect(Math.abs((await nextLook(database, waiting.id)) - seconds)).toBeLessThanOrEqual(5);
  });

  it('never looks later than the deadline', async () => {
    await using database = await setup();
    const waiting = row('PENDING', { check_at: ago(1), last_enqueued_at: null, deadline_at: ahead(30_000) });
    await insertRows(database, [waiting]);
    await takeUnheardBells(database.pool, times);
    expect(await nextLook(database, waiting.id)).toBeLessThanOrEqual(30);
  });

  it('finds a repeated attempt that nobody came for, as one that may still be in the queue', async () => {
    await using database = await setup();
    await insertRows(database, [
      row('RUNNING', { id: 'overdue', next_attempt_at: ago(20_000), check_at: ago(1) }),
      row('RUNNING', { id: 'in time', next_attempt_at: ago(1_000), check_at: ahead(14_000) }),
    ]);
    expect(await takeUnheardBells(database.pool, times)).toMatchObject([{ id: 'overdue', wasRung: true }]);
    expect(await takeUnheardBells(database.pool, times)).toEqual([]);
  });

  it('finds with an empty queue all that was rung for some time ago, whenever it is to be looked at', async () => {
    await using database = await setup();
    const soon = { created_at: ago(60_000), check_at: ahead(60_000) };
    await insertRows(database, [
      row('PENDING', { id: 'lost', ...soon, last_enqueued_at: ago(6_000), next_attempt_at: null }),
      row('PENDING', { id: 'never rung', ...soon, last_enqueued_at: null, next_attempt_at: null }),
      row('PENDING', { id: 'just rung', ...soon, last_enqueued_at: ago(1_000), next_attempt_at: null }),
      row('RUNNING', { id: 'retry', ...soon, last_enqueued_at: ago(6_000), next_attempt_at: ago(6_000) }),
      row('RUNNING', {
        id: 'not due',
        ...soon,
        last_enqueued_at: ago(6_000),
        next_attempt_at: ahead(60_000),
      }),
    ]);
    const found = await takeUnheardBells(database.pool, { ...times, isQueueEmpty: true });
    expect(found.map(({ id }) => id).toSorted()).toEqual(['lost', 'never rung', 'retry']);
  });

  it('leaves alone what is parked, held, ended or too late', async () => {
    await using database = await setup();
    const due = { created_at: ago(600_000), check_at: ago(1), last_enqueued_at: ago(600_000) };
    await insertRows(database, [
      row('PENDING', { ...due, parked_rank: 1, deadline_at: future() }),
      row('RUNNING', { ...due, parked_rank: 1, deadline_at: future() }),
      row('PENDING', { ...due, parked_rank: null, deadline_at: ago(1) }),
      row('COMPLETED', { ...due, parked_rank: null, deadline_at: future() }),
    ]);
    await createClaimed(database);
    for (const isQueueEmpty of [true, false])
      expect(await takeUnheardBells(database.pool, { ...times, isQueueEmpty })).toEqual([]);
  });

  it('finds the ones that are due the longest first, and no more than asked for', async () => {
    await using database = await setup();
    const ids = ['a', 'b', 'c'];
    await insertRows(
      database,
      ids.map((id, index) => row('PENDING', { id, check_at: ago(3_000 - index), last_enqueued_at: null })),
    );
    const found = await takeUnheardBells(database.pool, { ...times, limit: 2 });
    expect(found.map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
  });
});

describe('countRing', () => {
  it('numbers the ring of what nobody holds', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner, { priority: 'HIGH' });
    const { id: held } = await createClaimed(database);
    expect(await countRing(database.pool, [id, held, 'nowhere'])).toMatchObject([
      { id, epoch: 1, priority: 'HIGH', status: 'PENDING' },
    ]);
    expect(await countRing(database.pool, [id])).toMatchObject([{ id, epoch: 2 }]);
  });
});

describe('noteRung', () => {
  it('leaves the time of what is parked alone', async () => {
    await using database = await setup();
    const parked = row('PENDING', { parked_rank: 1, check_at: ahead(3_600_000), last_enqueued_at: null });
    await insertRows(database, [parked]);
    await noteRung(database.pool, [parked.id], 60_000);
    await noteNotRung(database.pool, [parked.id], 0);
    expect(await nextLook(database, parked.id)).toBeGreaterThan(3_000);
  });

  it('says when to look at what still waits', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    await noteRung(database.pool, [id, 'nowhere'], 60_000);
    expect(await nextLook(database, id)).toBeGreaterThan(50);
  });
});

describe('noteNotRung', () => {
  it('makes executions due again soon', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    await noteRung(database.pool, [id], 60_000);
    await noteNotRung(database.pool, [id], 0);
    expect(await takeUnheardBells(database.pool, times)).toMatchObject([{ id, wasRung: true }]);
  });
});
