import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionStatus, isTerminal } from './status.ts';
import { type ExecutionEvent, isLegalMove, transitions } from './transitions.ts';

const events = [
  ...new Set(Object.values(transitions).flatMap((moves) => Object.keys(moves))),
] as ExecutionEvent[];

function after(status: ExecutionStatus, event: ExecutionEvent): ExecutionStatus {
  const moves: Partial<Record<ExecutionEvent, ExecutionStatus>> = transitions[status];
  return moves[event] ?? status;
}

describe('transitions', () => {
  it('never leave a terminal status, and never go back to PENDING, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (story) => {
        let status: ExecutionStatus = 'PENDING';
        for (const event of story) {
          const next = after(status, event);
          expect(next === status || isLegalMove(status, next)).toBe(true);
          if (isTerminal(status)) expect(next).toBe(status);
          if (status !== 'PENDING') expect(next).not.toBe('PENDING');
          status = next;
        }
      }),
    );
  });
});
