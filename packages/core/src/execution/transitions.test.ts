import { describe, expect, it } from '@jest/globals';
import { executionStatuses, isTerminal, terminalStatuses } from './status.ts';
import { isLegalMove, legalMoves, transitions } from './transitions.ts';

describe('transitions', () => {
  it('allow exactly the six moves of an execution', () => {
    expect(legalMoves()).toEqual([
      ['PENDING', 'RUNNING'],
      ['PENDING', 'FAILED'],
      ['PENDING', 'CANCELLED'],
      ['RUNNING', 'COMPLETED'],
      ['RUNNING', 'FAILED'],
      ['RUNNING', 'CANCELLED'],
    ]);
  });

  it('have no way out of a terminal status and a way out of every other', () => {
    for (const status of executionStatuses) {
      expect(Object.keys(transitions[status]).length > 0).toBe(!isTerminal(status));
    }
  });

  it('end every execution: a terminal status can be reached from wherever it stands', () => {
    for (const from of executionStatuses.filter((status) => !isTerminal(status))) {
      expect(terminalStatuses.some((to) => isLegalMove(from, to))).toBe(true);
    }
  });
});

describe('isLegalMove', () => {
  it('does not call staying a move', () => {
    expect(executionStatuses.filter((status) => isLegalMove(status, status))).toEqual([]);
  });
});
