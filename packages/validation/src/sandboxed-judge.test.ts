import type { ValidationType } from '@formaops/core';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { hashConfig } from './hash-config.ts';
import type { Validation } from './judge.ts';
import { createRecordingLog } from './sandbox/recording-log.fixture.ts';
import { createSandboxedJudge, type SandboxedJudge, type SandboxOptions } from './sandboxed-judge.ts';

// A process takes its time to start on a busy machine.
jest.setTimeout(60_000);

const judges: SandboxedJudge[] = [];
afterEach(() => Promise.all(judges.splice(0).map((judge) => judge.close())));

/** For the cases that must leave no trace: that the next one passes is part of the check. */
let shared: ReturnType<typeof setup>;
beforeAll(() => {
  shared = setup({ timeoutMs: 60_000, totalTimeoutMs: 60_000 });
  judges.pop();
});
afterAll(() => shared.judge.close());

function setup(options: Partial<SandboxOptions> = {}) {
  const { log, lines } = createRecordingLog();
  const judge = createSandboxedJudge({ children: 1, timeoutMs: 2_000, log, ...options });
  judges.push(judge);
  const pidOf = (message: string) => Number(lines.findLast((line) => line.message === message)?.fields.pid);
  const judgeBy = (output: string, ...configs: unknown[]) =>
    judge.judge({ tenantId: 't', output, validations: configs.map((config) => validation(config)) });
  const expectHealthy = async () => {
    expect(await judgeBy('{"a":1}', { required: ['a'] })).toMatchObject({
      status: 'PASSED',
      validatedOutput: { a: 1 },
    });
  };
  return { judge, judgeBy, expectHealthy, pid: () => pidOf('sandbox child started') };
}

function validation(config: unknown, type: ValidationType = 'SCHEMA', id = 'v1'): Validation {
  return { id, name: `name of ${id}`, type, config };
}

const backtracking = { type: 'string', pattern: '^(a+)+$' };
const makesItBacktrack = JSON.stringify(`${'a'.repeat(60)}!`);

