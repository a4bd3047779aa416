import { describe, expect, it } from '@jest/globals';
import type { ConfigCheck } from '../judge.ts';
import type { JudgeResult, JudgeRun } from '../sandbox/protocol.ts';
import { functionKind } from './function-kind.ts';

const limits = { timeoutMs: 1_000, memoryMb: 8 };

async function judge(source: string, changes: Partial<JudgeRun> = {}): Promise<JudgeResult> {
  return functionKind.judge({
    task: 'judge',
    type: 'FUNCTION',
    tenantId: 't',
    config: { source, ...limits },
    configHash: source,
    output: '{"a":1}',
    wantsValue: true,
    ...changes,
  });
}

function check(source: string) {
  const of = { task: 'check', type: 'FUNCTION', tenantId: 't', configHash: source } as const;
  return functionKind.check({ ...of, config: { source, ...limits } }) as ConfigCheck;
}

describe('functionKind', () => {
  it('passes the text, the JSON in it, inputs and context', async () => {
    const source = '(output, facts) => ({ valid: true, value: [output, facts] })';
    const given = { output: 'So [1].', inputs: { b: 2 }, context: 'c' };
    expect(await judge(source, given)).toEqual({
      code: null,
      extraction: 'embedded',
      errors: [],
      value: ['So [1].', { parsed: [1], inputs: { b: 2 }, context: 'c' }],
    });
  });

  it('has no parsed JSON where there is none, no inputs where there are none, and a null for no context', async () => {
    const source =
      '(output, { parsed, inputs, context }) => ({ valid: true, value: [typeof parsed, inputs, context] })';
    expect((await judge(source, { output: 'Sorry.' })).value).toEqual(['undefined', {}, null]);
  });

  it('passes on the errors of a rejection, with their places', async () => {
    const source = `() => ({ valid: false, errors: ['plain', { message: 'placed', path: '/a' }], value: 1 })`;
    expect(await judge(source)).toEqual({
      code: 'FUNCTION_REJECTED',
      extraction: 'whole',
      errors: [
        { instancePath: '', schemaPath: '', keyword: '', message: 'plain' },
        { instancePath: '/a', schemaPath: '', keyword: '', message: 'placed' },
      ],
    });
  });

  it('shows the name and the message of what was thrown, and no more than 500 characters', async () => {
    expect((await judge('() => { throw new RangeError("too far"); }')).errors).toMatchObject([
      { message: 'RangeError: too far' },
    ]);
    expect((await judge('() => { throw "x".repeat(600); }')).errors[0]?.message).toHaveLength(500);
  });

  it('keeps the value to itself when nobody wants it', async () => {
    const result = await judge('() => ({ valid: true, value: 1 })', { wantsValue: false });
    expect(result).toEqual({ code: null, extraction: 'whole', errors: [] });
  });

  it('lets no call and no tenant see what another left', async () => {
    const source = '() => { globalThis.n = (globalThis.n ?? 0) + 1; return { valid: true, value: n }; }';
    for (const tenantId of ['t', 't', 'u', 't']) expect((await judge(source, { tenantId })).value).toBe(1);
  });

  it('goes on within 8 MB, however often it is called', async () => {
    for (let call = 0; call < 500; call++) expect((await judge('() => true')).code).toBeNull();
  });

  it('goes on in a new isolate after one that ran too long, or out of memory', async () => {
    const long = await judge('() => { while (true); }', {
      config: { source: '() => { while (true); }', timeoutMs: 20, memoryMb: 8 },
    });
    expect(long.code).toBe('SANDBOX_TIMEOUT');
    expect((await judge('() => { const a = []; for (;;) a.push(Array(1e5).fill(a)); }')).code).toBe(
      'SANDBOX_OUT_OF_MEMORY',
    );
    expect((await judge('() => true')).code).toBeNull();
  });

  it('says where the source is wrong, and runs nothing of it to find out', () => {
    expect(check('() => {\n  return tru e;\n}').problems).toEqual([
      {
        pointer: '/source',
        message: expect.stringMatching(/^is not a function expression: .*\(line 2, column \d+\)$/),
      },
    ]);
    expect(check('(() => { while (true); })()').code).toBeNull();
  });

  it.each(['output => {', 'output => {\n', '(output) => ['])('says that %j ends too early', (source) => {
    expect(check(source).problems).toEqual([
      { pointer: '/source', message: 'is not a function expression: it ends too early' },
    ]);
  });

  it.each([
    '// first\n() => true',
    '() => true // last',
    'function named() { return true; }',
    '(output) => output !== ""',
  ])('takes %j', async (source) => {
    expect(check(source).code).toBeNull();
    expect((await judge(source)).code).toBeNull();
  });
});
