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

  it('takes money as the decimal that it is, and requests as a number', () => {
    const entries = ['FREE.maxCostUsdPerDay=2.50', 'PRO.maxCostUsdPerDay=none', 'FREE.requestsPerMinute=120'];
    expect(changePlanLimits(entries)).toMatchObject({
      FREE: { maxCostUsdPerDay: '2.50', requestsPerMinute: 120 },
      PRO: { maxCostUsdPerDay: null, requestsPerMinute: 6_000 },
    });
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
    'FREE.maxRunning=1.5',
    'FREE.requestsPerMinute=0',
    'FREE.maxCostUsdPerDay=-1',
    'FREE.maxCostUsdPerDay=1e3',
    'FREE.maxCostUsdPerDay=1.',
    'FREE.maxCostUsdPerDay=.5',
    'FREE.maxCostUsdPerDay=1.0000001',
    'FREE.maxCostUsdPerDay=true',
    'FREE.maxTimeoutMs=999',
    'FREE.criticalPriority=1',
    'FREE.toString=1',
    'FREE.price=1',
    'free.maxRunning=1',
  ])('refuses %s', (entry) => {
    expect(changePlanLimits([entry])).toHaveProperty('problem');
  });
});
