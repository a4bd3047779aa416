import { createPrompt, createUser } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import { findCancellable } from './find-cancellable.ts';
import { rowsRead } from './transition/rows-read.fixture.ts';

describe('findCancellable', () => {
  it("reads the user's open executions and nobody else's, however many others have since the statistics were taken", async () => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const stranger = await createUser(pool);
    const theirs = await createPrompt(pool, stranger);
    const insert = (id: string, owner: string, prompt: string, status: string, count: number) =>
      pool.query(
        `INSERT INTO executions (id, inputs, user_id, prompt_id, status, started_at, completed_at)
         SELECT $1 || n, '{}', $2, $3, $4::"ExecutionStatus", t.at, t.at
         FROM generate_series(1, $5::int) n, (SELECT CASE WHEN $4 = 'COMPLETED' THEN now() + interval '1 s' END AS at) t`,
        [id, owner, prompt, status, count],
      );
    await insert('old', userId, promptId, 'COMPLETED', 1_000);
    await pool.query('VACUUM ANALYZE');
    await insert('mine', userId, promptId, 'PENDING', 10);
    await insert('theirs', stranger.userId, theirs, 'PENDING', 1_000);
    const filters = [
      {},
      { promptId },
      { status: ['PENDING'] as const },
      { createdFrom: new Date(0), createdBefore: new Date(Date.now() + 60_000) },
    ];
    for (const filter of filters) {
      const found = await findCancellable(pool, userId, filter, 100);
      expect([filter, found.length]).toEqual([filter, 10]);
      const read = await rowsRead(database, (db) => findCancellable(db, userId, filter, 100));
      expect(read).toBe(10);
    }
  });
});
