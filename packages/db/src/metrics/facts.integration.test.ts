import { createExecution, createPrompt } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { runAudit } from '../audit/run-audit.ts';
import { type Fixture, setup } from '../database.fixture.ts';
import { insertRows, row } from '../executions/rows.fixture.ts';
import { claim } from '../executions/transition/claim.ts';
import { settle } from '../executions/transition/settle.ts';
import { createClaimed, settlement } from '../executions/transition/verbs.fixture.ts';
import { newId } from '../new-id.ts';
import { areFactsComplete, backfillFacts } from './backfill.ts';

async function countFacts({ pool }: Fixture): Promise<number> {
  const { rows } = await pool.query('SELECT count(*)::int AS count FROM execution_facts');
  return rows[0].count;
}

async function wrongFacts({ pool }: Fixture): Promise<string[]> {
  const reports = await runAudit(pool);
  return reports.filter(({ name }) => name === 'facts-tell-executions').flatMap(({ offenders }) => offenders);
}

/** As before the migration: executions that have ended, without facts. */
async function withoutFacts(database: Fixture, count: number): Promise<void> {
  const { pool } = database;
  await pool.query('ALTER TABLE executions DISABLE TRIGGER record_loaded_execution');
  await insertRows(
    database,
    Array.from({ length: count }, (_, n) =>
      row(n % 3 === 0 ? 'FAILED' : 'COMPLETED', { model: `m${n % 4}` }),
    ),
  );
  await pool.query('ALTER TABLE executions ENABLE TRIGGER record_loaded_execution');
  await pool.query('UPDATE metric_backfill SET completed_at = NULL');
}

describe('the facts', () => {
  it('are written in the statement that ends an execution, and not before', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    expect(await countFacts(database)).toBe(0);
    await settle(database.pool, [settlement(id, token)]);
    const { rows } = await database.pool.query(
      `SELECT f.*, m.model FROM execution_facts f JOIN metric_series m ON m.id = f.series_id`,
    );
    expect(rows).toMatchObject([
      {
        execution_id: id,
        status: 'COMPLETED',
        validation_status: 'SKIPPED',
        cost_usd: '0.100000',
        input_tokens: 156,
        output_tokens: 89,
        total_tokens: 245,
        model: 'gpt-4o-mini',
      },
    ]);
  });

  it('of one statement may be of known and of new series', async () => {
    await using database = await setup();
    const { pool } = database;
    const first = await createClaimed(database);
    await settle(pool, [settlement(first.id, first.token)]);
    const known = await createClaimed(database);
    const fresh = await createClaimed(database, { model: 'another' });
    await settle(
      pool,
      [known, fresh].map(({ id, token }) => settlement(id, token)),
    );
    expect(await countFacts(database)).toBe(3);
    expect(await wrongFacts(database)).toEqual([]);
  });

  it('of several workers that end the first of the same series at once are all written', async () => {
    await using database = await setup();
    const { pool, owner, userId } = database;
    const prompts = [
      owner.promptId,
      ...(await Promise.all([1, 2, 3].map(() => createPrompt(pool, { userId })))),
    ];
    const workers = [1, 2, 3, 4].map(async () => {
      const claims = [];
      for (const promptId of prompts) {
        const id = await createExecution(pool, { ...owner, promptId });
        claims.push({ id, token: newId(), workerId: 'w', leaseMs: 60_000 });
      }
      await claim(pool, claims);
      return claims.toSorted(() => Math.random() - 0.5).map(({ id, token }) => settlement(id, token));
    });
    const settlements = await Promise.all(workers);
    await Promise.all(settlements.map((some) => settle(pool, some)));
    expect(await countFacts(database)).toBe(16);
    expect(await wrongFacts(database)).toEqual([]);
    const { rows } = await pool.query('SELECT count(*)::int AS count FROM metric_series');
    expect(rows).toEqual([{ count: 4 }]);
  });

  it('stay as they are when something else of an ended execution changes', async () => {
    await using database = await setup();
    const { pool } = database;
    const { id, token } = await createClaimed(database);
    await settle(pool, [settlement(id, token)]);
    await pool.query(`UPDATE executions SET inputs = '{}', context = NULL`);
    expect(await countFacts(database)).toBe(1);
    expect(await wrongFacts(database)).toEqual([]);
  });

  it('go with a transaction that is undone', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await settle(client, [settlement(id, token)]);
    await client.query('ROLLBACK');
    client.release();
    expect(await countFacts(database)).toBe(0);
    await settle(database.pool, [settlement(id, token)]);
    await settle(database.pool, [settlement(id, token)]);
    expect(await countFacts(database)).toBe(1);
  });

  it.each([
    ['no usage', null],
    ['text', { input: 'many', output: null, total: [] }],
    ['more than a count', { input: 1e300, output: -1, total: 2_147_483_648 }],
  ])('leave tokens out that are %s', async (_what, token_usage) => {
    await using database = await setup();
    await insertRows(database, [row('COMPLETED', { token_usage })]);
    const { rows } = await database.pool.query(
      'SELECT input_tokens, output_tokens, total_tokens FROM execution_facts',
    );
    expect(rows).toEqual([{ input_tokens: null, output_tokens: null, total_tokens: null }]);
  });
});

describe('backfillFacts', () => {
  it('has nothing to do in a new database', async () => {
    await using database = await setup();
    expect(await areFactsComplete(database.pool)).toBe(true);
    await createExecution(database.pool, database.owner);
    expect(await backfillFacts(database.pool, { limit: 10 })).toBe(0);
  });

  it('writes what is missing, batch by batch, while executions end and several workers do it', async () => {
    await using database = await setup();
    const { pool } = database;
    await withoutFacts(database, 95);
    expect(await backfillFacts(pool, { limit: 10 })).toBe(10);
    expect([await countFacts(database), await areFactsComplete(pool)]).toEqual([10, false]);
    expect(await wrongFacts(database)).toEqual([]);
    const held = await createClaimed(database);
    const work = async () => {
      while (!(await areFactsComplete(pool))) await backfillFacts(pool, { limit: 10 });
    };
    await Promise.all([work(), work(), work(), settle(pool, [settlement(held.id, held.token)])]);
    expect(await countFacts(database)).toBe(96);
    expect(await wrongFacts(database)).toEqual([]);
  });

  it('is not disturbed by what has its facts already', async () => {
    await using database = await setup();
    const { pool } = database;
    await withoutFacts(database, 5);
    await insertRows(database, [row('COMPLETED'), row('PENDING')]);
    expect(await backfillFacts(pool, { limit: 10 })).toBe(7);
    expect([await countFacts(database), await areFactsComplete(pool)]).toEqual([6, true]);
  });

  it('comes to an end when the last batch is full', async () => {
    await using database = await setup();
    await withoutFacts(database, 4);
    expect(await backfillFacts(database.pool, { limit: 4 })).toBe(4);
    expect(await backfillFacts(database.pool, { limit: 4 })).toBe(0);
    expect(await areFactsComplete(database.pool)).toBe(true);
  });
});
