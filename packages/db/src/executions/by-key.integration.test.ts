import { createUser, recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../database.fixture.ts';
import { newId } from '../new-id.ts';
import { openPool, type Queryable } from '../pool.ts';
import { type ListFilter, listExecutions } from './queries.ts';
import { countRing, noteNotRung, noteRung } from './transition/bells.ts';
import { claim } from './transition/claim.ts';
import { handBack } from './transition/hand-back.ts';
import { heartbeat } from './transition/heartbeat.ts';
import { park } from './transition/parking.ts';
import { requestCancel } from './transition/request-cancel.ts';
import { rowsRead } from './transition/rows-read.fixture.ts';
import { settle } from './transition/settle.ts';
import { failedAttempt, settlement } from './transition/verbs.fixture.ts';

/** Statistics of an empty table, and then thousands that wait and that run: what a busy morning looks like. */
async function fill({ pool, userId, promptId }: Fixture): Promise<void> {
  await pool.query('ALTER TABLE executions SET (autovacuum_enabled = false)');
  await pool.query('ANALYZE executions');
  await pool.query(
    `INSERT INTO executions (id, inputs, user_id, prompt_id, status, started_at, lease_token, lease_expires_at)
     SELECT kind || n, '{}', $1, $2, status::"ExecutionStatus", started_at, token || n, started_at + interval '1 h'
     FROM generate_series(1, 3000) n,
       (VALUES ('p', 'PENDING', NULL, NULL), ('r', 'RUNNING', now(), 't')) k(kind, status, started_at, token)`,
    [userId, promptId],
  );
}

describe('a list of the executions of one prompt', () => {
  it.each([
    ['its newest', (promptId: string) => promptId],
    ['nothing of a prompt of somebody else', () => 'foreign'],
  ])('reads %s, however many others its owner has', async (_what, choose) => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    const stranger = await createUser(pool);
    await pool.query(
      `INSERT INTO prompts (id, name, template, variables, user_id)
       VALUES ('large', 'L', '', '[]', $1), ('foreign', 'F', '', '[]', $2)`,
      [userId, stranger.userId],
    );
    await pool.query(
      `INSERT INTO executions (id, inputs, user_id, prompt_id, created_at)
       SELECT p.id || n, '{}', p.user_id, p.id, now() + n * interval '1 s'
       FROM prompts p, generate_series(1, CASE WHEN p.id IN ('large', 'foreign') THEN 3000 ELSE 5 END) n`,
    );
    await pool.query('ANALYZE executions');
    const filter = { promptId: choose(promptId) };
    const read = await rowsRead(database, (db) => listExecutions(db, userId, filter, null, 10));
    // Those of the page, and one of the same millisecond.
    expect(read).toBeLessThanOrEqual(11);
  });
});

describe('a list of executions that PostgreSQL has not counted yet', () => {
  const lists: Array<[string, ListFilter | 'of one prompt']> = [
    ['of one prompt', 'of one prompt'],
    ['of a user', {}],
    ['with a status', { status: ['PENDING'] }],
    ['since a time', { createdFrom: new Date(0) }],
  ];

  it.each(lists)('reads the page: %s', async (_what, choice) => {
    await using database = await setup();
    const { databaseUrl, pool, userId, promptId } = database;
    const { userId: other } = await createUser(pool);
    await pool.query('ALTER TABLE executions SET (autovacuum_enabled = false)');
    await pool.query(
      `INSERT INTO prompts (id, name, template, variables, user_id)
       SELECT 'p' || n, 'P', '', '[]', $1 FROM generate_series(1, 500) n`,
      [other],
    );
    await pool.query(
      `INSERT INTO executions (id, inputs, user_id, prompt_id) SELECT p.id || '-' || n, '{}', p.user_id, p.id
       FROM prompts p, generate_series(1, 2) n WHERE p.user_id = $1`,
      [other],
    );
    await pool.query('ANALYZE executions');
    await pool.query(
      `INSERT INTO executions (id, inputs, user_id, prompt_id, created_at)
       SELECT 'e' || n, '{}', $1, $2, now() + n * interval '1 s' FROM generate_series(1, 6000) n`,
      [userId, promptId],
    );
    const product = openPool({ databaseUrl, max: 1, applicationName: 't', log: recordingLog() });
    const filter = choice === 'of one prompt' ? { promptId } : choice;
    for (const limit of [1, 20, 100]) {
      const list = (db: Queryable) => listExecutions(db, userId, filter, null, limit);
      const read = await rowsRead({ ...database, pool: product }, list);
      expect({ limit, isPage: read <= limit + 1 }).toEqual({ limit, isPage: true });
    }
    await product.end();
  });
});

