import { describe, expect, it } from '@jest/globals';
import { bellJobId, bellPayload, parseBell } from './payloads.ts';

describe('parseBell', () => {
  it('reads back what was rung, underscores in the id of the execution included', () => {
    for (const executionId of ['0197c9a4-7d9e-7cc1-a6c4-3a1f0a1c2b3d', 'demo_execution_1', '12']) {
      const bell = { executionId, epoch: 12 };
      const jobId = bellJobId(bell);
      expect(parseBell(jobId, bellPayload)).toEqual({ kind: 'bell', jobId, ...bell });
    }
  });

  it('makes ids that BullMQ takes', () => {
    expect(bellJobId({ executionId: '12', epoch: 3 })).toBe('12_3');
  });

  it.each([
    ['another version', 'a_0', { v: 2 }],
    ['no version', 'a_0', {}],
    ['no data', 'a_0', null],
    ['no epoch in the id', 'a', { v: 1 }],
    ['no id of an execution', '_0', { v: 1 }],
    ['an epoch that is no number', 'a_x', { v: 1 }],
    ['no id', undefined, { v: 1 }],
  ])('does not know a job with %s', (_what, jobId, data) => {
    expect(parseBell(jobId, data)).toEqual({ kind: 'unknown' });
  });
});
