import { describe, expect, it } from '@jest/globals';
import { setup } from '../../database.fixture.ts';
import { findExecution, listLogs } from '../queries.ts';
import type { NewVerdict } from './attempt-records.ts';
import { handBack } from './hand-back.ts';
import { rescue } from './maintain.ts';
import { requestCancel } from './request-cancel.ts';
import { settle } from './settle.ts';
import { claimAgain, createClaimed, failedAttempt, settlement } from './verbs.fixture.ts';

const verdict: NewVerdict = {
  validationId: 'v1',
  validationName: 'Shape',
  type: 'SCHEMA',
  outcome: 'PASSED',
  code: null,
  errors: [],
  configHash: 'hash',
  durationMs: 1.5,
};
const judged = { validatedOutput: { a: 1 }, validationStatus: 'PASSED' as const, verdicts: [verdict] };
const failure = { code: 'CONTENT_FILTERED' as const, message: 'No' };

function line(message: string, agoMs = 0) {
  return { level: 'INFO' as const, message, metadata: { n: 1 }, agoMs };
}

describe('settle', () => {
  it('writes the whole result of an execution that completed', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const [answer] = await settle(database.pool, [settlement(id, token, judged)]);
    const stored = await findExecution(database.pool, database.userId, id);
    expect(stored).toMatchObject({
      status: 'COMPLETED',
      output: 'Hello!',
      validatedOutput: { a: 1 },
      validationStatus: 'PASSED',
      tokenUsage: { input: 156, output: 89, total: 245, model: 'gpt-4o-mini' },
      latencyMs: 2_340,
      costUsd: '0.100000',
      costIsComplete: true,
      error: null,
      completedAt: expect.any(Date),
      attempts: [{ outcome: 'SUCCEEDED', inputTokens: 156, outputTokens: 89, costUsd: '0.100000000000' }],
      verdicts: [verdict],
    });
    expect(answer).toEqual({ id, applied: true, execution: { status: 'COMPLETED' } });
  });

  it('tells the story in order and ends it with one line', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const logs = [
      line('Prompt rendered', 0.4),
      line('Model called', 0.2),
      line('Model answered'),
      line('Output judged'),
    ];
    await settle(database.pool, [settlement(id, token, { logs, ...judged })]);
    const story = await listLogs(database.pool, id, null, 100);
    expect(story.map(({ message }) => message)).toEqual([
      'Execution accepted',
      'Attempt started',
      ...logs.map(({ message }) => message),
      'Execution completed',
    ]);
    expect(story.at(-1)).toMatchObject({
      level: 'INFO',
      metadata: { attempt: 1, validationStatus: 'PASSED', latencyMs: 2_340, costUsd: '0.100000' },
    });
  });

  it('writes why an execution failed, and keeps what it has of an output', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await settle(database.pool, [
      settlement(id, token, {
        status: 'FAILED',
        error: failure,
        output: 'I can',
        ending: { outcome: 'FAILED' },
      }),
    ]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({
      status: 'FAILED',
      error: failure,
      output: 'I can',
      validationStatus: 'SKIPPED',
      attempts: [{ outcome: 'FAILED', errorCode: 'CONTENT_FILTERED' }],
    });
    expect((await listLogs(database.pool, id, null, 100)).at(-1)).toMatchObject({
      level: 'ERROR',
      message: 'Execution failed',
      metadata: { errorCode: 'CONTENT_FILTERED' },
    });
    const { rows } = await database.pool.query('SELECT charged_attempts FROM executions');
    expect(rows).toEqual([{ charged_attempts: 1 }]);
  });

  it('makes it CANCELLED when the owner wished that meanwhile, and keeps output, tokens and cost', async () => {
    await using database = await setup();
    for (const changes of [judged, { status: 'FAILED' as const, error: failure }]) {
      const { id, token } = await createClaimed(database);
      await requestCancel(database.pool, [{ id, userId: database.userId }]);
      await settle(database.pool, [settlement(id, token, changes)]);
      expect(await findExecution(database.pool, null, id)).toMatchObject({
        status: 'CANCELLED',
        output: 'Hello!',
        validatedOutput: null,
        validationStatus: 'SKIPPED',
        error: null,
        costUsd: '0.100000',
        tokenUsage: { total: 245 },
        verdicts: [],
      });
      expect((await listLogs(database.pool, id, null, 100)).at(-1)?.message).toBe('Execution cancelled');
    }
  });

  it.each(['FAILED', 'CANCELLED'] as const)(
    'skips validation when it ends as %s, whatever the holder says',
    async (status) => {
      await using database = await setup();
      const { id, token } = await createClaimed(database);
      const error = status === 'FAILED' ? failure : null;
      await settle(database.pool, [settlement(id, token, { status, error, ...judged })]);
      expect(await findExecution(database.pool, null, id)).toMatchObject({
        status,
        validationStatus: 'SKIPPED',
        validatedOutput: null,
        verdicts: [],
      });
    },
  );

  it('never writes a latency below 1', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await settle(database.pool, [settlement(id, token, { ending: { latencyMs: 0 } })]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({ latencyMs: 1 });
  });

  it('writes nothing for a lost lease but the cost to its own attempt', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database, {}, -1_000);
    await rescue(database.pool, { limit: 1 });
    const second = await claimAgain(database, id);
    const before = await findExecution(database.pool, null, id);
    const logsBefore = await listLogs(database.pool, id, null, 100);
    const answers = await settle(database.pool, [
      settlement(id, token, { ...judged, logs: [line('too late')] }),
    ]);
    expect(answers).toEqual([{ id, applied: false, actual: 'RUNNING' }]);
    const after = await findExecution(database.pool, null, id);
    expect(after?.attempts).toMatchObject([
      { attempt: 1, outcome: 'LOST', errorCode: 'WORKER_LOST', costUsd: '0.100000000000', inputTokens: 156 },
      { attempt: 2, outcome: null, costUsd: null },
    ]);
    expect({ ...after, attempts: [] }).toEqual({ ...before, attempts: [] });
    expect(await listLogs(database.pool, id, null, 100)).toEqual(logsBefore);
    expect(await settle(database.pool, [settlement(id, second)])).toMatchObject([{ applied: true }]);
  });

  it('says applied when repeated with its token, as after a commit whose answer got lost, and changes nothing', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await settle(database.pool, [settlement(id, token, judged)]);
    const before = [
      await findExecution(database.pool, null, id),
      await listLogs(database.pool, id, null, 100),
    ];
    expect(
      await settle(database.pool, [settlement(id, token, { ...judged, logs: [line('again')] })]),
    ).toMatchObject([{ id, applied: true, execution: { status: 'COMPLETED' } }]);
    expect([
      await findExecution(database.pool, null, id),
      await listLogs(database.pool, id, null, 100),
    ]).toEqual(before);
  });

  it('answers each of a batch in its place, and keeps apart what two say about the same execution', async () => {
    await using database = await setup();
    const [one, other] = [await createClaimed(database), await createClaimed(database)];
    const answers = await settle(database.pool, [
      settlement(one.id, 'lost', { ...judged, output: 'wrong', logs: [line('from a lost lease')] }),
      settlement('nowhere', 'none', { logs: [line('from nowhere')] }),
      settlement(other.id, other.token, { status: 'FAILED', error: failure }),
      settlement(one.id, one.token, { logs: [line('from the holder')] }),
    ]);
    expect(answers).toMatchObject([
      { id: one.id, applied: false, actual: 'COMPLETED' },
      { id: 'nowhere', applied: false, actual: 'missing' },
      { id: other.id, applied: true, execution: { status: 'FAILED' } },
      { id: one.id, applied: true, execution: { status: 'COMPLETED' } },
    ]);
    const logs = await listLogs(database.pool, one.id, null, 100);
    expect(logs.slice(2).map(({ message }) => message)).toEqual(['from the holder', 'Execution completed']);
    expect(await findExecution(database.pool, null, one.id)).toMatchObject({
      output: 'Hello!',
      verdicts: [],
    });
  });

  it('counts what earlier attempts cost', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await handBack(database.pool, [failedAttempt(id, token, { ending: { costUsd: '0.25' } })]);
    await settle(database.pool, [settlement(id, await claimAgain(database, id))]);
    expect(await findExecution(database.pool, null, id)).toMatchObject({
      costUsd: '0.350000',
      costIsComplete: true,
    });
  });
});
