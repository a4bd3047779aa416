import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import { newId } from '../new-id.ts';
import { insertExecutions, type NewExecution } from './insert.ts';
import { findExecution, listLogs } from './queries.ts';

function newExecution(
  owner: { userId: string; promptId: string },
  changes: Partial<NewExecution> = {},
): NewExecution {
  return {
    id: newId(),
    ...owner,
    promptVersion: 1,
    inputs: { text: 'hello' },
    context: null,
    priority: 'NORMAL',
    model: 'gpt-4o-mini',
    parameters: { temperature: 0.5, stop: ['END'] },
    maxAttempts: 3,
    timeoutMs: 10_000,
    deadlineMs: 3_600_000,
    ...changes,
  };
}

describe('insertExecutions', () => {
  it('stores an execution as PENDING with its first log line, and gives it back as stored', async () => {
    await using database = await setup();
    const wanted = newExecution(database.owner, { context: [1, { a: null }], priority: 'LOW' });
    const [stored] = await insertExecutions(database.pool, [wanted]);
    const { deadlineMs, ...fields } = wanted;
    expect(stored).toMatchObject({ ...fields, status: 'PENDING', validationStatus: 'PENDING', attempt: 0 });
    expect((stored?.deadlineAt.getTime() ?? 0) - (stored?.createdAt.getTime() ?? 0)).toBe(deadlineMs);
    expect(await findExecution(database.pool, database.userId, wanted.id)).toMatchObject({ ...stored });
    expect(await listLogs(database.pool, wanted.id, null, 10)).toMatchObject([
      {
        level: 'INFO',
        message: 'Execution accepted',
        metadata: { priority: 'LOW', model: 'gpt-4o-mini', promptVersion: 1 },
        timestamp: stored?.createdAt,
      },
    ]);
  });

  it('answers in the order of the argument', async () => {
    await using database = await setup();
    const wanted = Array.from({ length: 20 }, () => newExecution(database.owner)).toReversed();
    const stored = await insertExecutions(database.pool, wanted);
    expect(stored.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
  });

  it('stores all or nothing', async () => {
    await using database = await setup();
    const wanted = [newExecution(database.owner), newExecution(database.owner, { promptVersion: 9 })];
    await expect(insertExecutions(database.pool, wanted)).rejects.toMatchObject({
      constraint: 'executions_prompt_id_prompt_version_fkey',
    });
    const { rows } = await database.pool.query(
      'SELECT id FROM executions UNION ALL SELECT id FROM execution_logs',
    );
    expect(rows).toEqual([]);
  });
});
