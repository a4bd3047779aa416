import { describe, expect, it } from '@jest/globals';
import { catalogue, type ErrorCode, isErrorCode } from '../errors/catalogue.ts';
import { FormaError } from '../errors/forma-error.ts';
import { type AbortReason, type AttemptHistory, decideOutcome } from './decide-outcome.ts';

const now = new Date('2030-01-01T00:00:00Z');
const never = new Date('2031-01-01T00:00:00Z');
const half = () => 0.5;
const codes = Object.keys(catalogue).filter(isErrorCode);

function afterError(code: ErrorCode, history: Partial<AttemptHistory>, retryAfterMs?: number) {
  const error = new FormaError(code, retryAfterMs === undefined ? {} : { retryAfterMs });
  const whole = { chargedAttempts: 0, maxAttempts: 3, deadlineAt: never, ...history };
  return decideOutcome({ kind: 'failed', error }, whole, now, half);
}

describe('decideOutcome', () => {
  it('completes what was answered, even on the last attempt and after the deadline', () => {
    const history = { chargedAttempts: 2, maxAttempts: 3, deadlineAt: new Date(0) };
    expect(decideOutcome({ kind: 'answered' }, history, now, half)).toEqual({ kind: 'completed' });
  });

  it.each<[AbortReason, string]>([
    ['cancelled', 'cancelled'],
    ['shutdown', 'released'],
    ['leaseLost', 'abandoned'],
  ])('after an abort because of %s it is %s, whatever was used up', (reason, kind) => {
    const history = { chargedAttempts: 9, maxAttempts: 1, deadlineAt: new Date(0) };
    expect(decideOutcome({ kind: 'aborted', reason }, history, now, half)).toEqual({ kind });
  });

  it.each(codes)('repeats %s exactly when the catalogue calls it retryable', (code) => {
    expect(afterError(code, {}).kind).toBe(catalogue[code].retryable ? 'retry' : 'failed');
  });

  it('repeats until the attempts are used up, this one counted', () => {
    const kinds = [0, 1, 2].map(
      (chargedAttempts) => afterError('PROVIDER_RATE_LIMITED', { chargedAttempts }).kind,
    );
    expect(kinds).toEqual(['retry', 'retry', 'failed']);
  });

  it.each<ErrorCode>(['PROVIDER_BAD_RESPONSE', 'PROVIDER_TIMEOUT'])(
    'repeats %s, which may have been billed, once at most',
    (code) => {
      expect(afterError(code, { maxAttempts: 10 }).kind).toBe('retry');
      expect(afterError(code, { maxAttempts: 10, chargedAttempts: 1 }).kind).toBe('failed');
      expect(afterError(code, { maxAttempts: 1 }).kind).toBe('failed');
    },
  );

  it('fails now rather than wait until the deadline', () => {
    const waitMs = 5_500;
    const at = (ms: number) =>
      afterError('RATE_LIMITED', { deadlineAt: new Date(now.getTime() + ms) }, 5_000);
    expect(at(waitMs + 1)).toMatchObject({ kind: 'retry', delayMs: waitMs });
    expect(at(waitMs)).toMatchObject({ kind: 'failed' });
  });

  it('ends with the error of the attempt', () => {
    expect(afterError('CONTENT_FILTERED', {})).toMatchObject({ error: { code: 'CONTENT_FILTERED' } });
    expect(afterError('PROVIDER_UNAVAILABLE', {})).toMatchObject({ error: { code: 'PROVIDER_UNAVAILABLE' } });
  });
});
