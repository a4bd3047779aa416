import { describe, expect, it } from '@jest/globals';
import { toViolations } from './audit.ts';

describe('toViolations', () => {
  it('names the invariant and the execution of each offender', () => {
    const report = { id: 'I5', name: 'times', title: 'Times are in order', violations: 2 };
    expect(toViolations([{ ...report, offenders: ['e1: ended before it began', 'e2: same'] }])).toEqual([
      { rule: 'I5', executionId: 'e1', detail: 'Times are in order: e1: ended before it began' },
      { rule: 'I5', executionId: 'e2', detail: 'Times are in order: e2: same' },
    ]);
  });

  it('finds nothing in a clean audit', () => {
    expect(toViolations([{ id: 'I5', name: 'times', title: '', violations: 0, offenders: [] }])).toEqual([]);
  });
});