describe('a list of the executions with some statuses', () => {
  it.each([
    ['few among many', ['FAILED'], ['f1', 'f2', 'f3']],
    ['several, of which one comes twice', ['COMPLETED', 'FAILED', 'PENDING', 'FAILED'], ['c1', 'c2', 'c3']],
  ] as const)('reads the page, whatever else its owner has: %s', async (_what, statuses, newest) => {
    await using database = await setup();
    const { pool, userId, promptId } = database;
    await pool.query(
      `INSERT INTO executions (id, inputs, user_id, prompt_id, status, error_code, created_at, started_at, completed_at)
       SELECT k.kind || n, '{}', $1, $2, k.status::"ExecutionStatus", k.code, t, t, t
       FROM (VALUES ('c', 'COMPLETED', NULL, 0, 3000), ('f', 'FAILED', 'PROVIDER_BAD_REQUEST', 5000, 200))
           k(kind, status, code, age, count), generate_series(1, k.count) n,
         LATERAL (SELECT now() - (k.age + n) * interval '1 s' AS t) at`,
      [userId, promptId],
    );
    await pool.query('ANALYZE executions');
    const list = (db: Queryable) => listExecutions(db, userId, { status: [...statuses] }, null, 3);
    expect((await list(pool)).map(({ id }) => id)).toEqual(newest);
    // Those of the page, and one of the same millisecond, of each status.
    expect(await rowsRead(database, list)).toBeLessThanOrEqual(8);
  });
});

// As many as a statement has at most: for so many an index looks dear.
const numbers = Array.from({ length: 128 }, (_, index) => 20 * index + 1);
const waiting = numbers.map((number) => `p${number}`);
const held = numbers.map((number) => ({ id: `r${number}`, token: `t${number}` }));

describe('a statement about known executions', () => {
  it.each<[string, (db: Queryable, userId: string) => Promise<unknown>]>([
    [
      'claim',
      (db) =>
        claim(
          db,
          waiting.map((id) => ({ id, token: newId(), workerId: 'w', leaseMs: 60_000 })),
        ),
    ],
    [
      'heartbeat',
      (db) =>
        heartbeat(
          db,
          held.map((lease) => ({ ...lease, leaseMs: 60_000 })),
        ),
    ],
    [
      'settle',
      (db) =>
        settle(
          db,
          held.map(({ id, token }) => settlement(id, token)),
        ),
    ],
    [
      'handBack',
      (db) =>
        handBack(
          db,
          held.map(({ id, token }) => failedAttempt(id, token)),
        ),
    ],
    [
      'requestCancel',
      (db, userId) =>
        requestCancel(
          db,
          waiting.map((id) => ({ id, userId })),
        ),
    ],
    ['park', (db) => park(db, waiting)],
    ['countRing', (db) => countRing(db, waiting)],
    ['noteRung', (db) => noteRung(db, waiting, 60_000)],
    ['noteNotRung', (db) => noteNotRung(db, waiting, 1_000)],
  ])('reads by %s what it is about, whatever old statistics say', async (_verb, run) => {
    await using database = await setup();
    await fill(database);
    // To be locked, to be written, to be told about.
    expect(await rowsRead(database, (db) => run(db, database.userId))).toBeLessThanOrEqual(
      6 * numbers.length,
    );
  });
});
