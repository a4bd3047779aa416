import { FormaOpsError } from '@formaops/client';
import { describe, expect, it } from '@jest/globals';
import { CliError, exitCodeOf } from './exit-codes.ts';

describe('exitCodeOf', () => {
  it.each([
    [404, 'NOT_FOUND', 3],
    [401, 'INVALID_API_KEY', 4],
    [403, 'PLAN_FORBIDDEN', 4],
    [422, 'INVALID_REQUEST', 1],
    [409, 'EXECUTION_ALREADY_FINISHED', 1],
    [429, 'BACKLOG_LIMIT', 5],
    [503, 'DATABASE_UNAVAILABLE', 5],
    [500, 'INTERNAL', 1],
    [0, 'NETWORK_ERROR', 5],
    [0, 'TIMEOUT', 5],
  ] as const)('ends %s %s with %s', (status, code, exitCode) => {
    expect(exitCodeOf(new FormaOpsError({ status, code, message: '' }))).toBe(exitCode);
  });

  it('takes what a command says itself, and 1 for what nobody foresaw', () => {
    expect(exitCodeOf(new CliError('x'))).toBe(2);
    expect(exitCodeOf(new CliError('x', 3))).toBe(3);
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });
});
