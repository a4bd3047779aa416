import type { Priority } from '@formaops/core';
import { createExecution, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../../database.fixture.ts';
import { newId } from '../../new-id.ts';
import type { Queryable } from '../../pool.ts';
import { listLogs } from '../queries.ts';
import { claim } from './claim.ts';
import { expire } from './maintain.ts';
import { unpark } from './parking.ts';
import { requestCancel } from './request-cancel.ts';
import { settle } from './settle.ts';
import { settlement } from './verbs.fixture.ts';

const rules = { runningCaps: { FREE: 2, PRO: 3 }, suspensions: [] };
const options = { runningCaps: rules.runningCaps, limit: 100, bellLostMs: 5_000 };

const claimOf = (id: string) => ({ id, token: newId(), workerId: 'w', leaseMs: 60_000 });

async function claimAll({ pool }: Fixture, ids: string[]): Promise<string[]> {
  const answers = await claim(pool, ids.map(claimOf), rules);
  return answers.map((answer) => (answer.applied ? 'claimed' : answer.reason));
}

async function submitMany(
  database: Fixture,
  count: number,
  priority: Priority = 'NORMAL',
): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1)
    ids.push(await createExecution(database.pool, database.owner, { priority }));
  return ids;
}

/** A database whose user has the plan FREE. */
async function setupFree(): Promise<Fixture> {
  const database = await setup();
  await database.pool.query(`UPDATE users SET plan = 'FREE'`);
  return database;
}

async function endOne({ pool }: Fixture): Promise<void> {
  const { rows } = await pool.query(
    'SELECT id, lease_token AS token FROM executions WHERE lease_token IS NOT NULL ORDER BY id LIMIT 1',
  );
  await settle(pool, [settlement(rows[0].id, rows[0].token)]);
}

describe('the running cap', () => {
  it('lets as many run as the plan allows, also of one batch, and parks the others without an attempt', async () => {
    await using database = await setupFree();
    const ids = await submitMany(database, 4);
    expect(await claimAll(database, ids)).toEqual(['claimed', 'claimed', 'parked', 'parked']);
    const { rows } = await database.pool.query('SELECT count(*)::int FROM execution_attempts');
    expect(rows).toEqual([{ count: 2 }]);
    const [, , parked = ''] = ids;
    const story = await listLogs(database.pool, parked, null, 10);
    expect(story.map(({ message }) => message)).toEqual([
      'Execution accepted',
      'Waiting for room: the plan limits how many run',
    ]);
  });

  it('counts what runs already, and nothing that waits between two attempts or has ended', async () => {
    await using database = await setupFree();
    const [first = '', second = '', third = '', fourth = ''] = await submitMany(database, 4);
    await claimAll(database, [first, second]);
    expect(await claimAll(database, [third])).toEqual(['parked']);
    await endOne(database);
    expect(await claimAll(database, [fourth])).toEqual(['claimed']);
  });

  it('does not park what somebody was writing while there is room', async () => {
    await using database = await setupFree();
    const { pool } = database;
    const [id = ''] = await submitMany(database, 1);
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM executions WHERE id = $1 FOR UPDATE', [id]);
    const query = async (...statement: [string, unknown[]]) => {
      const answer = await pool.query(...statement);
      await client.query('COMMIT');
      return answer;
    };
    const answers = await claim({ query: query as Queryable['query'] }, [claimOf(id)], rules);
    client.release();
    expect(answers).toMatchObject([{ reason: 'contended' }]);
    expect(await listLogs(pool, id, null, 10)).toMatchObject([{ message: 'Execution accepted' }]);
    expect(await claimAll(database, [id])).toEqual(['claimed']);
  });

  it('holds for each user by itself, and for no one whose plan has none', async () => {
    await using database = await setupFree();
    const { userId } = await createUser(database.pool, 'ENTERPRISE');
    const others: string[] = [];
    for (let number = 0; number < 5; number += 1)
      others.push(await createExecution(database.pool, { ...database.owner, userId }));
    const ids = await submitMany(database, 3);
    const outcomes = await claimAll(database, [...others, ...ids]);
    expect(outcomes).toEqual([...Array(7).fill('claimed'), 'parked']);
  });
});

