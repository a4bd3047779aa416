import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultRetryPolicy, type RetryPolicy, retryDelayMs } from './retry-policy.ts';

const policy: fc.Arbitrary<RetryPolicy> = fc.record({
  baseMs: fc.integer({ min: 1, max: 10_000 }),
  capMs: fc.integer({ min: 10_000, max: 600_000 }),
  minRetryAfterMs: fc.integer({ min: 0, max: 1_000 }),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((value) => () => value);
const attempts = fc.integer({ min: 1, max: 1_000_000 });
const highest = () => 1 - Number.EPSILON;

describe('retryDelayMs', () => {
  it('stays between 0 and the cap, whatever the attempt', () => {
    fc.assert(
      fc.property(attempts, random, policy, (charged, chance, limits) => {
        const delay = retryDelayMs(charged, undefined, chance, limits);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(limits.capMs);
      }),
    );
  });

  it('obeys a Retry-After within its limits, and spreads over at most one base delay', () => {
    const asked = fc.oneof(fc.integer(), fc.constantFrom(Number.POSITIVE_INFINITY, -1, 0));
    fc.assert(
      fc.property(attempts, asked, random, policy, (charged, retryAfterMs, chance, limits) => {
        const wanted = Math.min(limits.capMs, Math.max(limits.minRetryAfterMs, retryAfterMs));
        const delay = retryDelayMs(charged, retryAfterMs, chance, limits);
        expect(delay).toBeGreaterThanOrEqual(wanted);
        expect(delay).toBeLessThanOrEqual(wanted + limits.baseMs);
      }),
    );
  });

  it('doubles its upper bound with every charged attempt until the cap', () => {
    const bounds = [1, 2, 3, 6, 7, 8, 1_000].map((charged) => retryDelayMs(charged, undefined, highest));
    expect(bounds).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('may wait not at all: the jitter is full', () => {
    expect(retryDelayMs(5, undefined, () => 0)).toBe(0);
    expect(retryDelayMs(5, 0, () => 0)).toBe(defaultRetryPolicy.minRetryAfterMs);
  });
});
