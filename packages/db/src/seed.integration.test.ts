import { describe, expect, it } from '@jest/globals';
import { setup } from './database.fixture.ts';
import { findExecution, listLogs } from './executions/queries.ts';
import type { Queryable } from './pool.ts';
import { seed } from './seed.ts';
import { codeReviewPrompt, sampleExecution } from './seed-data.ts';

const tables = [
  'users',
  'prompts',
  'prompt_versions',
  'validations',
  'executions',
  'execution_attempts',
  'execution_verdicts',
  'execution_transitions',
  'execution_logs',
];

async function countRows(db: Queryable) {
  const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  const { rows } = await db.query(`SELECT ${counts.join(', ')}`);
  return rows[0];
}

describe('seed', () => {
  it('writes the demo user once, and the sample prompt with its validation', async () => {
    await using database = await setup();
    const before = await countRows(database.pool);
    expect(await seed(database.pool)).toEqual({ userId: 'demo-user-id', promptId: codeReviewPrompt.id });
    const after = await countRows(database.pool);
    const added = Object.fromEntries(tables.map((table) => [table, after[table] - before[table]]));
    expect(added).toEqual({
      users: 0,
      prompts: 1,
      prompt_versions: 1,
      validations: 1,
      executions: 1,
      execution_attempts: 1,
      execution_verdicts: 1,
      execution_transitions: 2,
      execution_logs: 5,
    });
  });

  it('changes nothing when it is run again', async () => {
    await using database = await setup();
    await seed(database.pool);
    const read = () =>
      database.pool
        .query('SELECT p.*, e.* FROM executions e JOIN prompts p ON p.id = e.prompt_id')
        .then((r) => r.rows);
    const [counts, rows] = [await countRows(database.pool), await read()];
    await seed(database.pool);
    expect([await countRows(database.pool), await read()]).toEqual([counts, rows]);
  });

  it('leaves a sample execution with all that a real one has', async () => {
    await using database = await setup();
    const { userId } = await seed(database.pool);
    const execution = await findExecution(database.pool, userId, sampleExecution.id);
    expect(execution).toMatchObject({
      status: 'COMPLETED',
      validationStatus: 'PASSED',
      latencyMs: 2340,
      costUsd: '0.045000',
      costIsComplete: true,
      tokenUsage: { input: 156, output: 89, total: 245, model: 'gpt-4' },
      attempts: [{ attempt: 1, outcome: 'SUCCEEDED', costUsd: '0.045000000000', latencyMs: 2340 }],
      verdicts: [{ outcome: 'PASSED', errors: [], code: null }],
    });
    expect(JSON.parse(execution?.output ?? '')).toEqual(execution?.validatedOutput);
  });

  it('tells its story in order: created, started, completed', async () => {
    await using database = await setup();
    await seed(database.pool);
    const { rows } = await database.pool.query(
      `SELECT created_at <= started_at AND started_at <= completed_at AND completed_at < deadline_at AS ordered,
        finished_token = (SELECT token FROM execution_attempts a WHERE a.execution_id = e.id) AS settled_by_attempt,
        ARRAY(SELECT to_status::text FROM execution_transitions t WHERE t.execution_id = e.id ORDER BY t.id) AS moves
       FROM executions e WHERE id = $1`,
      [sampleExecution.id],
    );
    expect(rows).toEqual([{ ordered: true, settled_by_attempt: true, moves: ['RUNNING', 'COMPLETED'] }]);
    const logs = await listLogs(database.pool, sampleExecution.id, null, 100);
    expect(logs.map(({ message }) => message)).toEqual(sampleExecution.logs.map(({ message }) => message));
  });
});
