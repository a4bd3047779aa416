import { createExecution, recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../../database.fixture.ts';
import { createGroupCommit } from '../../group-commit.ts';
import { newId } from '../../new-id.ts';
import { openPool, type Queryable } from '../../pool.ts';
import { findExecution } from '../queries.ts';
import { claim } from './claim.ts';
import { handBack } from './hand-back.ts';
import { heartbeat } from './heartbeat.ts';
import { interleave } from './interleave.fixture.ts';
import { rescue } from './maintain.ts';
import { requestCancel } from './request-cancel.ts';
import { type Settlement, settle } from './settle.ts';
import { createClaimed, failedAttempt, type Held, settlement } from './verbs.fixture.ts';

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

/** Lets `first` write and not commit, does `meanwhile`, and commits. */
async function meanwhileLocked(
  { pool }: Fixture,
  first: (db: Queryable) => Promise<unknown>,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await first(client);
    await meanwhile();
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

/** Executions with more than one final line, or with a final line that is not what they ended as. */
async function falseEndings({ pool }: Fixture): Promise<unknown[]> {
  const { rows } = await pool.query(
    `SELECT e.id, e.status, array_agg(l.message) AS final_lines FROM executions e
     LEFT JOIN execution_logs l ON l.execution_id = e.id AND l.message ~ '^Execution (completed|failed|cancelled)$'
     GROUP BY e.id HAVING array_agg(l.message) <> CASE WHEN e.status IN ('PENDING', 'RUNNING') THEN ARRAY[NULL]
       ELSE ARRAY['Execution ' || lower(e.status::text)] END`,
  );
  return rows;
}

describe('cancel and settle at the same time', () => {
  it('never end as COMPLETED what was acknowledged as cancelled, 50 times', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const held = await times(50, () => createClaimed(database));
    await Promise.all(
      held.map(async ({ id, token }) => {
        const wish = () => requestCancel(pool, [{ id, userId }]);
        const end = () => settle(pool, [settlement(id, token)]);
        const [first, second] = Math.random() < 0.5 ? [wish(), end()] : [end(), wish()];
        await Promise.all([first, second]);
        const [answer] = await requestCancel(pool, [{ id, userId }]);
        const status = (await findExecution(pool, userId, id))?.status;
        expect(answer).toEqual({ id, applied: false, actual: status });
      }),
    );
    const { rows: unlawful } = await pool.query(
      `SELECT id FROM executions WHERE status = 'COMPLETED' AND cancel_requested_at IS NOT NULL
         OR status NOT IN ('COMPLETED', 'CANCELLED')`,
    );
    expect(unlawful).toEqual([]);
    expect(await falseEndings(database)).toEqual([]);
  });

  it('end as CANCELLED when the wish is written first', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const [wished, settled] = await interleave(
      database,
      (db) => requestCancel(db, [{ id, userId: database.userId }]),
      (db) => settle(db, [settlement(id, token)]),
    );
    expect(wished).toMatchObject([{ applied: true, execution: { status: 'RUNNING' } }]);
    expect(settled).toMatchObject([{ applied: true, execution: { status: 'CANCELLED' } }]);
    expect(await falseEndings(database)).toEqual([]);
  });

  it('refuse the wish when the result is written first', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const [, wished] = await interleave(
      database,
      (db) => settle(db, [settlement(id, token)]),
      (db) => requestCancel(db, [{ id, userId: database.userId }]),
    );
    expect(wished).toEqual([{ id, applied: false, actual: 'COMPLETED' }]);
    expect(await falseEndings(database)).toEqual([]);
  });
});

describe('cancel and hand back at the same time', () => {
  it('end the execution after the attempt, although the wish came first', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const [, wished] = await interleave(
      database,
      (db) => db.query('SELECT FROM executions WHERE id = $1 FOR UPDATE', [id]),
      (db) => requestCancel(db, [{ id, userId: database.userId }]),
      (db) => handBack(db, [failedAttempt(id, token)]),
    );
    expect(wished).toMatchObject([{ applied: true, execution: { status: 'CANCELLED' } }]);
    const ended = await findExecution(database.pool, null, id);
    const attemptEndedAt = ended?.attempts[0]?.endedAt ?? new Date(Number.NaN);
    expect(ended?.completedAt?.getTime()).toBeGreaterThanOrEqual(attemptEndedAt.getTime());
  });
});

