import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup as setupDatabase } from '../../database.fixture.ts';
import { findExecution, listLogs } from '../queries.ts';
import { type NewRevalidation, storeRevalidation } from '../revalidations.ts';
import type { AttemptEnding, NewVerdict } from './attempt-records.ts';
import { handBack } from './hand-back.ts';
import { interleave } from './interleave.fixture.ts';
import { rescue } from './maintain.ts';
import { redactExecution } from './redact.ts';
import { settle } from './settle.ts';
import { claimAgain, createClaimed, failedAttempt, settlement } from './verbs.fixture.ts';

/** In everything that is its owner's or the provider's. */
const canary = 'canary-5f3a';

const verdict: NewVerdict = {
  validationId: 'v',
  validationName: 'v',
  type: 'SCHEMA',
  outcome: 'PASSED',
  code: null,
  errors: [{ message: canary }],
  configHash: 'h',
  durationMs: 1,
};
const revalidation = (executionId: string): NewRevalidation => ({
  executionId,
  validationStatus: 'PASSED',
  validatedOutput: { canary },
  verdicts: [verdict],
});
const failedCall: Partial<AttemptEnding> = { errorMessage: canary, costUsd: '0.2' };

/** An execution that failed once, and whose second attempt made an output that was judged twice. */
async function setup() {
  const database = await setupDatabase();
  const { pool, userId } = database;
  const content = { inputs: { text: canary }, context: { canary } };
  const { id, token } = await createClaimed(database, content);
  await handBack(pool, [
    failedAttempt(id, token, {
      ending: failedCall,
      logs: [
        { level: 'WARN', message: 'Model call failed', metadata: { reason: canary, latencyMs: 5 }, agoMs: 1 },
      ],
    }),
  ]);
  const judged = { validatedOutput: { canary }, validationStatus: 'PASSED', verdicts: [verdict] } as const;
  await settle(pool, [
    settlement(id, await claimAgain(database, id), { output: canary, ...judged, verdicts: [verdict] }),
  ]);
  await storeRevalidation(pool, revalidation(id));
  return { database, pool, userId, id };
}

/** Everything that is stored, as text. */
async function wholeDatabase({ pool }: Fixture): Promise<string> {
  const tables = [
    'executions',
    ...['attempts', 'verdicts', 'revalidations', 'logs'].map((t) => `execution_${t}`),
  ];
  const texts = await Promise.all(
    tables.map((table) => pool.query(`SELECT to_jsonb(t)::text AS row FROM ${table} t`)),
  );
  return texts.flatMap(({ rows }) => rows.map(({ row }) => row)).join('\n');
}

describe('redactExecution', () => {
  it('leaves nothing of what was given to it and what came out', async () => {
    const { database, pool, userId, id } = await setup();
    await using _ = database;
    expect((await wholeDatabase(database)).split(canary)).toHaveLength(10);
    const redacted = await redactExecution(pool, userId, id);
    expect(redacted).toMatchObject({ applied: true, execution: { id, redactedAt: expect.any(Date) } });
    expect(await wholeDatabase(database)).not.toContain(canary);
  });

  it('keeps status, tokens, cost, times, verdicts and the story', async () => {
    const { database, pool, userId, id } = await setup();
    await using _ = database;
    const before = await findExecution(pool, userId, id);
    const linesBefore = await listLogs(pool, id, null, 100);
    await redactExecution(pool, userId, id);
    expect(await findExecution(pool, userId, id)).toEqual({
      ...before,
      inputs: {},
      context: null,
      output: null,
      validatedOutput: null,
      verdicts: before?.verdicts.map((one) => ({ ...one, errors: [] })),
      revalidations: before?.revalidations.map((set) => ({
        ...set,
        verdicts: set.verdicts.map((one) => ({ ...one, errors: [] })),
      })),
      redactedAt: expect.any(Date),
    });
    const withoutReason = linesBefore.map(({ metadata, ...line }) => {
      const { reason: _reason, ...others } = metadata ?? {};
      return { ...line, metadata: metadata && others };
    });
    expect(await listLogs(pool, id, null, 100)).toEqual(withoutReason);
  });

  it('changes nothing the second time', async () => {
    const { database, pool, userId, id } = await setup();
    await using _ = database;
    const first = await redactExecution(pool, userId, id);
    const all = await wholeDatabase(database);
    expect(await redactExecution(pool, userId, id)).toEqual(first);
    expect(await wholeDatabase(database)).toBe(all);
  });

  it('touches no other execution', async () => {
    const { database, pool, userId, id } = await setup();
    await using _ = database;
    const other = await createExecution(pool, database.owner, { inputs: { text: 'another' } });
    const before = await findExecution(pool, userId, other);
    await redactExecution(pool, userId, id);
    expect(await findExecution(pool, userId, other)).toEqual(before);
  });

  it('refuses what has not ended, and knows nothing of what belongs to somebody else', async () => {
    const { database, pool, userId, id } = await setup();
    await using _ = database;
    const waiting = await createExecution(pool, database.owner);
    const { id: running } = await createClaimed(database);
    expect(await redactExecution(pool, userId, waiting)).toEqual({ applied: false, actual: 'PENDING' });
    expect(await redactExecution(pool, userId, running)).toEqual({ applied: false, actual: 'RUNNING' });
    expect(await redactExecution(pool, 'demo-user-id', id)).toEqual({ applied: false, actual: 'missing' });
    expect((await findExecution(pool, userId, id))?.output).toBe(canary);
  });
});

