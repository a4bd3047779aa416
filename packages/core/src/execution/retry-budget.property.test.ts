import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRetryBudget, defaultRetryBudget } from './retry-budget.ts';

const { capacity, refillMs } = defaultRetryBudget;

function setup(policy = defaultRetryBudget) {
  let now = 5_000;
  const budget = createRetryBudget({ monotonicMs: () => now }, policy);
  return {
    budget,
    pass: (ms: number) => {
      now += ms;
    },
    now: () => now,
  };
}

/** Takes so many retries at once. @returns how long each must wait. */
function reserveMany(budget: ReturnType<typeof setup>['budget'], count: number, key = 'model'): number[] {
  return Array.from({ length: count }, () => budget.reserve(key));
}

describe('createRetryBudget', () => {
  it('lets a hundred retries go at once, then one a second', () => {
    const { budget } = setup();
    expect(reserveMany(budget, capacity).every((waitMs) => waitMs === 0)).toBe(true);
    expect(reserveMany(budget, 3)).toEqual([1_000, 2_000, 3_000]);
  });

  it('gives one back each second, and one for each success', () => {
    const { budget, pass } = setup();
    reserveMany(budget, capacity);
    pass(1_000);
    expect(reserveMany(budget, 2)).toEqual([0, 1_000]);
    budget.succeeded('model');
    budget.succeeded('model');
    expect(reserveMany(budget, 2)).toEqual([0, 1_000]);
  });

  it('never holds more than a hundred', () => {
    const { budget, pass } = setup();
    budget.reserve('model');
    pass(3_600_000);
    for (let count = 0; count < 10; count += 1) budget.succeeded('model');
    expect(reserveMany(budget, capacity + 1).at(-1)).toBe(1_000);
  });

  it('counts each model for itself', () => {
    const { budget } = setup();
    reserveMany(budget, 2 * capacity, 'down');
    expect(budget.reserve('up')).toBe(0);
  });

  it('forgets the model that was used longest ago when there are too many', () => {
    const { budget } = setup({ capacity: 1, refillMs, maxKeys: 2 });
    for (const key of ['first', 'second', 'first', 'third']) budget.reserve(key);
    expect(budget.reserve('first')).toBe(2_000);
    expect(budget.reserve('second')).toBe(0);
  });

  it('lets no more retries come due in any time than a full bucket, the refill and the successes allow', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant('reserve' as const) },
      { weight: 1, arbitrary: fc.constant('succeed' as const) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
    );
    const policy = fc.record({
      capacity: fc.integer({ min: 1, max: 20 }),
      refillMs: fc.integer({ min: 1, max: 2_000 }),
      maxKeys: fc.constant(10),
    });
    fc.assert(
      fc.property(policy, fc.array(step, { maxLength: 300 }), (limits, steps) => {
        const { budget, pass, now } = setup(limits);
        const startedAt = now();
        const dueAt: number[] = [];
        let successes = 0;
        for (const one of steps) {
          if (one === 'reserve') dueAt.push(now() + budget.reserve('model'));
          else if (one === 'succeed') {
            budget.succeeded('model');
            successes += 1;
          } else pass(one);
        }
        for (const until of dueAt) {
          const due = dueAt.filter((at) => at <= until).length;
          const refilled = (until - startedAt) / limits.refillMs;
          // One more for rounding; successes count wherever they lie, which only allows more.
          expect(due).toBeLessThanOrEqual(limits.capacity + refilled + successes + 1);
        }
      }),
    );
  });

  it('lets retries come at the rate of the refill while nothing succeeds and the bucket is empty', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 2, maxLength: 100 }), (gaps) => {
        const { budget, pass, now } = setup();
        reserveMany(budget, capacity);
        const dueAt = gaps.map((gap) => {
          pass(gap);
          return now() + budget.reserve('model');
        });
        const between = dueAt.slice(1).map((at, index) => at - (dueAt[index] ?? 0));
        // A millisecond for rounding.
        expect(Math.min(...between)).toBeGreaterThanOrEqual(refillMs - 1);
      }),
    );
  });
});
