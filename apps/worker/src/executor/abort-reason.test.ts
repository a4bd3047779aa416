import { FormaError } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { abortReason } from './abort-reason.ts';

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
