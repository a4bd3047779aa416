import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideDelivery, deliveryDelaysMs, endpointPauseMs, maxDeliveryTries } from './decide-delivery.ts';

const refused = { statusCode: 500, errorCode: 'WEBHOOK_REFUSED' } as const;
const hour = 3_600_000;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((value) => () => value);

describe('decideDelivery', () => {
  it('tries again over a day and a few hours, then gives up', () => {
    const decisions = Array.from({ length: maxDeliveryTries }, (_, index) =>
      decideDelivery(refused, index + 1, () => 0),
    );
    const delays = decisions.flatMap((one) => (one.kind === 'retry' ? [one.delayMs] : []));
    expect(delays).toEqual(deliveryDelaysMs);
    expect(delays.reduce((sum, delay) => sum + delay) / hour).toBeCloseTo(27.6, 1);
    expect(decisions.at(-1)).toEqual({ kind: 'failed', disable: null });
  });

  it('lengthens each wait by at most a fifth, and never shortens it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: maxDeliveryTries - 1 }), random, (tries, chance) => {
        const decision = decideDelivery(refused, tries, chance);
        const delay = deliveryDelaysMs[tries - 1] ?? 0;
        const waited = decision.kind === 'retry' ? decision.delayMs : -1;
        expect(waited).toBeGreaterThanOrEqual(delay);
        expect(waited).toBeLessThanOrEqual(1.2 * delay);
      }),
    );
  });

  it('is done with what was delivered, whichever try it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), random, (tries, chance) => {
        const decision = decideDelivery({ statusCode: 204, errorCode: null }, tries, chance);
        expect(decision).toEqual({ kind: 'delivered' });
      }),
    );
  });

  it('switches an endpoint off that says it is gone for good', () => {
    const gone = { statusCode: 410, errorCode: 'WEBHOOK_REFUSED' } as const;
    expect(decideDelivery(gone, 1, () => 0)).toEqual({ kind: 'failed', disable: 'GONE' });
  });
});

describe('endpointPauseMs', () => {
  it('spares the first failures, then doubles up to a quarter of an hour', () => {
    const pauses = [0, 1, 4, 5, 6, 7, 8, 9, 10, 1_000_000].map(endpointPauseMs);
    expect(pauses.map((pause) => pause / 1_000)).toEqual([0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
  });
});
