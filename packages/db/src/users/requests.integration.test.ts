import { createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import { addRequests } from './requests.ts';

const minute = Date.UTC(2026, 0, 31, 9, 30);

describe('addRequests', () => {
  it('adds up what processes have counted of a minute, and tells each the sum', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const { userId: other } = await createUser(pool);
    expect(await addRequests(pool, [{ userId, minute, requests: 3 }])).toEqual([
      { userId, minute, requests: 3 },
    ]);
    const both = await addRequests(pool, [
      { userId, minute, requests: 4 },
      { userId: other, minute, requests: 1 },
    ]);
    expect(new Map(both.map(({ userId: id, requests }) => [id, requests]))).toEqual(
      new Map([
        [userId, 7],
        [other, 1],
      ]),
    );
  });

  it('begins anew with each minute, and adds nothing to one that is over', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const next = minute + 60_000;
    await addRequests(pool, [{ userId, minute, requests: 3 }]);
    expect(await addRequests(pool, [{ userId, minute: next, requests: 2 }])).toEqual([
      { userId, minute: next, requests: 2 },
    ]);
    expect(await addRequests(pool, [{ userId, minute, requests: 9 }])).toEqual([
      { userId, minute: next, requests: 2 },
    ]);
  });

  it('says nothing of users who are not there', async () => {
    await using database = await setup();
    expect(await addRequests(database.pool, [{ userId: 'nobody', minute, requests: 3 }])).toEqual([]);
    expect(await addRequests(database.pool, [])).toEqual([]);
  });

  it('loses nothing when many processes write at once', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const { userId: other } = await createUser(pool);
    const both = [userId, other].map((id) => ({ userId: id, minute, requests: 1 }));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => addRequests(pool, n % 2 ? both : both.toReversed())),
    );
    const { rows } = await pool.query('SELECT requests FROM user_requests');
    expect(rows).toEqual([{ requests: 20 }, { requests: 20 }]);
  });
});