describe('unpark', () => {
  it('calls out as many as there is room for, with the number of their next ring, and then no more', async () => {
    await using database = await setupFree();
    const [, , third, fourth] = await submitMany(database, 4).then(async (ids) => {
      await claimAll(database, ids);
      return ids;
    });
    expect(await unpark(database.pool, options)).toEqual([]);
    await endOne(database);
    expect(await unpark(database.pool, options)).toMatchObject([{ id: third, epoch: 1, status: 'PENDING' }]);
    await claimAll(database, [third ?? '']);
    expect(await unpark(database.pool, { ...options, userIds: [database.userId] })).toEqual([]);
    await endOne(database);
    expect(await unpark(database.pool, { ...options, userIds: [database.userId] })).toMatchObject([
      { id: fourth },
    ]);
  });

  it('keeps the order of the queue: a level is a head start', async () => {
    await using database = await setupFree();
    await claimAll(database, await submitMany(database, 2));
    const low = await submitMany(database, 1, 'LOW');
    const normal = await submitMany(database, 1);
    const critical = await submitMany(database, 1, 'CRITICAL');
    const old = await submitMany(database, 1, 'LOW');
    await database.pool.query(
      `UPDATE executions SET created_at = created_at - interval '31 min' WHERE id = $1`,
      old,
    );
    await claimAll(database, [...low, ...normal, ...critical, ...old]);
    const order: string[] = [];
    for (let number = 0; number < 4; number += 1) {
      const [next] = await unpark(database.pool, { ...options, runningCaps: { FREE: 3 } });
      order.push(next?.id ?? '');
      await claim(database.pool, [claimOf(next?.id ?? '')], { ...rules, runningCaps: { FREE: 3 } });
      await database.pool.query(
        `UPDATE executions SET lease_token = NULL, lease_expires_at = NULL, next_attempt_at = now() + interval '1 h'
         WHERE id = $1`,
        [next?.id],
      );
    }
    expect(order).toEqual([...old, ...critical, ...normal, ...low]);
  });

  it('looks through the lines of all users, and calls everybody out whose plan has no cap any more', async () => {
    await using database = await setupFree();
    const ids = await submitMany(database, 4);
    await claimAll(database, ids);
    const { userId } = await createUser(database.pool, 'FREE');
    const others: string[] = [];
    for (let number = 0; number < 3; number += 1)
      others.push(await createExecution(database.pool, { ...database.owner, userId }));
    await claimAll(database, others);
    await database.pool.query(`UPDATE users SET plan = 'ENTERPRISE'`);
    const called = (await unpark(database.pool, options)).map(({ id }) => id);
    expect(called.toSorted()).toEqual([ids[2], ids[3], others[2]].toSorted());
  });

  it('counts those whom it has called out until they are claimed or parked again', async () => {
    await using database = await setupFree();
    const ids = await submitMany(database, 6);
    await claimAll(database, ids);
    await endOne(database);
    const called = [];
    for (let pass = 0; pass < 3; pass += 1) called.push(...(await unpark(database.pool, options)));
    expect(called).toHaveLength(1);
    await claimAll(database, [called[0]?.id ?? '']);
    expect(await unpark(database.pool, options)).toEqual([]);
    await endOne(database);
    expect(await unpark(database.pool, options)).toHaveLength(1);
  });

  it('does not call out twice what two call at once', async () => {
    await using database = await setupFree();
    const ids = await submitMany(database, 6);
    await claimAll(database, ids);
    await endOne(database);
    await endOne(database);
    const called = await Promise.all([1, 2, 3].map(() => unpark(database.pool, options)));
    const calledIds = called.flat().map(({ id }) => id);
    expect(new Set(calledIds).size).toBe(calledIds.length);
  });
});

describe('an execution in the line', () => {
  it('can be cancelled, and expires, and leaves the line by that', async () => {
    await using database = await setupFree();
    const ids = await submitMany(database, 4);
    await claimAll(database, ids);
    const [, , cancelled = '', late = ''] = ids;
    await requestCancel(database.pool, [{ id: cancelled, userId: database.userId }]);
    await database.pool.query('UPDATE executions SET deadline_at = now(), check_at = now() WHERE id = $1', [
      late,
    ]);
    expect(await expire(database.pool, { limit: 10 })).toMatchObject([{ id: late, status: 'FAILED' }]);
    const { rows } = await database.pool.query('SELECT id FROM executions WHERE parked_rank IS NOT NULL');
    expect(rows).toEqual([]);
  });
});
