import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup } from '../../database.fixture.ts';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { findExecution, listLogs } from '../queries.ts';
import { type Claim, claim } from './claim.ts';
import { handBack } from './hand-back.ts';
import { claimAgain, createClaimed, failedAttempt } from './verbs.fixture.ts';

function claimFor(id: string): Claim {
  return { id, token: newId(), workerId: 'worker-1', leaseMs: 60_000 };
}

describe('claim', () => {
  it('starts the execution: status, start, attempt, worker, ledger and log', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const id = await createExecution(pool, database.owner);
    const [answer] = await claim(pool, [claimFor(id)]);
    expect(answer).toMatchObject({
      applied: true,
      execution: { id, attempt: 1, chargedAttempts: 0 },
    });
    const stored = await findExecution(pool, userId, id);
    expect(stored).toMatchObject({
      status: 'RUNNING',
      edgeFunctionId: 'worker-1#1',
      startedAt: expect.any(Date),
      attempts: [{ attempt: 1, workerId: 'worker-1', endedAt: null, outcome: null, costUsd: null }],
    });
    expect((await listLogs(pool, id, null, 10)).at(-1)).toMatchObject({
      message: 'Attempt started',
      metadata: { attempt: 1, workerId: 'worker-1', model: 'gpt-4o-mini' },
    });
  });

  it('tells of an attempt at the very time at which it begins, so that its story is in order', async () => {
    await using database = await setup();
    const { pool, owner } = database;
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push(await createExecution(pool, owner));
    await claim(pool, ids.map(claimFor));
    const { rows } = await pool.query(
      `SELECT a.execution_id FROM execution_attempts a JOIN execution_logs l USING (execution_id)
       WHERE l.message = 'Attempt started' AND l.timestamp <> a.started_at`,
    );
    expect(rows).toEqual([]);
  });

  it('hands out the template of the pinned version, whatever the prompt has become', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    await database.pool.query(`UPDATE prompts SET version = 2, template = 'second'`);
    const newer = await createExecution(database.pool, database.owner, { promptVersion: 2 });
    const answers = await claim(database.pool, [claimFor(id), claimFor(newer)]);
    expect(answers).toMatchObject([
      { execution: { template: '{{text}}' } },
      { execution: { template: 'second' } },
    ]);
  });

  it('keeps the first start and numbers the attempts without gaps', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const first = await findExecution(database.pool, null, id);
    await handBack(database.pool, [failedAttempt(id, token)]);
    await claimAgain(database, id);
    const second = await findExecution(database.pool, null, id);
    expect(second?.startedAt).toEqual(first?.startedAt);
    expect(second?.attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(second).toMatchObject({ attempt: 2, edgeFunctionId: 'worker-1#2' });
  });

  it('lets exactly one of eight workers have it', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    const claims = Array.from({ length: 8 }, () => claimFor(id));
    const answers = (await Promise.all(claims.map((one) => claim(database.pool, [one])))).flat();
    expect(answers.filter(({ applied }) => applied)).toHaveLength(1);
    // Whoever looks why while the winner is still writing is not told that it is held.
    const refused = { id, applied: false, reason: expect.stringMatching(/^(held|contended)$/), dueInMs: 0 };
    expect(answers.filter(({ applied }) => !applied)).toEqual(Array(7).fill(refused));
    const winner = claims[answers.findIndex(({ applied }) => applied)];
    const { rows } = await database.pool.query('SELECT attempt, token FROM execution_attempts');
    expect(rows).toEqual([{ attempt: 1, token: winner?.token }]);
  });

  it('answers each wish of a batch in its place, also two about the same execution', async () => {
    await using database = await setup();
    const [free, twice] = [
      await createExecution(database.pool, database.owner),
      await createExecution(database.pool, database.owner),
    ];
    const { id: taken } = await createClaimed(database);
    const claims = [free, twice, 'nowhere', taken, twice].map(claimFor);
    const answers = await claim(database.pool, claims);
    expect(answers.map(({ id }) => id)).toEqual(claims.map(({ id }) => id));
    const [first, , missing, refused] = answers;
    expect(first).toMatchObject({ applied: true, execution: { id: free, token: claims[0]?.token } });
    expect(missing).toEqual({ id: 'nowhere', applied: false, reason: 'missing', dueInMs: 0 });
    expect(refused).toEqual({ id: taken, applied: false, reason: 'held', dueInMs: 0 });
    const aboutTwice = answers.filter(({ id }) => id === twice);
    expect(aboutTwice.map(({ applied }) => applied).sort()).toEqual([false, true]);
    const { rows } = await database.pool.query('SELECT count(*)::int FROM execution_attempts');
    expect(rows).toEqual([{ count: 3 }]);
  });

  it('tells when a repeated attempt will be due', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await handBack(database.pool, [failedAttempt(id, token, { delayMs: 60_000 })]);
    const [answer] = await claim(database.pool, [claimFor(id)]);
    expect(answer).toMatchObject({ applied: false, reason: 'notDue' });
    const dueInMs = answer?.applied === false ? answer.dueInMs : 0;
    expect(dueInMs).toBeGreaterThan(30_000);
    expect(dueInMs).toBeLessThanOrEqual(60_000);
  });

  it('leaves alone what is not to be called now: by one user, or by anybody', async () => {
    await using database = await setup();
    const submit = (model: string) => createExecution(database.pool, database.owner, { model });
    const ids = [
      await submit('mine'),
      await submit('everybodys'),
      await submit('anothers'),
      await submit('fine'),
    ];
    const suspensions = [
      { tenantId: database.userId, model: 'mine' },
      { tenantId: null, model: 'everybodys' },
      { tenantId: 'another', model: 'anothers' },
    ];
    const rules = { runningCaps: {}, suspensions };
    const answers = await claim(database.pool, ids.map(claimFor), rules);
    const outcomes = answers.map((answer) => (answer.applied ? 'claimed' : answer.reason));
    expect(outcomes).toEqual(['suspended', 'suspended', 'claimed', 'claimed']);
    const { rows } = await database.pool.query('SELECT count(*)::int FROM execution_attempts');
    expect(rows).toEqual([{ count: 2 }]);
  });

  it('leaves alone the repeated attempts that have to wait, and no first ones', async () => {
    await using database = await setup();
    const { id: again, token } = await createClaimed(database, { model: 'm' });
    await handBack(database.pool, [failedAttempt(again, token)]);
    const first = await createExecution(database.pool, database.owner, { model: 'm' });
    const unfunded = [{ tenantId: database.userId, model: 'm' }];
    expect(await claim(database.pool, [again, first].map(claimFor), { unfunded })).toMatchObject([
      { applied: false, reason: 'unfunded' },
      { applied: true },
    ]);
  });

  it('may be repeated with its token, and gives the same attempt again', async () => {
    await using database = await setup();
    const wanted = claimFor(await createExecution(database.pool, database.owner));
    const [first] = await claim(database.pool, [wanted]);
    const [second] = await claim(database.pool, [wanted]);
    expect(second).toMatchObject({ applied: true, execution: { attempt: 1, token: wanted.token } });
    expect(first).toMatchObject({ applied: true, execution: { attempt: 1, token: wanted.token } });
    const { rows } = await database.pool.query('SELECT attempt FROM execution_attempts');
    expect(rows).toEqual([{ attempt: 1 }]);
  });

  it('keeps what it has claimed when the database is away before it knows why others were refused', async () => {
    await using database = await setup();
    const ids = [await createExecution(database.pool, database.owner), 'nowhere'];
    let statements = 0;
    const query = (sql: string, parameters: unknown[]) => {
      statements += 1;
      if (statements > 1) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      return database.pool.query(sql, parameters);
    };
    const db = { query: async (sql: string, parameters: unknown[]) => query(sql, parameters) };
    expect(await claim(db as unknown as Queryable, ids.map(claimFor))).toMatchObject([
      { applied: true },
      { applied: false, reason: 'contended' },
    ]);
  });

  it('fails when it was written before and the database is away before that is seen, so that it is repeated', async () => {
    await using database = await setup();
    const wanted = claimFor(await createExecution(database.pool, database.owner));
    await claim(database.pool, [wanted]);
    let statements = 0;
    const query = async (sql: string, parameters: unknown[]) => {
      statements += 1;
      if (statements > 1) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      return database.pool.query(sql, parameters);
    };
    await expect(claim({ query: query as Queryable['query'] }, [wanted])).rejects.toThrow('away');
    expect(await claim(database.pool, [wanted])).toMatchObject([{ applied: true }]);
  });

  it('tells how long it is to the deadline by the clock of the database', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner, { deadlineMs: 60_000 });
    const [answer] = await claim(database.pool, [claimFor(id)]);
    const left = answer?.applied ? answer.execution.deadlineInMs : 0;
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});
