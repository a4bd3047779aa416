import { describe, expect, it } from '@jest/globals';
import { createTenantDebts } from './tenant-debts.ts';

describe('createTenantDebts', () => {
  it('makes a tenant slow that has used more than half a second, and nobody else', () => {
    const debts = createTenantDebts();
    debts.charge('a', 500, 0);
    expect(debts.isSlow('a', 0, 0)).toBe(false);
    debts.charge('a', 1, 0);
    expect(debts.isSlow('a', 0, 0)).toBe(true);
    expect(debts.isSlow('b', 0, 0)).toBe(false);
  });

  it('counts what is still running', () => {
    expect(createTenantDebts().isSlow('a', 501, 0)).toBe(true);
  });

  it('forgives a tenth of the time that passes', () => {
    const debts = createTenantDebts();
    debts.charge('a', 1_500, 0);
    expect(debts.isSlow('a', 0, 9_990)).toBe(true);
    expect(debts.isSlow('a', 0, 10_000)).toBe(false);
  });

  it('never makes a tenant slow whose verdicts take half a millisecond, 200 times a second', () => {
    const debts = createTenantDebts();
    for (let now = 0; now < 600_000; now += 5) debts.charge('a', 0.5, now);
    expect(debts.isSlow('a', 0, 600_000)).toBe(false);
  });
});
