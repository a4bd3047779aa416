import { createValidation, recordingLog } from '@formaops/testing';
import { createSandboxedJudge } from '@formaops/validation';
import { describe, expect, it } from '@jest/globals';
import { answered, failed, setup, usage } from './executor.fixture.ts';

const done = { kind: 'done' };

describe('a prompt that cannot be rendered', () => {
  it.each([
    ['is too long', 'PROMPT_TOO_LONG', 'x'.repeat(600_000)],
    ['is empty', 'PROMPT_EMPTY', '  '],
  ])('and %s fails without a call, and costs nothing', async (_what, code, text) => {
    await using executor = await setup(() => answered(), { template: '{{text}}{{text}}' });
    const id = await executor.submit({ inputs: { text } });
    expect(await executor.run(id)).toEqual(done);
    expect(executor.calls).toEqual([]);
    expect(await executor.read(id)).toMatchObject({
      status: 'FAILED',
      error: { code },
      output: null,
      tokenUsage: null,
      costUsd: '0.000000',
      costIsComplete: true,
    });
    expect((await executor.story(id)).map(({ message }) => message)).toEqual([
      'Execution accepted',
      'Attempt started',
      'Prompt could not be rendered',
      'Execution failed',
    ]);
  });
});

describe('the time limit of a call', () => {
  /** Runs an execution on a machine whose clock is a day ahead. @returns the limit. */
  async function limitWith(deadlineMs: number, timeoutMs: number): Promise<number> {
    const clock = { now: () => new Date(Date.now() + 86_400_000), monotonicMs: () => performance.now() };
    await using executor = await setup(() => answered(), { clock });
    await executor.run(await executor.submit({ timeoutMs, deadlineMs }));
    return executor.calls[0]?.totalTimeoutMs ?? 0;
  }

  it('is that of the execution', async () => {
    expect(await limitWith(3_600_000, 120_000)).toBe(120_000);
  });

  it('leaves five seconds before the deadline for judging and settling', async () => {
    const limitMs = await limitWith(60_000, 120_000);
    expect(limitMs).toBeLessThanOrEqual(55_000);
    expect(limitMs).toBeGreaterThan(30_000);
  });

  it('leaves a tenth of what is left when that is less', async () => {
    const limitMs = await limitWith(40_000, 120_000);
    expect(limitMs).toBeLessThanOrEqual(36_000);
    expect(limitMs).toBeGreaterThan(20_000);
  });
});
describe('the cost of an attempt', () => {
  it('is null, incomplete and warned about when the model has no price', async () => {
    const unpriced = { ...usage, model: 'nobody-knows' };
    await using executor = await setup(() => answered({ usage: unpriced }));
    const id = await executor.submit({ model: 'nobody-knows' });
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({
      status: 'COMPLETED',
      costUsd: null,
      costIsComplete: false,
      tokenUsage: unpriced,
    });
    expect(await executor.story(id)).toContainEqual(
      expect.objectContaining({
        level: 'WARN',
        message: 'Cost is unknown: no price for this model',
        metadata: { model: 'nobody-knows' },
      }),
    );
  });

  it('is kept and called incomplete when the usage is an estimate', async () => {
    await using executor = await setup(() => answered({ usageIsEstimated: true }));
    const id = await executor.submit();
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({
      costUsd: '0.000200',
      costIsComplete: false,
      attempts: [{ usageIsEstimated: true }],
    });
    expect(await executor.story(id)).toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ usageIsEstimated: true }) }),
    );
  });

  it('is zero when the provider was never reached', async () => {
    await using executor = await setup(() => failed('PROVIDER_AUTH'));
    const id = await executor.submit();
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({ costUsd: '0.000000', costIsComplete: true });
  });

  it('adds up over the attempts', async () => {
    await using executor = await setup(({ attempt }) =>
      attempt === 1 ? failed('PROVIDER_TRUNCATED', {}, { usage }) : answered(),
    );
    const id = await executor.submit();
    await executor.run(id);
    await executor.makeDue(id);
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({
      status: 'COMPLETED',
      costUsd: '0.000400',
      attempts: [{ costUsd: '0.000200000000' }, { costUsd: '0.000200000000' }],
    });
  });
});

describe('judging', () => {
  it('that breaks down fails the execution, keeps the paid output, and tells only the log why', async () => {
    const broken = new Error('canary of the judge');
    await using executor = await setup(() => answered(), { judge: () => Promise.reject(broken) });
    const id = await executor.submit();
    expect(await executor.run(id)).toEqual(done);
    const execution = await executor.read(id);
    expect(execution).toMatchObject({
      status: 'FAILED',
      output: 'Hello!',
      error: { code: 'INTERNAL' },
      costUsd: '0.000200',
    });
    expect(JSON.stringify([execution, await executor.story(id)])).not.toContain('canary');
    expect(executor.log.lines).toContainEqual({
      level: 'error',
      message: 'judging failed',
      fields: { err: broken, executionId: id },
    });
  });

  it('stores the verdict of each kind of validation, and what a function returned', async () => {
    await using judge = disposable(createSandboxedJudge({ children: 1, log: recordingLog() }));
    await using executor = await setup(() => answered(), { judge: judge.judge });
    const { pool, owner } = executor;
    const { promptId } = owner;
    await createValidation(pool, { promptId, type: 'REGEX', config: { pattern: '^Hello' } });
    const source = '(output, { inputs }) => ({ valid: true, value: { output, inputs } })';
    await createValidation(pool, { promptId, type: 'FUNCTION', config: { source } });
    const id = await executor.submit();
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({
      status: 'COMPLETED',
      output: 'Hello!',
      validatedOutput: { output: 'Hello!', inputs: expect.anything() },
      validationStatus: 'PASSED',
      verdicts: [
        { type: 'REGEX', outcome: 'PASSED', code: null },
        { type: 'FUNCTION', outcome: 'PASSED', code: null },
      ],
    });
  });

  it('keeps the verdict of a validation that cannot work', async () => {
    await using judge = disposable(createSandboxedJudge({ children: 1, log: recordingLog() }));
    await using executor = await setup(() => answered(), { judge: judge.judge });
    const { pool, owner } = executor;
    await createValidation(pool, { promptId: owner.promptId, type: 'REGEX', config: { pattern: '(' } });
    const id = await executor.submit();
    await executor.run(id);
    expect(await executor.read(id)).toMatchObject({
      status: 'COMPLETED',
      output: 'Hello!',
      validatedOutput: null,
      validationStatus: 'FAILED',
      verdicts: [{ type: 'REGEX', outcome: 'ERRORED', code: 'REGEX_INVALID' }],
    });
    expect(await executor.story(id)).toContainEqual(
      expect.objectContaining({
        level: 'WARN',
        message: 'Output judged',
        metadata: expect.objectContaining({ failed: [{ validation: 'Test', code: 'REGEX_INVALID' }] }),
      }),
    );
  });
});

function disposable<T extends { close(): Promise<void> }>(closable: T): T & AsyncDisposable {
  return { ...closable, [Symbol.asyncDispose]: closable.close };
}