describe('redacting while the output is judged again', () => {
  it('removes a judgement that was being stored', async () => {
    const { database, userId, id } = await setup();
    await using _ = database;
    const [stored, redacted] = await interleave(
      database,
      (db) => storeRevalidation(db, revalidation(id)),
      (db) => redactExecution(db, userId, id),
    );
    expect([stored, redacted.applied]).toEqual([expect.anything(), true]);
    expect(await wholeDatabase(database)).not.toContain(canary);
  });

  it('keeps a judgement from being stored that comes when it is under way', async () => {
    const { database, userId, id } = await setup();
    await using _ = database;
    const [redacted, stored] = await interleave(
      database,
      (db) => redactExecution(db, userId, id),
      (db) => storeRevalidation(db, revalidation(id)),
    );
    expect([redacted.applied, stored]).toEqual([true, null]);
    expect(await wholeDatabase(database)).not.toContain(canary);
  });
});

describe('what an owner was told of a failure', () => {
  it('loses the message, and keeps the rest', async () => {
    await using database = await setupDatabase();
    const { pool, userId } = database;
    await pool.query(
      `INSERT INTO webhooks (id, url, event_types, secret, user_id)
       VALUES ('w', 'https://example.com', ARRAY['*'], 's', $1)`,
      [userId],
    );
    const { id, token } = await createClaimed(database);
    const error = { code: 'CONTENT_FILTERED' as const, message: canary };
    await settle(pool, [settlement(id, token, { status: 'FAILED', error, output: null })]);
    const told = async () => (await pool.query('SELECT data FROM webhook_deliveries')).rows;
    const [before] = await told();
    expect(before.data.error).toEqual(error);
    await redactExecution(pool, userId, id);
    expect(await told()).toEqual([
      { data: { ...before.data, error: { code: 'CONTENT_FILTERED', message: 'CONTENT_FILTERED' } } },
    ]);
  });
});

describe('a worker that was given up', () => {
  it('brings nothing back when its result comes after the content was removed', async () => {
    await using database = await setupDatabase();
    const { pool, userId } = database;
    const { id, token: zombie } = await createClaimed(database, {}, -1_000);
    await rescue(pool, { limit: 1 });
    await settle(pool, [settlement(id, await claimAgain(database, id))]);
    await redactExecution(pool, userId, id);
    await settle(pool, [settlement(id, zombie, { output: canary, ending: failedCall })]);
    await handBack(pool, [failedAttempt(id, zombie, { ending: failedCall })]);
    expect(await wholeDatabase(database)).not.toContain(canary);
    expect((await findExecution(pool, userId, id))?.attempts).toMatchObject([
      { costUsd: '0.200000000000' },
      {},
    ]);
  });
});
