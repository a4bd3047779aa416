import { describe, expect, it } from '@jest/globals';
import { timeOf } from './metrics.ts';

const now = new Date('2026-01-31T09:30:00Z');

describe('timeOf', () => {
  it.each([
    ['30m', '2026-01-31T09:00:00.000Z'],
    ['24h', '2026-01-30T09:30:00.000Z'],
    ['7d', '2026-01-24T09:30:00.000Z'],
    ['2026-01-01', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T02:00:00+02:00', '2026-01-01T00:00:00.000Z'],
  ])('takes %s for %s', (text, time) => {
    expect(timeOf(text, now)).toBe(time);
  });

  it.each(['', 'yesterday', '5', '2026-13-01', '1e3d'])('does not take "%s"', (text) => {
    expect(() => timeOf(text, now)).toThrow('--since must look like');
  });
});
