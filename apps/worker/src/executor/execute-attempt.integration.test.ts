import { setImmediate } from 'node:timers/promises';
import { claim, newId } from '@formaops/db';
import { createValidation } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { answered, type ExecutorFixture, failed, priced, setup, usage } from './executor.fixture.ts';

const done = { kind: 'done' };

describe('an attempt that the model answers', () => {
  it('completes the execution with output, tokens, cost, latency and verdicts, and says so', async () => {
    const verdict = {
      validationId: 'validation-1',
      validationName: 'Greeting',
      type: 'SCHEMA' as const,
      outcome: 'PASSED' as const,
      code: null,
      errors: [],
      configHash: 'hash',
      durationMs: 2,
    };
    const judgement = {
      status: 'PASSED' as const,
      verdicts: [verdict],
      validatedOutput: { a: 1 },
      extraction: 'whole' as const,
    };
    await using executor = await setup(() => answered({ output: '{"a":1}' }), {
      judge: async () => judgement,
    });
    const id = await executor.submit();

    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({
      status: 'COMPLETED',
      output: '{"a":1}',
      validatedOutput: { a: 1 },
      validationStatus: 'PASSED',
      tokenUsage: usage,
      latencyMs: 321,
      costUsd: '0.000200',
      costIsComplete: true,
      error: null,
      edgeFunctionId: 'worker-1#1',
      attempts: [{ attempt: 1, outcome: 'SUCCEEDED', inputTokens: 100, outputTokens: 50, latencyMs: 321 }],
      verdicts: [{ validationId: 'validation-1', outcome: 'PASSED' }],
    });
    expect(executor.finished).toEqual([id]);
  });

  it('tells those who follow it when it has begun and ended, and the text meanwhile', async () => {
    const changedBefore: string[][] = [];
    await using executor = await setup((call) => {
      changedBefore.push([...executor.changed]);
      call.onDelta?.('Hel');
      call.onDelta?.('lo!');
      return answered();
    });
    const id = await executor.submit();
    await executor.run(id);
    const attempt = { executionId: id, ...executor.owner, attempt: 1 };
    expect(executor.written).toEqual(['Hel', 'lo!'].map((text) => ({ ...attempt, text })));
    expect([...changedBefore, executor.changed]).toEqual([[id], [id, id]]);
  });

  it('takes three statements: claim, validations, settle', async () => {
    await using executor = await setup();
    await executor.run(await executor.submit());
    expect(executor.statements).toEqual([
      expect.stringContaining('INSERT INTO execution_attempts'),
      expect.stringContaining('FROM validations'),
      expect.stringContaining('INSERT INTO execution_verdicts'),
    ]);
  });

  it('tells its story in order', async () => {
    await using executor = await setup();
    const id = await executor.submit();
    await executor.run(id);
    const story = await executor.story(id);
    expect(story.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'INFO Execution accepted',
      'INFO Attempt started',
      'INFO Model answered',
      'INFO Output judged',
      'INFO Execution completed',
    ]);
    const times = story.map(({ timestamp }) => timestamp.getTime());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(story[2]?.metadata).toEqual({
      latencyMs: 321,
      inputTokens: 100,
      outputTokens: 50,
      usageIsEstimated: false,
      finishReason: 'stop',
    });
  });

  it('sends the rendered prompt with what was pinned, and judges with inputs and context', async () => {
    await using executor = await setup(() => answered(), { template: 'Say {{text}} in {{language}}' });
    const inputs = { text: 'hello', language: 'French' };
    const id = await executor.submit({ inputs, context: { user: 7 }, parameters: { temperature: 0.5 } });
    await createValidation(executor.pool, { promptId: executor.owner.promptId, config: { type: 'string' } });
    await executor.run(id);
    expect(executor.calls).toEqual([
      expect.objectContaining({
        executionId: id,
        attempt: 1,
        model: priced,
        prompt: 'Say hello in French',
        parameters: { temperature: 0.5 },
        totalTimeoutMs: 10_000,
      }),
    ]);
    expect(executor.judged).toEqual([
      expect.objectContaining({
        output: 'Hello!',
        inputs,
        context: { user: 7 },
        validations: [expect.objectContaining({ type: 'SCHEMA', config: { type: 'string' } })],
      }),
    ]);
  });

  it('waits with a paid result until the database is back', async () => {
    const outages = ['INSERT INTO execution_verdicts', 'INSERT INTO execution_verdicts'];
    await using executor = await setup(() => answered(), {
      random: () => 0,
      meet(sql) {
        if (!sql.includes(outages[0] ?? 'nothing more')) return;
        outages.shift();
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      },
    });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({ status: 'COMPLETED', attempt: 1, costUsd: '0.000200' });
    expect(executor.log.lines.filter(({ message }) => message === 'database away, waiting')).toHaveLength(2);
  });

  it('keeps its lease until its result is written', async () => {
    await using executor = await setup(() => answered(), {
      random: () => 0,
      meet(sql) {
        if (!sql.includes('INSERT INTO execution_verdicts') || holdsAtWrite.push(executor.holds()) > 2)
          return;
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      },
    });
    const holdsAtWrite: number[] = [];
    await executor.run(await executor.submit());
    expect([holdsAtWrite, executor.holds()]).toEqual([[1, 1, 1], 0]);
  });

  it('says in the story that characters were replaced', async () => {
    await using executor = await setup(() => answered({ outputSanitized: true }));
    const id = await executor.submit();
    await executor.run(id);
    expect(await executor.story(id)).toContainEqual(
      expect.objectContaining({
        level: 'WARN',
        message: 'Output held characters that cannot be stored; they were replaced',
      }),
    );
  });
});

