import { createExecution, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../../database.fixture.ts';
import { backfillFacts } from '../../metrics/backfill.ts';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { forgetIdempotencyKeys } from '../insert.ts';
import { takeUnheardBells } from './bells.ts';
import { claim } from './claim.ts';
import { expire, rescue } from './maintain.ts';
import { unpark } from './parking.ts';
import { rowsRead } from './rows-read.fixture.ts';

/** Many executions that wait for room, for a worker or for their next attempt, and many that have ended; nothing is due. */
async function fill({ pool, userId, promptId }: Fixture): Promise<void> {
  await pool.query(
    `INSERT INTO executions (id, inputs, user_id, prompt_id, status, created_at, started_at, completed_at, check_at,
       last_enqueued_at, parked_rank, idempotency_key)
     SELECT 'e' || n, '{}', $1, $2, CASE WHEN n % 2 = 0 THEN 'PENDING' ELSE 'COMPLETED' END::"ExecutionStatus",
       now() - interval '1 h', CASE WHEN n % 2 = 1 THEN now() END, CASE WHEN n % 2 = 1 THEN now() END,
       now() + interval '1 h', now(), CASE WHEN n % 4 = 0 THEN n END, 'key-' || n
     FROM generate_series(1, 8000) n`,
    [userId, promptId],
  );
  await pool.query(
    `INSERT INTO executions (id, inputs, user_id, prompt_id, status, created_at, started_at, check_at, next_attempt_at)
     SELECT 'r' || n, '{}', $1, $2, 'RUNNING', now() - interval '1 h', now(), now() + interval '1 h',
       now() + interval '1 h'
     FROM generate_series(1, 8000) n`,
    [userId, promptId],
  );
  await pool.query('VACUUM ANALYZE executions');
}

describe('a pass of maintenance that finds nothing to do', () => {
  it.each<[string, (db: Queryable) => Promise<unknown>]>([
    ['rescue', (db) => rescue(db, { limit: 500 })],
    ['expire', (db) => expire(db, { limit: 500 })],
    [
      'takeUnheardBells',
      (db) => takeUnheardBells(db, { limit: 500, lostMs: 5_000, repeatMs: 60_000, isQueueEmpty: false }),
    ],
    [
      'takeUnheardBells of an empty queue',
      (db) => takeUnheardBells(db, { limit: 500, lostMs: 5_000, repeatMs: 60_000, isQueueEmpty: true }),
    ],
    ['backfillFacts', (db) => backfillFacts(db, { limit: 500 })],
    ['forgetIdempotencyKeys', (db) => forgetIdempotencyKeys(db, { keptMs: 86_400_000, limit: 500 })],
    ['unpark', (db) => unpark(db, { runningCaps: { ENTERPRISE: 0 }, limit: 500, bellLostMs: 5_000 })],
  ])('reads next to nothing by %s, however many executions wait', async (_verb, run) => {
    await using database = await setup();
    await fill(database);
    expect(await rowsRead(database, run)).toBeLessThanOrEqual(4);
  });
});

describe('claims of users with a running cap', () => {
  it('read what they claim and what these users run, however many executions of others wait for a retry', async () => {
    await using database = await setup();
    await fill(database);
    const claims = [];
    for (let number = 0; number < 20; number += 1) {
      const { userId } = await createUser(database.pool, 'PRO');
      for (let count = 0; count < 2; count += 1) {
        const id = await createExecution(database.pool, { ...database.owner, userId });
        claims.push({ id, token: newId(), workerId: 'w', leaseMs: 60_000 });
      }
    }
    await database.pool.query('ANALYZE executions');
    const [running, wanted] = [claims.slice(0, 20), claims.slice(20)];
    const rules = { runningCaps: { PRO: 5 } };
    await claim(database.pool, running, rules);
    // The claimed rows are read to be locked, to be written, to be found by their token and to be told why.
    const read = await rowsRead(database, (db) => claim(db, wanted, rules));
    expect(read).toBeLessThanOrEqual(6 * claims.length);
  });
});