describe('rescue and settle at the same time', () => {
  it('let exactly one have the execution, 50 times', async () => {
    await using database = await setup();
    const { pool } = database;
    const held = await times(50, () => createClaimed(database, {}, -1_000));
    const rescues = times(10, () => rescue(pool, { limit: 10 }));
    const settled = await Promise.all(held.map(({ id, token }) => settle(pool, [settlement(id, token)])));
    await rescues;
    const { rows } = await pool.query('SELECT id, status, crash_attempts FROM executions');
    const became = new Map(rows.map((one) => [one.id, one]));
    for (const [answer] of settled) {
      expect(became.get(answer?.id)).toMatchObject(
        answer?.applied
          ? { status: 'COMPLETED', crash_attempts: 0 }
          : { status: 'RUNNING', crash_attempts: 1 },
      );
    }
    expect(await falseEndings(database)).toEqual([]);
  });

  it('refuse the result of an execution that is being rescued, and keep its cost', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database, {}, -1_000);
    const [rescued, settled] = await interleave(
      database,
      (db) => rescue(db, { limit: 1 }),
      (db) => settle(db, [settlement(id, token)]),
    );
    expect(rescued).toMatchObject([{ id, status: 'RUNNING' }]);
    expect(settled).toEqual([{ id, applied: false, actual: 'RUNNING' }]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({
      output: null,
      costUsd: null,
      attempts: [{ outcome: 'LOST', costUsd: '0.100000000000' }],
    });
  });

  it('do not rescue what is being settled', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database, {}, -1_000);
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await settle(client, [settlement(id, token)]);
      expect(await rescue(database.pool, { limit: 1 })).toEqual([]);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    expect(await rescue(database.pool, { limit: 1 })).toEqual([]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('claim and cancel at the same time', () => {
  it('refuse the claim while the wish is being written, and afterwards', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    const id = await createExecution(pool, database.owner);
    const claimIt = () => claim(pool, [{ id, token: newId(), workerId: 'w', leaseMs: 1_000 }]);
    await meanwhileLocked(
      database,
      (db) => requestCancel(db, [{ id, userId }]),
      async () => {
        expect(await claimIt()).toEqual([{ id, applied: false, reason: 'contended', dueInMs: 0 }]);
      },
    );
    expect(await claimIt()).toEqual([{ id, applied: false, reason: 'ended', dueInMs: 0 }]);
    expect((await findExecution(pool, null, id))?.attempts).toEqual([]);
  });

  it('record the wish for the holder when the claim is written first', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    const [, wished] = await interleave(
      database,
      (db) => claim(db, [{ id, token: newId(), workerId: 'w', leaseMs: 1_000 }]),
      (db) => requestCancel(db, [{ id, userId: database.userId }]),
    );
    expect(wished).toMatchObject([
      { applied: true, execution: { status: 'RUNNING', cancelRequestedAt: expect.any(Date) } },
    ]);
  });
});

describe('an execution that somebody keeps locked', () => {
  const lock = (id: string) => (db: Queryable) =>
    db.query('SELECT FROM executions WHERE id = $1 FOR UPDATE', [id]);

  it('keeps no other from being claimed', async () => {
    await using database = await setup();
    const { pool, owner } = database;
    const [locked, other] = [await createExecution(pool, owner), await createExecution(pool, owner)];
    const claims = [locked, other].map((id) => ({ id, token: newId(), workerId: 'w', leaseMs: 1_000 }));
    await meanwhileLocked(database, lock(locked), async () => {
      expect(await claim(pool, claims)).toMatchObject([{ reason: 'contended' }, { applied: true }]);
      const rules = { runningCaps: { ENTERPRISE: 5 }, suspensions: [] };
      expect(await claim(pool, claims.slice(0, 1), rules)).toMatchObject([{ reason: 'contended' }]);
    });
  });

  it('keeps no other lease from being prolonged, and its own is not taken for lost', async () => {
    await using database = await setup();
    const { pool } = database;
    const [locked, other] = [
      await createClaimed(database, {}, 1_000),
      await createClaimed(database, {}, 1_000),
    ];
    const lost = { id: other.id, token: 'another' };
    const beats = [locked, other, lost].map((held) => ({ ...held, leaseMs: 3_600_000 }));
    const isLong = async () =>
      (
        await pool.query(
          `SELECT lease_expires_at > now() + interval '30 min' AS long FROM executions ORDER BY id`,
        )
      ).rows;
    await meanwhileLocked(database, lock(locked.id), async () => {
      expect(await heartbeat(pool, beats)).toMatchObject([{ held: true }, { held: true }, { held: false }]);
      expect(await isLong()).toEqual([{ long: false }, { long: true }]);
    });
    await heartbeat(pool, beats);
    expect(await isLong()).toEqual([{ long: true }, { long: true }]);
  });
});

