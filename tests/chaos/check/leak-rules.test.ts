import { describe, expect, it } from '@jest/globals';
import { findLeaks, slopePerMinute } from './leak-rules.ts';

function samplesOf(minutes: number, rssAt: (minute: number) => number, filesAt = (_: number) => 30) {
  return Array.from({ length: minutes * 60 }, (_, second) => ({
    at: second * 1_000,
    process: 'api',
    life: 1,
    rssMb: rssAt(second / 60),
    openFiles: filesAt(second / 60),
  }));
}

describe('findLeaks', () => {
  it('finds memory that grows by more than a megabyte a minute', () => {
    expect(findLeaks(samplesOf(20, (minute) => 100 + 1.5 * minute))).toMatchObject([
      { rule: 'I21', detail: 'api.1: memory grows by 1.50 MB a minute' },
    ]);
  });

  it('finds files that stay open', () => {
    const leaks = findLeaks(
      samplesOf(
        20,
        () => 100,
        (minute) => 30 + 10 * minute,
      ),
    );
    expect(leaks).toHaveLength(1);
  });

  it.each([
    ['peaks of the garbage collector', samplesOf(20, (minute) => 100 + (minute % 1) * 30)],
    ['a warm-up', samplesOf(20, (minute) => 100 + Math.min(3, minute) * 20)],
    ['a short life', samplesOf(5, (minute) => 100 + 10 * minute)],
  ])('forgives %s', (_, samples) => {
    expect(findLeaks(samples)).toEqual([]);
  });
});

describe('slopePerMinute', () => {
  it('is 0 of nothing', () => expect(slopePerMinute([])).toBe(0));
});
