import { FormaError } from '@formaops/core';
import { claim, newId, rescue } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import {
  answered,
  type ExecutorFixture,
  endless,
  failed,
  notJudged,
  setup,
  usage,
} from './executor.fixture.ts';

const done = { kind: 'done' };

/** Ends the lease as if no heartbeat had come, and lets another worker take the execution. */
async function takeAway({ pool }: ExecutorFixture, id: string): Promise<void> {
  await pool.query(
    `UPDATE executions SET lease_expires_at = clock_timestamp() - interval '1 s' WHERE id = $1`,
    [id],
  );
  await rescue(pool, { limit: 1 });
  const [answer] = await claim(pool, [{ id, token: newId(), workerId: 'worker-2', leaseMs: 60_000 }]);
  if (!answer?.applied) throw new Error('the other worker was refused');
}

describe('an attempt that fails', () => {
  it('ends the execution at once when another attempt would not help, and keeps what arrived', async () => {
    await using executor = await setup(() =>
      failed('CONTENT_FILTERED', { message: 'Stopped by a filter' }, { partialOutput: 'Hel', usage }),
    );
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({
      status: 'FAILED',
      output: 'Hel',
      validatedOutput: null,
      validationStatus: 'SKIPPED',
      tokenUsage: usage,
      costUsd: '0.000200',
      error: { code: 'CONTENT_FILTERED', message: 'Stopped by a filter' },
      attempts: [{ outcome: 'FAILED', errorCode: 'CONTENT_FILTERED' }],
      verdicts: [],
    });
    expect(executor.finished).toEqual([id]);
    expect((await executor.story(id)).map(({ level, message }) => `${level} ${message}`)).toEqual([
      'INFO Execution accepted',
      'INFO Attempt started',
      'WARN Model call failed',
      'ERROR Execution failed',
    ]);
  });

  it('gives the execution back for half a second of jitter when another attempt may help', async () => {
    await using executor = await setup(() => failed('PROVIDER_UNAVAILABLE'));
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 500 });
    expect(await executor.read(id)).toMatchObject({
      status: 'RUNNING',
      nextAttemptAt: expect.any(Date),
      output: null,
      attempts: [{ outcome: 'FAILED', errorCode: 'PROVIDER_UNAVAILABLE' }],
    });
    expect(executor.finished).toEqual([]);
    expect((await executor.story(id)).slice(2)).toMatchObject([
      { level: 'WARN', message: 'Model call failed', metadata: { code: 'PROVIDER_UNAVAILABLE' } },
      { level: 'WARN', message: 'Next attempt scheduled', metadata: { delayMs: 500 } },
    ]);
  });

  it('waits longer with every attempt, and as long as the provider asks', async () => {
    const retryAfter = [undefined, undefined, 7_000];
    await using executor = await setup(({ attempt }) => {
      const retryAfterMs = retryAfter[attempt - 1];
      return failed('PROVIDER_RATE_LIMITED', retryAfterMs === undefined ? {} : { retryAfterMs });
    });
    const id = await executor.submit({ maxAttempts: 4 });
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 500 });
    await executor.makeDue(id);
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 1_000 });
    await executor.makeDue(id);
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 7_500 });
  });

  it('ends the execution when the attempts are used up', async () => {
    await using executor = await setup(() => failed('PROVIDER_UNAVAILABLE'));
    const id = await executor.submit({ maxAttempts: 2 });
    await executor.run(id);
    await executor.makeDue(id);
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({
      status: 'FAILED',
      attempt: 2,
      error: { code: 'PROVIDER_UNAVAILABLE' },
      attempts: [{ outcome: 'FAILED' }, { outcome: 'FAILED' }],
    });
  });

  it('replaces what an earlier attempt had got', async () => {
    await using executor = await setup(({ attempt }) =>
      attempt === 1
        ? failed('PROVIDER_TRUNCATED', {}, { partialOutput: 'Hel', usage })
        : failed('PROVIDER_UNAVAILABLE'),
    );
    const id = await executor.submit({ maxAttempts: 2 });
    await executor.run(id);
    await executor.makeDue(id);
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({ status: 'FAILED', output: null, costUsd: '0.000200' });
  });
});

