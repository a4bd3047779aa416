import { describe, expect, it } from '@jest/globals';
import { bellJobId, bellPayload, parseBell } from './payloads.ts';

describe('parseBell', () => {
  it('reads back what was rung, underscores in the id of the execution included', () => {
    for (const executionId of ['0197c9a4-7d9e-7cc1-a6c4-3a1f0a1c2b3d', 'demo_execution_1', '12']) {
      const bell = { executionId, epoch: 12 };
      const jobId = bellJobId(bell);
      expect(parseBell(jobId, bellPayload(executionId))).toEqual({ kind: 'bell', jobId, ...bell });
    }
  });

  it('makes ids that BullMQ takes', () => {
    expect(bellJobId({ executionId: '12', epoch: 3 })).toBe('12_3');
  });

  it.each([
    ['another version', 'a_0', { v: 2, executionId: 'a' }],
    ['no version', 'a_0', { executionId: 'a' }],
    ['the id of another execution', 'a_0', { v: 1, executionId: 'b' }],
    ['no id of an execution', 'a_0', { v: 1 }],
    ['no data', 'a_0', null],
    ['no epoch in the id', 'a', { v: 1, executionId: 'a' }],
    ['an epoch that is no number', 'a_x', { v: 1, executionId: 'a' }],
    ['no id', undefined, { v: 1, executionId: 'a' }],
  ])('does not know a job with %s', (_what, jobId, data) => {
    expect(parseBell(jobId, data)).toEqual({ kind: 'unknown' });
  });
});