describe('createSandboxedJudge', () => {
  it('skips without validations, and starts nothing for that', async () => {
    const { judgeBy, pid } = setup();
    expect(await judgeBy('anything')).toMatchObject({
      status: 'SKIPPED',
      verdicts: [],
      validatedOutput: undefined,
    });
    expect(pid()).toBeNaN();
  });

  it('passes with a whole verdict and the value', async () => {
    const { judge } = shared;
    const config = { type: 'object', properties: { a: { type: 'integer' } } };
    expect(
      await judge.judge({
        tenantId: 't',
        output: '```json\n{"a":1}\n```',
        validations: [validation(config)],
      }),
    ).toEqual({
      status: 'PASSED',
      validatedOutput: { a: 1 },
      extraction: 'fenced',
      verdicts: [
        {
          validationId: 'v1',
          validationName: 'name of v1',
          type: 'SCHEMA',
          outcome: 'PASSED',
          code: null,
          errors: [],
          configHash: hashConfig(config),
          durationMs: expect.any(Number),
        },
      ],
    });
  });

  it('judges by every validation, in their order, and passes only when all do', async () => {
    const { judge } = shared;
    const validations = [validation(false, 'SCHEMA', 'strict'), validation(true, 'SCHEMA', 'lenient')];
    const judgement = await judge.judge({ tenantId: 't', output: '1', validations });
    expect(judgement).toMatchObject({
      status: 'FAILED',
      validatedOutput: undefined,
      verdicts: [
        { validationId: 'strict', outcome: 'FAILED', code: 'OUTPUT_SCHEMA_MISMATCH' },
        { validationId: 'lenient', outcome: 'PASSED', code: null },
      ],
    });
  });

  it("hands out JSON's null as a value", async () => {
    const { judgeBy } = shared;
    expect(await judgeBy('null', true, {})).toMatchObject({ status: 'PASSED', validatedOutput: null });
  });

  it('fails an output that is not JSON', async () => {
    const { judgeBy } = shared;
    expect(await judgeBy('Sorry.', true)).toMatchObject({
      status: 'FAILED',
      extraction: 'none',
      verdicts: [{ outcome: 'FAILED', code: 'OUTPUT_NOT_JSON' }],
    });
  });

  it('judges by all three kinds, and the value of the last function that returned one wins', async () => {
    const { judge } = shared;
    const validations = [
      validation({ source: '() => ({ valid: true, value: 1 })' }, 'FUNCTION', 'first'),
      validation({ pattern: '^\\{' }, 'REGEX', 'brace'),
      validation(
        { source: '(output, { parsed }) => ({ valid: true, value: parsed.a * 2 })' },
        'FUNCTION',
        'second',
      ),
      validation({ source: '() => true' }, 'FUNCTION', 'silent'),
      validation({ required: ['a'] }),
    ];
    expect(await judge.judge({ tenantId: 't', output: '{"a":21}', validations })).toMatchObject({
      status: 'PASSED',
      validatedOutput: 42,
      verdicts: Array(5).fill({ outcome: 'PASSED', code: null }),
    });
  });

  it('has no value after a pattern alone', async () => {
    const { judge } = shared;
    const validations = [validation({ pattern: 'a' }, 'REGEX')];
    expect(
      (await judge.judge({ tenantId: 't', output: '{"a":1}', validations })).validatedOutput,
    ).toBeUndefined();
  });

  it('gives a function the inputs and the context of the execution', async () => {
    const { judge } = shared;
    const source = '(output, facts) => ({ valid: true, value: facts })';
    const validations = [validation({ source }, 'FUNCTION')];
    const request = { tenantId: 't', output: '[1]', validations, inputs: { a: 1 }, context: 'c' };
    expect((await judge.judge(request)).validatedOutput).toEqual({
      parsed: [1],
      inputs: { a: 1 },
      context: 'c',
    });
  });

  it('goes on after a function that no isolate can end', async () => {
    const { judge, expectHealthy } = setup();
    const validations = [validation({ source: '() => 10n ** (10n ** 9n)', timeoutMs: 50 }, 'FUNCTION')];
    expect(await judge.judge({ tenantId: 't', output: '1', validations })).toMatchObject({
      verdicts: [{ outcome: 'ERRORED', code: 'SANDBOX_TIMEOUT' }],
    });
    await expectHealthy();
  });

  it.each<[ValidationType, unknown, string, string]>([
    ['SCHEMA', { type: 'strin' }, 'SCHEMA_INVALID', '/type'],
    [
      'SCHEMA',
      { properties: { a: { $ref: 'http://127.0.0.1/' } } },
      'SCHEMA_REMOTE_REF',
      '/properties/a/$ref',
    ],
    ['SCHEMA', { $ref: '#' }, 'SCHEMA_TOO_COMPLEX', ''],
    ['REGEX', { pattern: '(' }, 'REGEX_INVALID', '/pattern'],
    ['REGEX', { pattern: 'x'.repeat(1_001) }, 'REGEX_TOO_LONG', '/pattern'],
    ['FUNCTION', { source: '() =>' }, 'FUNCTION_INVALID', '/source'],
    ['FUNCTION', { source: '() => true', timeoutMs: 0 }, 'FUNCTION_INVALID', '/timeoutMs'],
  ])('finds before it is stored that a %s of %j is %s at %s', async (type, config, code, pointer) => {
    expect(await shared.judge.check({ tenantId: 't', type, config })).toMatchObject({
      code,
      problems: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  it.each<[ValidationType, unknown]>([
    ['SCHEMA', { type: 'string', pattern: '^(a+)+$' }],
    ['REGEX', { pattern: '^(a+)+$' }],
    ['FUNCTION', { source: '() => { while (true); }' }],
  ])('compiles a %s and runs nothing of it', async (type, config) => {
    expect(await shared.judge.check({ tenantId: 't', type, config })).toEqual({
      code: null,
      problems: [],
      warnings: [],
    });
  });

  it('says nothing about a config that got no turn because its tenant burns all its time', async () => {
    const { judge } = setup({ maxWaitMs: 0 });
    await judge.ready();
    const burning = validation({ pattern: '^(a+)+$' }, 'REGEX');
    const burnt = judge.judge({ tenantId: 'burner', output: `${'a'.repeat(60)}!`, validations: [burning] });
    const asked = { tenantId: 'burner', type: 'SCHEMA', config: true } as const;
    await expect(judge.check(asked)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    await burnt;
  });

  it('lets nobody wait behind a tenant whose validations burn all their time', async () => {
    const { judge } = setup({ children: 2, timeoutMs: 1_000 });
    await judge.ready();
    let burnt = 0;
    const burn = async () => {
      const validations = [validation({ pattern: '^(a+)+$' }, 'REGEX')];
      await judge.judge({ tenantId: 'burner', output: `${'a'.repeat(60)}!`, validations });
      burnt++;
    };
    const burning = [burn(), burn(), burn()];
    for (let run = 0; run < 200; run++) {
      const judgement = await judge.judge({
        tenantId: 'other',
        output: '1',
        validations: [validation(true)],
      });
      expect(judgement.status).toBe('PASSED');
    }
    // The first two run at once at most, since nobody knew the tenant; the third has to wait for its half.
    expect(burnt).toBeLessThan(3);
    await Promise.all(burning);
  });

  it.each<[string, unknown, string?]>([
    ['null', null],
    ['a list', []],
    ['an unknown type', { type: 'strin' }],
    ['an unknown draft', { $schema: 'http://example.com/schema' }, 'SCHEMA_DRAFT_UNSUPPORTED'],
    ['a reference to elsewhere', { $ref: 'http://169.254.169.254/latest/meta-data' }, 'SCHEMA_REMOTE_REF'],
    ['a reference to itself', { $ref: '#' }, 'SCHEMA_TOO_COMPLEX'],
    ['3,000 levels', JSON.parse(`${'{"not":'.repeat(3_000)}{}${'}'.repeat(3_000)}`), 'SCHEMA_TOO_COMPLEX'],
    [
      '20,000 properties',
      { properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`p${i}`, true])) },
      'SCHEMA_TOO_COMPLEX',
    ],
    ['more than 64 kB', { description: 'x'.repeat(65_537) }, 'SCHEMA_TOO_COMPLEX'],
  ])('ends a schema that is or has %s with its code', async (_, config, code = 'SCHEMA_INVALID') => {
    const { judgeBy, expectHealthy } = shared;
    expect(await judgeBy('{"a":1}', config)).toMatchObject({
      status: 'FAILED',
      verdicts: [{ outcome: 'ERRORED', code, errors: expect.arrayContaining([expect.anything()]) }],
    });
    await expectHealthy();
  });

  it('ends a pattern that backtracks for ever as SANDBOX_TIMEOUT, and loses none of those who wait', async () => {
    const { judgeBy } = setup();
    const [hostile, ...neighbours] = await Promise.all([
      judgeBy(makesItBacktrack, backtracking),
      judgeBy('1', { const: 1 }),
      judgeBy('2', { const: 2 }),
    ]);
    expect(hostile).toMatchObject({
      status: 'FAILED',
      verdicts: [{ outcome: 'ERRORED', code: 'SANDBOX_TIMEOUT' }],
    });
    expect(neighbours).toMatchObject([{ validatedOutput: 1 }, { validatedOutput: 2 }]);
  });

  it('ends a comparison of 20,000 objects with each other as SANDBOX_TIMEOUT', async () => {
    const { judgeBy, expectHealthy } = setup();
    const objects = JSON.stringify(Array.from({ length: 20_000 }, (_, index) => ({ index, same: 'same' })));
    expect(await judgeBy(objects, { uniqueItems: true })).toMatchObject({
      verdicts: [{ code: 'SANDBOX_TIMEOUT' }],
    });
    await expectHealthy();
  });

  it('ends a schema whose references double again and again without harm', async () => {
    const { judgeBy, expectHealthy } = setup();
    const $defs = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `d${i}`,
        { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    );
    const config = { $ref: '#/$defs/d0', $defs: { ...$defs, d60: { type: 'object' } } };
    expect(await judgeBy('{}', config)).toMatchObject({ verdicts: [{ code: 'SANDBOX_TIMEOUT' }] });
    await expectHealthy();
  });

  it('ends a schema that fills the memory as SANDBOX_OUT_OF_MEMORY', async () => {
    const { judgeBy, expectHealthy } = setup({ timeoutMs: 30_000, totalTimeoutMs: 30_000 });
    const numbers = JSON.stringify(Array(200_000).fill(1));
    const config = { items: { allOf: Array(500).fill({ type: 'string' }) } };
    expect(await judgeBy(numbers, config)).toMatchObject({
      verdicts: [{ outcome: 'ERRORED', code: 'SANDBOX_OUT_OF_MEMORY' }],
    });
    await expectHealthy();
  });

  it('judges on by the other validations after one was stopped', async () => {
    const { judgeBy } = setup();
    expect(await judgeBy(makesItBacktrack, true, backtracking, { type: 'number' })).toMatchObject({
      status: 'FAILED',
      extraction: 'whole',
      verdicts: [{ outcome: 'PASSED' }, { code: 'SANDBOX_TIMEOUT' }, { code: 'OUTPUT_SCHEMA_MISMATCH' }],
    });
  });

  it('does not run the rest once all together took too long', async () => {
    const { judgeBy } = setup({ timeoutMs: 60_000, totalTimeoutMs: 300 });
    expect(await judgeBy(makesItBacktrack, backtracking, true)).toMatchObject({
      verdicts: [{ code: 'SANDBOX_TIMEOUT' }, { code: 'SANDBOX_TIMEOUT', durationMs: 0 }],
    });
  });

  it.each([
    ['nothing', ''],
    ['a number beyond all bounds', '1e999'],
    ['100,000 levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['4 MB of opening brackets', '['.repeat(4_000_000)],
  ])('says OUTPUT_NOT_JSON to an output that is or has %s', async (_, output) => {
    const { judgeBy, expectHealthy } = shared;
    expect(await judgeBy(output, true)).toMatchObject({ verdicts: [{ code: 'OUTPUT_NOT_JSON' }] });
    await expectHealthy();
  });

  it('returns a value of 4 MB', async () => {
    const { judgeBy } = setup({ timeoutMs: 30_000 });
    const value = Array.from({ length: 40_000 }, (_, id) => ({ id, text: 'y'.repeat(80) }));
    expect((await judgeBy(JSON.stringify(value), { items: { required: ['id'] } })).validatedOutput).toEqual(
      value,
    );
  });

  it('rejects with the reason of the signal, before and during the run, and goes on with others', async () => {
    const { judge, expectHealthy } = setup({ timeoutMs: 60_000 });
    await judge.ready();
    const controller = new AbortController();
    const { signal } = controller;
    const request = {
      tenantId: 't',
      output: makesItBacktrack,
      validations: [validation(backtracking)],
      signal,
    };
    const running = judge.judge(request);
    controller.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await expect(judge.judge(request)).rejects.toThrow('cancelled');
    await expectHealthy();
  });

  it('goes on in a fresh child when an idle one was killed', async () => {
    const { judge, pid, expectHealthy } = setup();
    await judge.ready();
    const first = pid();
    process.kill(first, 'SIGKILL');
    await expectHealthy();
    expect(pid()).not.toBe(first);
  });

  it('goes on in a fresh child when the one that holds the request was killed', async () => {
    const { judge, pid, expectHealthy } = setup();
    await judge.ready();
    const first = pid();
    process.kill(first, 'SIGSTOP');
    const healthy = expectHealthy();
    setImmediate(() => process.kill(first, 'SIGKILL'));
    await healthy;
    expect(pid()).not.toBe(first);
  });

  it('goes on in the same child when a terminal or a supervisor tells all processes to end', async () => {
    const { judge, pid, expectHealthy } = setup();
    await judge.ready();
    const first = pid();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(first, signal);
    await expectHealthy();
    expect(pid()).toBe(first);
  });

  it('ends its children when it is closed', async () => {
    const { judge, pid } = setup();
    await judge.ready();
    await judge.close();
    expect(() => process.kill(pid(), 0)).toThrow('ESRCH');
  });
});