describe('a wish to cancel', () => {
  it('ends the call, and what was spent and had arrived is kept', async () => {
    await using executor = await setup(async (call) => {
      await executor.cancel(call.executionId);
      await executor.leases.check([call.executionId]);
      return endless(call);
    });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({
      status: 'CANCELLED',
      output: 'Hel',
      validationStatus: 'SKIPPED',
      tokenUsage: usage,
      costUsd: '0.000200',
      costIsComplete: false,
      error: null,
      attempts: [{ outcome: 'CANCELLED', usageIsEstimated: true }],
    });
    expect(executor.finished).toEqual([id]);
    expect((await executor.story(id)).map(({ message }) => message)).toEqual([
      'Execution accepted',
      'Attempt started',
      'Cancellation requested',
      'Model call ended early',
      'Execution cancelled',
    ]);
  });

  it.each([
    ['an answer', () => answered()],
    ['a failure', () => failed('CONTENT_FILTERED')],
    ['a failure that would be repeated', () => failed('PROVIDER_UNAVAILABLE')],
  ])('that nobody noticed during the call wins over %s', async (_what, result) => {
    await using executor = await setup(async ({ executionId }) => {
      await executor.cancel(executionId);
      return result();
    });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({
      status: 'CANCELLED',
      validatedOutput: null,
      validationStatus: 'SKIPPED',
      error: null,
      nextAttemptAt: null,
    });
    expect(executor.finished).toEqual([id]);
  });

  it('during the judging ends it, and the output is kept', async () => {
    await using executor = await setup(() => answered(), {
      async judge({ signal }) {
        const [{ executionId } = { executionId: '' }] = executor.calls;
        await executor.cancel(executionId);
        await executor.leases.check([executionId]);
        signal?.throwIfAborted();
        return notJudged;
      },
    });
    const id = await executor.submit();
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({
      status: 'CANCELLED',
      output: 'Hello!',
      costUsd: '0.000200',
      costIsComplete: true,
      attempts: [{ outcome: 'CANCELLED' }],
    });
  });
});

describe('a worker that stops', () => {
  it('gives the execution back, due at once and without charging the attempt', async () => {
    const stopping = new AbortController();
    await using executor = await setup((call) => {
      const result = endless(call);
      stopping.abort(new FormaError('SHUTDOWN'));
      return result;
    });
    const id = await executor.submit({ maxAttempts: 1 });
    expect(await executor.run(id, stopping.signal)).toEqual({ kind: 'again', delayMs: 0 });
    expect(await executor.read(id)).toMatchObject({
      status: 'RUNNING',
      nextAttemptAt: expect.any(Date),
      attempts: [{ outcome: 'SHUTDOWN', costUsd: '0.000200000000' }],
    });
    expect((await executor.story(id)).at(-1)).toMatchObject({
      level: 'INFO',
      message: 'Attempt given back: the worker stops',
    });
    // Had the attempt been charged, a claim would be refused.
    await executor.run(id, stopping.signal);
    expect(executor.calls).toHaveLength(2);
  });

  it('cancels it instead when that was wished meanwhile', async () => {
    const stopping = new AbortController();
    await using executor = await setup(async (call) => {
      await executor.cancel(call.executionId);
      stopping.abort(new FormaError('SHUTDOWN'));
      return endless(call);
    });
    const id = await executor.submit();
    expect(await executor.run(id, stopping.signal)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({ status: 'CANCELLED', costUsd: '0.000200' });
  });

  it('gives it back, too, when its judge is closed already', async () => {
    await using executor = await setup(() => answered(), {
      judge: () => Promise.reject(new FormaError('SHUTTING_DOWN')),
    });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 0 });
    expect(await executor.read(id)).toMatchObject({
      status: 'RUNNING',
      attempts: [{ outcome: 'SHUTDOWN', costUsd: '0.000200000000' }],
    });
  });

  it('gives it back, too, when it stops during the judging', async () => {
    const stopping = new AbortController();
    await using executor = await setup(() => answered(), {
      async judge({ signal }) {
        stopping.abort(new FormaError('SHUTDOWN'));
        signal?.throwIfAborted();
        return notJudged;
      },
    });
    const id = await executor.submit();
    expect(await executor.run(id, stopping.signal)).toEqual({ kind: 'again', delayMs: 0 });
    expect(await executor.read(id)).toMatchObject({
      status: 'RUNNING',
      attempts: [{ outcome: 'SHUTDOWN', costUsd: '0.000200000000' }],
    });
  });
});

describe('a lost lease', () => {
  const untouched = { status: 'RUNNING', attempt: 2, output: null, tokenUsage: null, costUsd: null };

  it('ends the call, and nothing is written but what the attempt cost', async () => {
    await using executor = await setup(async (call) => {
      await takeAway(executor, call.executionId);
      await executor.leases.check([call.executionId]);
      return endless(call);
    });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({
      ...untouched,
      attempts: [
        {
          attempt: 1,
          outcome: 'LOST',
          errorCode: 'WORKER_LOST',
          costUsd: '0.000200000000',
          inputTokens: 100,
        },
        { attempt: 2, workerId: 'worker-2', outcome: null },
      ],
    });
    expect((await executor.story(id)).map(({ message }) => message)).not.toContain('Model call ended early');
    expect(executor.finished).toEqual([]);
  });

  it.each([
    ['an answer', () => answered()],
    ['a failure that would be repeated', () => failed('PROVIDER_TRUNCATED', {}, { usage })],
  ])('that nobody noticed refuses %s', async (_what, result) => {
    await using executor = await setup(async ({ executionId }) => {
      await takeAway(executor, executionId);
      return result();
    });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({
      ...untouched,
      attempts: [{ outcome: 'LOST', costUsd: '0.000200000000' }, { outcome: null }],
    });
    expect(executor.finished).toEqual([]);
    expect(executor.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'late result refused' }),
    );
  });
});