describe('a result whose execution somebody keeps locked', () => {
  it('keeps no other from being written', async () => {
    await using database = await setup();
    const { databaseUrl } = database;
    const pool = openPool({ databaseUrl, max: 5, applicationName: 'test', log: recordingLog() });
    const write = createGroupCommit((rows: Settlement[]) => settle(pool, rows), { maxRows: 10 });
    const held = await times(3, () => createClaimed(database));
    const [locked] = held as [Held];
    const lock = (db: Queryable) => db.query('SELECT FROM executions WHERE id = $1 FOR UPDATE', [locked.id]);
    await meanwhileLocked(database, lock, async () => {
      const answers = await Promise.allSettled(held.map(({ id, token }) => write(settlement(id, token))));
      expect(answers).toMatchObject([
        { reason: { code: '55P03' } },
        { value: { applied: true } },
        { value: { applied: true } },
      ]);
    });
    expect(await write(settlement(locked.id, locked.token))).toMatchObject({ applied: true });
    await pool.end();
  });
});

describe('batches about the same executions', () => {
  it('never lock each other out, in whatever order they name them', async () => {
    await using database = await setup();
    const { pool, userId } = database;
    for (let round = 0; round < 5; round += 1) {
      const ids = await times(40, () => createExecution(pool, database.owner));
      const forth = ids.map((id) => ({ id, token: newId(), workerId: 'w', leaseMs: 60_000 }));
      const back = forth.toReversed();
      const rivals = back.map((one) => ({ ...one, token: newId() }));
      await Promise.all([claim(pool, forth), claim(pool, rivals), claim(pool, rivals.toReversed())]);
      await Promise.all([
        heartbeat(pool, forth),
        requestCancel(
          pool,
          back.map(({ id }) => ({ id, userId })),
        ),
        handBack(
          pool,
          forth.map(({ id, token }) => failedAttempt(id, token)),
        ),
        settle(
          pool,
          back.map(({ id, token }) => settlement(id, token)),
        ),
      ]);
    }
    expect(await falseEndings(database)).toEqual([]);
  });
});

describe('what belongs to an execution that is deleted meanwhile', () => {
  const remove = (db: Queryable) => db.query('DELETE FROM executions');
  const left = async ({ pool }: Fixture) => {
    const { rows } = await pool.query(
      `SELECT execution_id FROM execution_attempts UNION ALL SELECT execution_id FROM execution_transitions
       UNION ALL SELECT execution_id FROM execution_verdicts`,
    );
    return rows;
  };

  it('goes with it, when it was claimed first', async () => {
    await using database = await setup();
    const id = await createExecution(database.pool, database.owner);
    await interleave(
      database,
      (db) => claim(db, [{ id, token: newId(), workerId: 'w', leaseMs: 60_000 }]),
      remove,
    );
    expect(await left(database)).toEqual([]);
  });

  it('goes with it, when it was settled first', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await interleave(database, (db) => settle(db, [settlement(id, token)]), remove);
    expect(await left(database)).toEqual([]);
  });

  it('is not written, when it was deleted first', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const [, settled] = await interleave(database, remove, (db) => settle(db, [settlement(id, token)]));
    expect(settled).toMatchObject([{ applied: false, actual: 'missing' }]);
    expect(await left(database)).toEqual([]);
  });
});
