import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRetryBudget, defaultRetryBudget } from './retry-budget.ts';

const { capacity } = defaultRetryBudget;

function setup(policy = defaultRetryBudget) {
  let now = 5_000;
  const budget = createRetryBudget({ monotonicMs: () => now }, policy);
  return {
    ...budget,
    pass: (ms: number) => {
      now += ms;
    },
    now: () => now,
    mayRetry: (key = 'key') => !budget.empty().includes(key),
    spendMany(count: number, key = 'key') {
      for (let number = 0; number < count; number += 1) budget.spend(key);
    },
  };
}

describe('createRetryBudget', () => {
  it('lets a hundred retries start at once, and then one a second', () => {
    const budget = setup();
    budget.spendMany(capacity - 1);
    expect(budget.mayRetry()).toBe(true);
    budget.spend('key');
    expect(budget.mayRetry()).toBe(false);
    budget.pass(999);
    expect(budget.mayRetry()).toBe(false);
    budget.pass(1);
    expect(budget.mayRetry()).toBe(true);
  });

  it('makes room for one with each success', () => {
    const budget = setup();
    budget.spendMany(capacity);
    budget.succeeded('key');
    expect(budget.mayRetry()).toBe(true);
    budget.spend('key');
    expect(budget.mayRetry()).toBe(false);
  });

  it('never holds more than a hundred', () => {
    const budget = setup();
    budget.spend('key');
    budget.pass(3_600_000);
    for (let number = 0; number < 10; number += 1) budget.succeeded('key');
    budget.spendMany(capacity);
    expect(budget.mayRetry()).toBe(false);
  });

  it('never owes more than a hundred, however many start together', () => {
    const budget = setup();
    budget.spendMany(10 * capacity);
    budget.pass((capacity + 1) * 1_000);
    expect(budget.mayRetry()).toBe(true);
  });

  it('counts each key for itself', () => {
    const budget = setup();
    budget.spendMany(2 * capacity, 'down');
    expect(budget.mayRetry('up')).toBe(true);
    expect(budget.empty()).toEqual(['down']);
  });

  it('forgets the key that was used longest ago when there are too many', () => {
    const budget = setup({ capacity: 1, refillMs: 1_000, maxKeys: 2 });
    for (const key of ['first', 'second', 'first', 'third']) budget.spend(key);
    expect(budget.empty()).toEqual(['first', 'third']);
  });

  it('lets no more retries start in any time than a full bucket, the refill and the successes allow', () => {
    const happening = fc.oneof(
      { weight: 5, arbitrary: fc.constant('retry' as const) },
      { weight: 1, arbitrary: fc.constant('succeed' as const) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
    );
    const policy = fc.record({
      capacity: fc.integer({ min: 1, max: 20 }),
      refillMs: fc.integer({ min: 1, max: 2_000 }),
      maxKeys: fc.constant(10),
    });
    fc.assert(
      fc.property(policy, fc.array(happening, { maxLength: 300 }), (limits, story) => {
        const budget = setup(limits);
        const startedAt = budget.now();
        let [started, successes] = [0, 0];
        for (const what of story) {
          if (what === 'succeed') {
            budget.succeeded('key');
            successes += 1;
          } else if (what !== 'retry') budget.pass(what);
          else if (budget.mayRetry()) {
            budget.spend('key');
            started += 1;
          }
          const refilled = (budget.now() - startedAt) / limits.refillMs;
          // A thousandth for rounding.
          expect(started).toBeLessThanOrEqual(limits.capacity + refilled + successes + 0.001);
        }
      }),
    );
  });

  it('treats a key as if there were no other', () => {
    const happening = fc.oneof(
      fc.record({ what: fc.constantFrom('spend', 'succeeded'), key: fc.constantFrom('ours', 'a', 'b') }),
      fc.integer({ min: 0, max: 3_000 }),
    );
    const limits = { capacity: 3, refillMs: 1_000, maxKeys: 10 };
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 100 }), (story) => {
        const [shared, alone] = [setup(limits), setup(limits)];
        for (const one of story) {
          for (const budget of [shared, alone]) {
            if (typeof one === 'number') budget.pass(one);
            else if (budget === shared || one.key === 'ours')
              budget[one.what === 'spend' ? 'spend' : 'succeeded'](one.key);
          }
          expect(shared.mayRetry('ours')).toBe(alone.mayRetry('ours'));
        }
      }),
    );
  });
});
