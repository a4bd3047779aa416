import { createExecution, createPrompt, recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { setup } from '../../database.fixture.ts';
import { newId } from '../../new-id.ts';
import { openPool } from '../../pool.ts';
import { claim } from './claim.ts';
import { settle } from './settle.ts';
import { settlement } from './verbs.fixture.ts';

/** PostgreSQL keeps a plan after five executions with plans of their own. */
const untilKept = 8;
const many = 60;

/** A connection that has run executions one by one while the tables were nearly empty, as after an installation. */
async function connected() {
  const database = await setup();
  const pool = openPool({
    databaseUrl: database.databaseUrl,
    max: 1,
    applicationName: 'test',
    log: recordingLog(),
    connectMs: 20_000,
  });
  const run = async (count: number) => {
    const ids: string[] = [];
    for (let made = 0; made < count; made += 1) {
      ids.push(await createExecution(pool, database.owner, { assumedVersion: 1 }));
    }
    const claims = ids.map((id) => ({ id, token: newId(), workerId: 'w', leaseMs: 60_000 }));
    return {
      claim: () => claim(pool, claims),
      settle: () =>
        settle(
          pool,
          claims.map(({ id, token }) => settlement(id, token)),
        ),
    };
  };
  for (let count = 0; count < untilKept; count += 1) {
    const one = await run(1);
    await one.claim();
    await one.settle();
  }
  return {
    pool,
    owner: database.owner,
    run,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Rows of all tables that were read because a table was read from end to end. */
async function rowsOfScans(pool: pg.Pool): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query('SELECT sum(seq_tup_read)::int AS read FROM pg_stat_user_tables');
  return rows[0].read;
}

async function promptsRead(pool: pg.Pool): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query(
    `SELECT idx_tup_fetch::int AS read FROM pg_stat_user_tables WHERE relname = 'prompts'`,
  );
  return rows[0].read;
}

describe('plans that a connection made when there were few executions', () => {
  it('read no table from end to end when there are many', async () => {
    await using connection = await connected();
    const executions = await connection.run(many);
    const before = await rowsOfScans(connection.pool);
    expect((await executions.claim()).every(({ applied }) => applied)).toBe(true);
    expect((await executions.settle()).every(({ applied }) => applied)).toBe(true);
    expect((await rowsOfScans(connection.pool)) - before).toBe(0);
  });

  it('look up the prompts of new executions by their keys', async () => {
    await using connection = await connected();
    const { pool, owner } = connection;
    for (let count = 0; count < many; count += 1) await createPrompt(pool, owner);
    const before = await promptsRead(pool);
    await createExecution(pool, owner, { assumedVersion: 1 });
    // For the version that is assumed, and for the foreign key.
    expect((await promptsRead(pool)) - before).toBeLessThanOrEqual(2);
  });

  it('do not compare each row of a statement with each other', async () => {
    await using connection = await connected();
    const executions = await connection.run(many);
    const plans: string[] = [];
    const client = await connection.pool.connect();
    client.on('notice', ({ message = '' }) => void plans.push(message));
    client.release();
    await connection.pool.query(
      `LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
       SET client_min_messages = log`,
    );
    await executions.claim();
    await executions.settle();
    const joins = plans.filter((plan) => /new_rows n .* JOIN old_rows o/.test(plan));
    expect(joins.length).toBeGreaterThan(2);
    expect(joins.filter((plan) => !/Hash Full Join|Merge Full Join/.test(plan))).toEqual([]);
  });
});
