import { describe, expect, it } from '@jest/globals';
import { chaosPrice } from '../rig/settings.ts';
import { costOf, parseUsd, roundToMicros, toUsd } from './money.ts';

describe('money', () => {
  it('takes the price that the workers are told', () => {
    expect(toUsd(costOf(1_000_000, 0))).toBe(`${chaosPrice.inputPerMillion}000000`);
    expect(toUsd(costOf(0, 1_000_000))).toBe(`${chaosPrice.outputPerMillion}000000`);
  });

  it('reads and writes decimals without losing a digit', () => {
    for (const decimal of ['0.000085816083', '12.000000000001', '9999.999999999999'])
      expect(toUsd(parseUsd(decimal))).toBe(decimal);
    expect(parseUsd('0')).toBe(0n);
    expect(parseUsd('1.5')).toBe(1_500_000_000_000n);
  });

  it('rounds half up to six places', () => {
    expect(toUsd(roundToMicros(parseUsd('0.000001500000')))).toBe('0.000002000000');
    expect(toUsd(roundToMicros(parseUsd('0.000001499999')))).toBe('0.000001000000');
  });
});
