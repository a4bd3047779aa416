import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createExecution, createPrompt, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../database.fixture.ts';
import { handBack } from '../executions/transition/hand-back.ts';
import { rescue } from '../executions/transition/maintain.ts';
import { settle } from '../executions/transition/settle.ts';
import {
  claimAgain,
  createClaimed,
  failedAttempt,
  settlement,
} from '../executions/transition/verbs.fixture.ts';
import { findSpentToday } from './spend.ts';

const migration = join(import.meta.dirname, '../../../../prisma/migrations/006_keys_and_spend/migration.sql');

const costing = (costUsd: string | null) => ({ ending: { costUsd } });

async function spentToday({ pool, userId }: Fixture): Promise<string> {
  return (await findSpentToday(pool, userId, null)).usd;
}

/** The sums of all days, by the ledger and by the books. */
async function sums({ pool }: Fixture) {
  const { rows: ledger } = await pool.query(
    `SELECT e.user_id, (a.ended_at AT TIME ZONE 'UTC')::date::text AS day, sum(a.cost_usd) AS usd
     FROM execution_attempts a JOIN executions e ON e.id = a.execution_id WHERE a.cost_usd <> 0 GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  const { rows: books } = await pool.query(
    'SELECT user_id, day::text, sum(usd) AS usd FROM user_spend GROUP BY 1, 2 ORDER BY 1, 2',
  );
  return { ledger, books };
}

describe('what a user spends in a day', () => {
  it('is nothing at first', async () => {
    await using database = await setup();
    const { usd, isOver, endsInMs } = await findSpentToday(database.pool, database.userId, '0.1');
    expect([usd, isOver]).toEqual(['0', false]);
    expect(endsInMs).toBeGreaterThan(0);
    expect(endsInMs).toBeLessThanOrEqual(86_400_000);
  });

  it('is the exact sum of what attempts cost, failed and lost ones too, each once', async () => {
    await using database = await setup();
    const { pool } = database;
    const a = await createClaimed(database);
    await handBack(pool, [failedAttempt(a.id, a.token, costing('0.000000000001'))]);
    expect(await spentToday(database)).toBe('0.000000000001');
    const again = settlement(a.id, await claimAgain(database, a.id), costing('0.1'));
    await settle(pool, [again]);
    await settle(pool, [again]);
    expect(await spentToday(database)).toBe('0.100000000001');
    const zombie = await createClaimed(database, {}, -1_000);
    await rescue(pool, { limit: 10 });
    await settle(pool, [settlement(zombie.id, zombie.token, costing('0.2'))]);
    const unknown = await createClaimed(database);
    await settle(pool, [settlement(unknown.id, unknown.token, costing(null))]);
    expect(await spentToday(database)).toBe('0.300000000001');
  });

  it('tells users apart in one statement', async () => {
    await using database = await setup();
    const { pool } = database;
    const { userId } = await createUser(pool);
    const other = { userId, promptId: await createPrompt(pool, { userId }) };
    const mine = [await createClaimed(database), await createClaimed(database)];
    const theirs = await createExecution(pool, other);
    const token = await claimAgain(database, theirs);
    await settle(pool, [
      ...mine.map((one) => settlement(one.id, one.token, costing('0.5'))),
      settlement(theirs, token, costing('3')),
    ]);
    expect(await spentToday(database)).toBe('1');
    expect((await findSpentToday(pool, userId, null)).usd).toBe('3');
  });

  it('reaches a limit when it is as much', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await settle(database.pool, [settlement(id, token, costing('1'))]);
    const isOver = async (limit: string | null) =>
      (await findSpentToday(database.pool, database.userId, limit)).isOver;
    expect([await isOver('1'), await isOver('1.000000000001'), await isOver(null)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('goes to the UTC day on which the attempt ended, and moves with it', async () => {
    await using database = await setup();
    const { pool } = database;
    const { id, token } = await createClaimed(database);
    await settle(pool, [settlement(id, token, costing('0.25'))]);
    const move = (at: string) => pool.query('UPDATE execution_attempts SET ended_at = $1', [at]);
    for (const [at, day] of [
      ['2026-03-31T23:59:59.999Z', '2026-03-31'],
      ['2026-04-01T00:00:00.000Z', '2026-04-01'],
      ['2026-04-01T01:30:00+02:00', '2026-03-31'],
    ] as const) {
      await move(at);
      const { rows } = await pool.query(
        'SELECT day::text, sum(usd)::text AS usd FROM user_spend GROUP BY 1 HAVING sum(usd) <> 0',
      );
      expect(rows).toEqual([{ day, usd: '0.250000000000' }]);
    }
    expect(await spentToday(database)).toBe('0');
    await pool.query('UPDATE execution_attempts SET cost_usd = NULL');
    expect((await sums(database)).books.every(({ usd }) => Number(usd) === 0)).toBe(true);
  });

  it('loses nothing when many settle at once', async () => {
    await using database = await setup();
    const held = await Promise.all(Array.from({ length: 40 }, () => createClaimed(database)));
    await Promise.all(
      held.map(({ id, token }) => settle(database.pool, [settlement(id, token, costing('0.01'))])),
    );
    const { ledger, books } = await sums(database);
    expect(books).toEqual(ledger);
    expect(await spentToday(database)).toBe('0.4');
  });

  it('is counted whole on the day of the migration', async () => {
    await using database = await setup();
    const { pool } = database;
    for (const [costUsd, age] of [
      ['0.1', '0'],
      ['0.2', '0'],
      ['4', '1 day'],
    ] as const) {
      const { id, token } = await createClaimed(database);
      await settle(pool, [settlement(id, token, costing(costUsd))]);
      await pool.query(
        'UPDATE execution_attempts SET ended_at = ended_at - $2::interval WHERE execution_id = $1',
        [id, age],
      );
    }
    const { books } = await sums(database);
    await pool.query('DELETE FROM user_spend');
    const [, statement = ''] = readFileSync(migration, 'utf8').split('-- The whole of today');
    await pool.query(`-- ${statement}`);
    expect((await sums(database)).books).toEqual([books.at(-1)]);
  });

  it('stays when the execution is gone', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await settle(database.pool, [settlement(id, token, costing('0.25'))]);
    await database.pool.query('DELETE FROM executions');
    expect(await spentToday(database)).toBe('0.25');
  });
});
