import { describe, expect, it } from '@jest/globals';
import { createTurns } from './turns.ts';

describe('createTurns', () => {
  it.each([1, 2, 7, 150, 1_000])('comes by each of %i once in a round', (size) => {
    const all = new Set(Array.from({ length: size }, (_, index) => index));
    const next = createTurns(all, 100, 15_000);
    const visits = Array.from({ length: size }, () => 0);
    // Ten rounds, and a turn for what rounding leaves over.
    for (let turn = 0; turn < 1_501; turn += 1)
      for (const one of next()) visits[one] = (visits[one] ?? 0) + 1;
    expect(Math.min(...visits)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...visits)).toBeLessThanOrEqual(11);
  });

  it('spreads them over the round', () => {
    const all = new Set(Array.from({ length: 300 }, (_, index) => index));
    const next = createTurns(all, 100, 15_000);
    const sizes = Array.from({ length: 150 }, () => next().length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
  });

  it('follows a set that changes, and rests while it is empty', () => {
    const all = new Set<string>();
    const next = createTurns(all, 1, 2);
    expect([next(), next()]).toEqual([[], []]);
    all.add('a');
    expect([next(), next()]).toEqual([[], ['a']]);
    all.delete('a');
    all.add('b');
    expect([next(), next()]).toEqual([[], ['b']]);
  });
});
