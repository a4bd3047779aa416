import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryDelayMs } from './retry.ts';

describe('retryDelayMs', () => {
  it('is never before the time that the API named, and never more than 8 seconds after it', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.option(fc.nat(60_000)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (retries, retryAfterMs, random) => {
          const delay = retryDelayMs(retries, retryAfterMs, random);
          expect(delay).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
          expect(delay).toBeLessThanOrEqual((retryAfterMs ?? 0) + 8_000);
        },
      ),
    );
  });

  it('doubles the time in which clients come back', () => {
    expect([0, 1, 2, 3].map((retries) => retryDelayMs(retries, null, 1))).toEqual([250, 500, 1_000, 2_000]);
  });
});
