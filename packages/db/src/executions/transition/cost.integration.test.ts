import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Fixture, setup } from '../../database.fixture.ts';
import { findExecution, listLogs } from '../queries.ts';
import type { AttemptEnding } from './attempt-records.ts';
import { handBack } from './hand-back.ts';
import { expire, rescue } from './maintain.ts';
import { requestCancel } from './request-cancel.ts';
import { settle } from './settle.ts';
import { claimAgain, createClaimed, failedAttempt, settlement } from './verbs.fixture.ts';

type Cost = Pick<AttemptEnding, 'costUsd'> & Partial<AttemptEnding>;

/** Runs one attempt for each cost: all but the last are handed back, the last settles. */
async function runAttempts(database: Fixture, costs: Cost[]): Promise<string> {
  const id = await createExecution(database.pool, database.owner, { maxAttempts: costs.length + 1 });
  for (const ending of costs.slice(0, -1)) {
    await handBack(database.pool, [failedAttempt(id, await claimAgain(database, id), { ending })]);
  }
  await settle(database.pool, [
    settlement(id, await claimAgain(database, id), { ending: costs.at(-1) ?? {} }),
  ]);
  return id;
}

async function costOf(database: Fixture, id: string) {
  const execution = await findExecution(database.pool, null, id);
  return { costUsd: execution?.costUsd, costIsComplete: execution?.costIsComplete };
}

async function errorLines(database: Fixture, id: string): Promise<string[]> {
  const lines = await listLogs(database.pool, id, null, 100);
  return lines.filter(({ level }) => level === 'ERROR').map(({ message }) => message);
}

const known = (costUsd: string): Cost => ({ costUsd });
const unknown: Cost = { costUsd: null };
const estimated = (costUsd: string): Cost => ({ costUsd, usageIsEstimated: true });
const tooLarge = { costUsd: null, costIsComplete: false };

describe('the cost of an execution', () => {
  it.each<[string, Cost[], string | null, boolean]>([
    ['is the cost of its only attempt', [known('0.045')], '0.045000', true],
    [
      'is the sum of all attempts, failed ones included',
      [known('0.1'), known('0.2'), known('0.3')],
      '0.600000',
      true,
    ],
    ['is rounded half up', [known('0.0000005')], '0.000001', true],
    ['is rounded down below half', [known('0.000000499999')], '0.000000', true],
    ['is rounded once, after adding', [known('0.0000004'), known('0.0000001')], '0.000001', true],
    ['may be nothing', [known('0')], '0.000000', true],
    ['is null when no attempt knows its own', [unknown, unknown], null, false],
    ['counts the known attempts when one is unknown', [unknown, known('0.1')], '0.100000', false],
    [
      'stays incomplete after an unknown attempt, whichever it was',
      [known('0.1'), unknown],
      '0.100000',
      false,
    ],
    ['is incomplete when it was estimated', [estimated('0.1'), known('0.1')], '0.200000', false],
    ['can be as large as its column', [known('9999.999999499999')], '9999.999999', true],
  ])('%s', async (_, costs, costUsd, costIsComplete) => {
    await using database = await setup();
    const id = await runAttempts(database, costs);
    expect(await costOf(database, id)).toEqual({ costUsd, costIsComplete });
    expect(await errorLines(database, id)).toEqual([]);
  });

  it('is exactly the rounded sum, whatever the attempts cost', async () => {
    await using database = await setup();
    const picoDollars = fc.bigInt({ min: 0n, max: 3_000_000_000_000_000n });
    const asDecimal = (value: bigint) =>
      `${value / 10n ** 12n}.${String(value % 10n ** 12n).padStart(12, '0')}`;
    await fc.assert(
      fc.asyncProperty(fc.array(picoDollars, { minLength: 1, maxLength: 3 }), async (costs) => {
        const id = await runAttempts(
          database,
          costs.map((cost) => known(asDecimal(cost))),
        );
        const sum = costs.reduce((all, cost) => all + cost, 0n);
        const rounded = (sum + 500_000n) / 1_000_000n;
        const costUsd = `${rounded / 1_000_000n}.${String(rounded % 1_000_000n).padStart(6, '0')}`;
        expect(await costOf(database, id)).toEqual({ costUsd, costIsComplete: true });
      }),
      { numRuns: 20 },
    );
  });
});

describe('a cost that is too large to be stored', () => {
  it.each([
    ['at once', [known('9999.9999995')]],
    ['as a sum', [known('5000'), known('5000')]],
    ['already before the last attempt', [known('20000'), known('0.1')]],
    ['far beyond every bill', [known('900000000000')]],
  ])('is null, incomplete and told once: %s', async (_, costs) => {
    await using database = await setup();
    const id = await runAttempts(database, costs);
    expect(await costOf(database, id)).toEqual(tooLarge);
    expect(await errorLines(database, id)).toEqual(['Cost is too large to be stored']);
    expect((await listLogs(database.pool, id, null, 100)).at(-1)?.message).toBe('Execution completed');
  });

  it('does not keep an execution from being cancelled, rescued or expired', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const spend = async () => {
      const { id, token } = await createClaimed(database);
      await handBack(pool, [failedAttempt(id, token, { ending: { costUsd: '20000' } })]);
      return id;
    };
    const [cancelled, rescued, expired] = [await spend(), await spend(), await spend()];
    await requestCancel(pool, [{ id: cancelled, userId }]);
    await claimAgain(database, rescued, -1_000);
    await requestCancel(pool, [{ id: rescued, userId }]);
    await rescue(pool, { limit: 10 });
    await pool.query('UPDATE executions SET deadline_at = now(), check_at = now() WHERE id = $1', [expired]);
    await expire(pool, { limit: 10 });
    for (const id of [cancelled, rescued, expired]) {
      expect(await costOf(database, id)).toEqual(tooLarge);
      expect((await findExecution(pool, userId, id))?.completedAt).toBeInstanceOf(Date);
    }
  });
});

describe('what was spent', () => {
  it('is kept when the execution is cancelled between two attempts', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await handBack(database.pool, [failedAttempt(id, token)]);
    await requestCancel(database.pool, [{ id, userId: database.userId }]);
    expect(await costOf(database, id)).toEqual({ costUsd: '0.100000', costIsComplete: true });
  });

  it('is kept when maintenance ends it, and incomplete when a worker was lost', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await handBack(database.pool, [failedAttempt(id, token)]);
    await claimAgain(database, id, -1_000);
    await rescue(database.pool, { limit: 1 });
    await database.pool.query('UPDATE executions SET deadline_at = now(), check_at = now()');
    await expire(database.pool, { limit: 1 });
    expect(await costOf(database, id)).toEqual({ costUsd: '0.100000', costIsComplete: false });
  });
});