describe('a bell', () => {
  /** Everything that a bell could have changed. */
  async function trace(executor: ExecutorFixture, id: string) {
    return {
      execution: await executor.read(id),
      story: await executor.story(id),
      calls: executor.calls.length,
    };
  }

  it.each([
    ['has ended', (executor: ExecutorFixture, id: string) => executor.run(id)],
    ['was cancelled', (executor: ExecutorFixture, id: string) => executor.cancel(id)],
    [
      'somebody else holds',
      ({ pool }: ExecutorFixture, id: string) =>
        claim(pool, [{ id, token: newId(), workerId: 'worker-2', leaseMs: 60_000 }]),
    ],
    [
      'is past its deadline',
      ({ pool }: ExecutorFixture, id: string) =>
        pool.query('UPDATE executions SET deadline_at = created_at WHERE id = $1', [id]),
    ],
  ])('for an execution that %s does nothing', async (_what, prepare) => {
    await using executor = await setup();
    const id = await executor.submit();
    await prepare(executor, id);
    const before = await trace(executor, id);
    expect(await executor.run(id)).toEqual(done);
    expect(await trace(executor, id)).toEqual(before);
  });

  it('that comes before the next attempt is due does nothing, and comes again when it is', async () => {
    await using executor = await setup(() => failed('PROVIDER_RATE_LIMITED', { retryAfterMs: 60_000 }));
    const id = await executor.submit();
    await executor.run(id);
    const before = await trace(executor, id);
    const disposition = await executor.run(id);
    expect(disposition).toEqual({ kind: 'again', delayMs: expect.any(Number) });
    expect(await trace(executor, id)).toEqual(before);
  });

  it('for an execution whose model is not to be called now comes again later, and costs no attempt', async () => {
    const suspensions = [{ tenantId: null, model: 'down' }];
    await using executor = await setup(() => answered(), { rules: { runningCaps: {}, suspensions } });
    const id = await executor.submit({ model: 'down' });
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 30_000 });
    expect(await executor.read(id)).toMatchObject({ status: 'PENDING', attempts: [] });
  });

  it('for an execution that does not exist does nothing', async () => {
    await using executor = await setup();
    expect(await executor.run(newId())).toEqual(done);
    expect(executor.calls).toEqual([]);
  });

  it('that rings while the database is away rings again later, and then the execution runs', async () => {
    let isAway = true;
    let elapsedMs = 0;
    await using executor = await setup(() => answered(), {
      random: () => 0.5,
      // Each look at it is a lease later, so that waiting for the database ends at once.
      clock: { now: () => new Date(), monotonicMs: () => (elapsedMs += 60_000) },
      meet: (sql) => {
        if (isAway && sql.includes('UPDATE executions'))
          throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      },
    });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 1_500 });
    isAway = false;
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });
});

