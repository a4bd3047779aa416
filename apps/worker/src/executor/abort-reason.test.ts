import { FormaError } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { abortReason, stopSignalOf } from './abort-reason.ts';

describe('abortReason', () => {
  it.each(['cancelled', 'leaseLost'])('is %s when the lease keeper says so', (reason) => {
    expect(abortReason(reason)).toBe(reason);
  });

  it.each([new FormaError('SHUTDOWN'), undefined, 'CANCELLED'])(
    'is a shutdown for all else: %s',
    (reason) => {
      expect(abortReason(reason)).toBe('shutdown');
    },
  );
});

describe('stopSignalOf', () => {
  it('follows the bell when this process stops', () => {
    const bell = new AbortController();
    const stop = stopSignalOf(bell.signal);
    expect(stop.aborted).toBe(false);
    const reason = new FormaError('SHUTDOWN');
    bell.abort(reason);
    expect(stop.reason).toBe(reason);
  });

  it('has followed already when the process was stopping before', () => {
    expect(stopSignalOf(AbortSignal.abort(new FormaError('SHUTDOWN'))).aborted).toBe(true);
  });

  it('does not follow when only the lock of the queue is lost', () => {
    const bell = new AbortController();
    const stop = stopSignalOf(bell.signal);
    bell.abort(new FormaError('WORKER_LOST'));
    expect(stop.aborted).toBe(false);
    expect(stopSignalOf(bell.signal).aborted).toBe(false);
  });
});
