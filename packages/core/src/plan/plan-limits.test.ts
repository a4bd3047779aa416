import { describe, expect, it } from '@jest/globals';
import { changePlanLimits, defaultPlanLimits } from './plan-limits.ts';

describe('changePlanLimits', () => {
  it('leaves every limit as it is when nothing is asked for', () => {
    expect(changePlanLimits([])).toEqual(defaultPlanLimits);
  });

  it('changes what is named and nothing else', () => {
    const entries = ['FREE.maxRunning=4', 'PRO.maxWaiting=none', 'FREE.criticalPriority=true'];
    expect(changePlanLimits(entries)).toEqual({
      ...defaultPlanLimits,
      FREE: { ...defaultPlanLimits.FREE, maxRunning: 4, criticalPriority: true },
      PRO: { ...defaultPlanLimits.PRO, maxWaiting: null },
    });
    expect(defaultPlanLimits.FREE.maxRunning).toBe(2);
  });

  it('does not give more attempts to a request that does not say than to one that does', () => {
    expect(changePlanLimits(['PRO.maxAttempts=1'])).toMatchObject({ PRO: { defaultMaxAttempts: 1 } });
  });

  it.each([
    'GOLD.maxRunning=4',
    'FREE.maxRunning',
    'FREE.maxRunning=0',
    'FREE.maxRunning=-1',
    'FREE.maxRunning=many',
    'FREE.maxAttempts=none',
    'FREE.maxTimeoutMs=999',
    'FREE.criticalPriority=1',
    'FREE.toString=1',
    'FREE.price=1',
    'free.maxRunning=1',
  ])('refuses %s', (entry) => {
    expect(changePlanLimits([entry])).toHaveProperty('problem');
  });
});