describe('under a running cap', () => {
  const rules = { runningCaps: { FREE: 1 }, suspensions: [] };

  it('an execution without room waits without an attempt, and is rung for when another has ended', async () => {
    const answers = Promise.withResolvers<void>();
    await using executor = await setup(() => answers.promise.then(() => answered()), { rules });
    await executor.pool.query(`UPDATE users SET plan = 'FREE'`);
    const [first, second] = [await executor.submit(), await executor.submit()];
    const running = executor.run(first);
    while (executor.calls.length === 0) await setImmediate();
    expect(await executor.run(second)).toEqual(done);
    expect(await executor.read(second)).toMatchObject({ status: 'PENDING', attempts: [] });
    answers.resolve();
    await running;
    expect(executor.rung).toMatchObject([{ executionId: second, epoch: 1 }]);
    await executor.run(second);
    expect(await executor.read(second)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });

  it('the room of one that waits for its next attempt is another’s', async () => {
    await using executor = await setup(() => failed('PROVIDER_UNAVAILABLE'), { rules });
    await executor.pool.query(`UPDATE users SET plan = 'FREE'`);
    const [first, second] = [await executor.submit(), await executor.submit()];
    await executor.run(first);
    await executor.run(second);
    expect(await executor.read(second)).toMatchObject({ status: 'RUNNING', attempt: 1 });
  });

  it('a plan without one costs no statement more', async () => {
    await using executor = await setup(() => answered(), { rules });
    await executor.run(await executor.submit());
    expect(executor.statements).toHaveLength(3);
  });
});

describe('while the provider refuses our credential', () => {
  const refused = () => failed('PROVIDER_AUTH', { details: { httpStatus: 401 } });

  /** Executions that the provider refused, as many as it takes to suspend the others. */
  async function runRefused(executor: ExecutorFixture): Promise<void> {
    for (let count = 0; count < 20; count += 1) await executor.run(await executor.submit());
  }

  it('bells come again later, before anything is claimed', async () => {
    let now = 0;
    const clock = { now: () => new Date(), monotonicMs: () => now };
    await using executor = await setup(refused, { clock, random: () => 0.5 });
    await runRefused(executor);
    const id = await executor.submit();
    const statements = executor.statements.length;
    now += 5_000;
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 10_000 + 2_500 });
    expect(executor.statements).toHaveLength(statements);
    expect(await executor.read(id)).toMatchObject({ status: 'PENDING', attempt: 0 });
  });

  it('one execution tries after fifteen seconds, and then all run', async () => {
    let now = 0;
    let isRefused = true;
    const clock = { now: () => new Date(), monotonicMs: () => now };
    const tried = Promise.withResolvers<void>();
    const trying = Promise.withResolvers<void>();
    await using executor = await setup(
      async () => {
        if (isRefused) return refused();
        trying.resolve();
        await tried.promise;
        return answered();
      },
      { clock },
    );
    await runRefused(executor);
    isRefused = false;
    now += 15_000;
    const [first, second] = [await executor.submit(), await executor.submit()];
    const running = executor.run(first);
    await trying.promise;
    expect(await executor.run(second)).toMatchObject({ kind: 'again' });
    tried.resolve();
    await running;
    expect(await executor.run(second)).toEqual(done);
    expect(await executor.read(second)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });

  it('a bell that is stale leaves the try to the next one', async () => {
    let now = 0;
    const clock = { now: () => new Date(), monotonicMs: () => now };
    await using executor = await setup(refused, { clock });
    await runRefused(executor);
    now += 15_000;
    await executor.run(newId());
    const id = await executor.submit();
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({ status: 'FAILED', attempt: 1 });
  });
});

describe('the deadline', () => {
  const rateLimited = () => failed('PROVIDER_RATE_LIMITED');

  it.each([-86_400_000, 86_400_000])(
    'is weighed by the clock of the database, not by one that is %d ms off',
    async (offMs) => {
      const clock = { now: () => new Date(Date.now() + offMs), monotonicMs: () => performance.now() };
      await using executor = await setup(rateLimited, { clock, random: () => 0.5 });
      const id = await executor.submit({ deadlineMs: 60_000 });
      expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 500 });
    },
  );

  it('comes nearer while the model is called', async () => {
    let now = 0;
    const clock = { now: () => new Date(), monotonicMs: () => now };
    const slow = () => {
      now += 60_000;
      return rateLimited();
    };
    await using executor = await setup(slow, { clock });
    const id = await executor.submit({ deadlineMs: 60_000 });
    expect(await executor.run(id)).toEqual(done);
    expect(await executor.read(id)).toMatchObject({ status: 'FAILED', attempt: 1 });
  });
});

describe('the retry budget', () => {
  const clock = { now: () => new Date(), monotonicMs: () => 0 };

  it('lets a hundred retries start; the next waits without an attempt, and starts when another call has succeeded', async () => {
    const answers: Array<ReturnType<typeof answered>> = [];
    // A rate limit, which suspends nothing.
    const model = () => answers.shift() ?? failed('PROVIDER_RATE_LIMITED');
    await using executor = await setup(model, { clock, random: () => 0.5 });
    const id = await executor.submit({ maxAttempts: 1_000 });
    await executor.run(id);
    for (let retry = 1; retry <= 100; retry += 1) {
      await executor.makeDue(id);
      await executor.run(id);
    }
    await executor.makeDue(id);
    expect(await executor.run(id)).toEqual({ kind: 'again', delayMs: 16_000 });
    expect(await executor.read(id)).toMatchObject({ status: 'RUNNING', attempt: 101 });
    answers.push(answered(), answered());
    await executor.run(await executor.submit());
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({ status: 'COMPLETED', attempt: 102 });
  });
});
