import { describe, expect, it } from '@jest/globals';
import { conclude, outcomeOf, type Verdict, type VerdictOutcome } from './judge.ts';

function verdict(outcome: VerdictOutcome): Verdict {
  const code = outcome === 'PASSED' ? null : 'INTERNAL';
  const about = { validationId: 'v', validationName: 'v', type: 'SCHEMA', configHash: '' } as const;
  return { ...about, outcome, code, errors: [], durationMs: 1 };
}

describe('conclude', () => {
  it('skips when there was nothing to judge by', () => {
    expect(conclude([], undefined, 'none')).toEqual({
      status: 'SKIPPED',
      verdicts: [],
      validatedOutput: undefined,
      extraction: 'none',
    });
  });

  it('passes when every verdict passed, and then hands out the value', () => {
    const verdicts = [verdict('PASSED'), verdict('PASSED')];
    expect(conclude(verdicts, { a: 1 }, 'whole')).toEqual({
      status: 'PASSED',
      verdicts,
      validatedOutput: { a: 1 },
      extraction: 'whole',
    });
  });

  it.each(['FAILED', 'ERRORED'] as const)(
    'fails for one %s verdict, and then withholds the value',
    (outcome) => {
      expect(conclude([verdict('PASSED'), verdict(outcome)], { a: 1 }, 'whole')).toMatchObject({
        status: 'FAILED',
        validatedOutput: undefined,
        extraction: 'whole',
      });
    },
  );

  it("tells JSON's null from no value", () => {
    expect(conclude([verdict('PASSED')], null, 'whole').validatedOutput).toBeNull();
    expect(conclude([verdict('PASSED')], undefined, 'none').validatedOutput).toBeUndefined();
  });
});

describe('outcomeOf', () => {
  it.each([
    [null, 'PASSED'],
    ['OUTPUT_NOT_JSON', 'FAILED'],
    ['OUTPUT_SCHEMA_MISMATCH', 'FAILED'],
    ['SCHEMA_INVALID', 'ERRORED'],
    ['OUTPUT_PATTERN_MISMATCH', 'FAILED'],
    ['FUNCTION_REJECTED', 'FAILED'],
    ['FUNCTION_THREW', 'FAILED'],
    ['FUNCTION_BAD_RESULT', 'ERRORED'],
    ['SANDBOX_TIMEOUT', 'ERRORED'],
    ['SANDBOX_OUT_OF_MEMORY', 'ERRORED'],
    ['SANDBOX_CRASHED', 'ERRORED'],
    ['SANDBOX_UNAVAILABLE', 'ERRORED'],
  ] as const)('makes %s %s', (code, outcome) => {
    expect(outcomeOf(code)).toBe(outcome);
  });
});
