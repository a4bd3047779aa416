import { createExecution, createPrompt, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../database.fixture.ts';
import { findMoved, listProgressSince, readDatabaseTime, readProgress } from './progress.ts';
import { insertRows, row } from './rows.fixture.ts';
import { park } from './transition/parking.ts';
import { settle } from './transition/settle.ts';
import { claimAgain, createClaimed, settlement } from './transition/verbs.fixture.ts';

const owned = ({ userId }: Fixture, ...ids: string[]) => ids.map((id) => ({ id, userId }));

async function createCompleted(database: Fixture): Promise<string> {
  const { id, token } = await createClaimed(database);
  await settle(database.pool, [settlement(id, token, { validationStatus: 'PASSED' })]);
  return id;
}

describe('readProgress', () => {
  it('tells how far executions have come, and their story in order', async () => {
    await using database = await setup();
    const waiting = await createExecution(database.pool, database.owner);
    const completed = await createCompleted(database);
    const read = await readProgress(database.pool, owned(database, waiting, completed));
    const byId = new Map(read.map((one) => [one.id, one]));
    expect(byId.get(waiting)).toMatchObject({
      status: 'PENDING',
      attempt: 0,
      promptId: database.promptId,
      userId: database.userId,
      attempts: [],
      completedAt: null,
      error: null,
    });
    expect(byId.get(completed)).toMatchObject({
      status: 'COMPLETED',
      attempt: 1,
      validationStatus: 'PASSED',
      costUsd: '0.100000',
      latencyMs: 2_340,
      attempts: [{ attempt: 1, startedAt: expect.any(Date) }],
      completedAt: expect.any(Date),
    });
    const messages = byId.get(completed)?.logs.map(({ message }) => message) ?? [];
    expect([messages[0], messages.at(-1)]).toEqual(['Execution accepted', 'Execution completed']);
    expect(byId.get(completed)?.logs[0]?.timestamp).toBeInstanceOf(Date);
  });

  it("leaves out what is somebody else's, or is not there", async () => {
    await using database = await setup();
    const { userId } = await createUser(database.pool);
    const promptId = await createPrompt(database.pool, { userId });
    const foreign = await createExecution(database.pool, { userId, promptId });
    expect(await readProgress(database.pool, owned(database, foreign, 'no-such-execution'))).toEqual([]);
  });
});

describe('listProgressSince', () => {
  it('finds what was submitted, begun or ended since, oldest first', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const untouched = await createExecution(pool, database.owner);
    const begun = await createExecution(pool, database.owner);
    const since = await readDatabaseTime(pool);
    await claimAgain(database, begun);
    const fresh = await createExecution(pool, database.owner);
    const { executions, hasOlder } = await listProgressSince(pool, userId, since, 10);
    expect(executions.map(({ id }) => id)).toEqual([begun, fresh]);
    expect(executions.map(({ id }) => id)).not.toContain(untouched);
    expect(hasOlder).toBe(false);
  });

  it('finds what waits and has a new line', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const [parked] = [
      await createExecution(pool, database.owner),
      await createExecution(pool, database.owner),
    ];
    const since = await readDatabaseTime(pool);
    await park(pool, [parked]);
    const { executions } = await listProgressSince(pool, userId, since, 10);
    expect(executions).toMatchObject([{ id: parked, status: 'PENDING' }]);
  });

  it('says when there are executions of which nobody has looked', async () => {
    await using database = await setup();
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push(await createExecution(database.pool, database.owner));
    const { executions, hasOlder } = await listProgressSince(database.pool, database.userId, new Date(0), 3);
    expect(executions.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(hasOlder).toBe(true);
  });
});

describe('findMoved', () => {
  it('finds what has begun another attempt or has ended, and nothing else', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const waiting = await createExecution(pool, database.owner);
    const { id: running } = await createClaimed(database);
    const completed = await createCompleted(database);
    const cancelled = row('CANCELLED');
    await insertRows(database, [cancelled]);
    const known = (id: string, attempt: number) => ({ id, userId, attempt });
    const nothing = await findMoved(pool, [known(waiting, 0), known(running, 1)], []);
    expect(nothing).toEqual({ moved: [], readAt: expect.any(Date) });
    const all = [known(waiting, 0), known(running, 0), known(completed, 1), known(cancelled.id, 0)];
    const { moved } = await findMoved(pool, all, []);
    expect(moved.map(({ id }) => id).toSorted()).toEqual([running, completed, cancelled.id].toSorted());
  });

  it("looks for a user's new executions, and for nobody else's", async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const other = await createUser(pool);
    await createExecution(pool, database.owner);
    const since = await readDatabaseTime(pool);
    const fresh = await createExecution(pool, database.owner);
    const { moved } = await findMoved(
      pool,
      [{ id: fresh, userId: other.userId, attempt: -1 }],
      [
        { userId, since },
        { userId: other.userId, since },
      ],
    );
    expect(moved).toEqual([{ id: fresh, userId }]);
  });
});
