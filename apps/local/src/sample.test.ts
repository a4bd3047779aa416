import { describe, expect, it } from '@jest/globals';
import { describeSample, type SampleResult } from './sample.ts';

const completed: SampleResult = {
  id: 'execution-1',
  status: 'COMPLETED',
  validationStatus: 'PASSED',
  validatedOutput: { issues: [{}, {}], overall_rating: 7 },
  tokenUsage: { input: 510, output: 9, total: 519, model: 'gpt-4o-mini' },
  latencyMs: 58,
  costUsd: '0.000082',
  error: null,
};

describe('describeSample', () => {
  it('tells how the sample ended, what it cost and what came out', () => {
    expect(describeSample(completed).split('\n')).toEqual([
      expect.stringContaining('packages/core/src/prompt/template.ts'),
      '  COMPLETED, validation PASSED',
      '  gpt-4o-mini, 510 + 9 tokens, 0.000082 USD, 58 ms',
      '  rating 7, 2 issues found',
    ]);
  });

  it('does not call an unknown cost nothing', () => {
    expect(describeSample({ ...completed, costUsd: null })).toContain('unknown USD');
  });

  it('tells why it failed', () => {
    const error = { code: 'PROVIDER_AUTH', message: 'The model provider refuses our credential' };
    const nothing = { validatedOutput: null, tokenUsage: null, latencyMs: null, costUsd: null };
    const failed = { ...completed, ...nothing, status: 'FAILED', validationStatus: 'SKIPPED', error };
    expect(describeSample(failed).split('\n').slice(1)).toEqual([
      '  FAILED, validation SKIPPED',
      '  PROVIDER_AUTH: The model provider refuses our credential',
    ]);
  });
});
