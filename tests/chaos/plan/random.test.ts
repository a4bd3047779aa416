import { describe, expect, it } from '@jest/globals';
import { logNormal, mulberry32, nextGap, shuffled, weighted } from './random.ts';

const many = 20_000;
const draw = <T>(one: (random: () => number) => T) => {
  const random = mulberry32(5);
  return Array.from({ length: many }, () => one(random));
};
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('mulberry32', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const [one, same, other] = [mulberry32(1), mulberry32(1), mulberry32(2)];
    const first = [one(), one(), one()];
    expect([same(), same(), same()]).toEqual(first);
    expect([other(), other(), other()]).not.toEqual(first);
  });

  it('spreads evenly from 0 to 1', () => {
    const values = draw((random) => random());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(mean(values)).toBeCloseTo(0.5, 1);
  });
});

describe('what is drawn', () => {
  it('has the mean gap that was asked for', () => {
    expect(mean(draw((random) => nextGap(random, 25)))).toBeCloseTo(25, -1);
  });

  it('has the median and the 99th percentile that were asked for', () => {
    const values = draw((random) => logNormal(random, { p50: 80, p99: 2_000 })).sort(
      (one, other) => one - other,
    );
    expect(values[many / 2]).toBeGreaterThan(70);
    expect(values[many / 2]).toBeLessThan(90);
    expect(values[many * 0.99]).toBeGreaterThan(1_500);
    expect(values[many * 0.99]).toBeLessThan(2_600);
  });

  it('follows the weights', () => {
    const heads = draw((random) => weighted(random, [['heads', 3] as const, ['tails', 1] as const]));
    expect(heads.filter((side) => side === 'heads').length / many).toBeCloseTo(0.75, 1);
  });

  it('loses nothing in a shuffle', () => {
    expect(shuffled(mulberry32(3), [1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
  });
});
