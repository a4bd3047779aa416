import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  PRIORITY_EPOCH_MS,
  PRIORITY_HANDICAP_UNITS,
  PRIORITY_MAX,
  PRIORITY_UNIT_MS,
  queuePriority,
} from './priority.ts';

const MINUTE_MS = 60_000;
const levels = ['CRITICAL', 'HIGH', 'NORMAL', 'LOW'] as const;

/** Any time at all, times around the borders of units above all. */
const anyTime = fc.oneof(
  fc.date({ noInvalidDate: true, max: new Date('9999-12-31T00:00:00Z') }).map((date) => date.getTime()),
  fc
    .tuple(fc.integer({ min: -10, max: PRIORITY_MAX + 10 }), fc.integer({ min: -2, max: 2 }))
    .map(([unit, offsetMs]) => PRIORITY_EPOCH_MS + unit * PRIORITY_UNIT_MS + offsetMs),
);
/** While the numbers last. */
const countedTime = fc.oneof(
  fc.integer({ min: PRIORITY_EPOCH_MS, max: Date.UTC(2045, 10, 1) }),
  fc.integer({ min: 0, max: 2_000_000 }).map((unit) => PRIORITY_EPOCH_MS + unit * PRIORITY_UNIT_MS),
);
const anyLevel = fc.constantFrom(...levels);
const at = (timeMs: number) => new Date(timeMs);

describe('queuePriority', () => {
  it('keeps the levels in strict order at any one time', () => {
    fc.assert(
      fc.property(anyTime, (timeMs) => {
        const numbers = levels.map((level) => queuePriority(level, at(timeMs)));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        expect(new Set(numbers).size).toBe(levels.length);
      }),
    );
  });

  it('stays within what BullMQ takes, and is never 0', () => {
    fc.assert(
      fc.property(anyLevel, anyTime, (level, timeMs) => {
        const number = queuePriority(level, at(timeMs));
        expect(Number.isInteger(number) && number >= 1 && number <= PRIORITY_MAX).toBe(true);
      }),
    );
  });

  it('never puts a later execution of the same level first', () => {
    fc.assert(
      fc.property(anyLevel, anyTime, fc.nat(), (level, timeMs, laterMs) => {
        expect(queuePriority(level, at(timeMs + laterMs))).toBeGreaterThanOrEqual(
          queuePriority(level, at(timeMs)),
        );
      }),
    );
  });

  it.each([
    ['LOW', 30],
    ['NORMAL', 20],
    ['HIGH', 10],
  ] as const)('puts nothing before a %s execution that was submitted %d minutes later', (level, minutes) => {
    fc.assert(
      fc.property(anyLevel, countedTime, fc.nat(), (other, timeMs, moreMs) => {
        const later = queuePriority(other, at(timeMs + minutes * MINUTE_MS + moreMs));
        expect(later).toBeGreaterThanOrEqual(queuePriority(level, at(timeMs)));
      }),
    );
  });

  it('gives each level a head start of at least five minutes over the next', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2),
        countedTime,
        fc.nat({ max: 5 * MINUTE_MS }),
        (index, timeMs, laterMs) => {
          const [urgent, other] = [levels[index] ?? 'LOW', levels[index + 1] ?? 'LOW'];
          expect(queuePriority(urgent, at(timeMs + laterMs))).toBeLessThan(queuePriority(other, at(timeMs)));
        },
      ),
    );
  });

  it('refuses an invalid date, which BullMQ would run before everything', () => {
    expect(() => queuePriority('LOW', new Date(Number.NaN))).toThrow(RangeError);
  });

  it('is one more than the units since 2026 and the handicap', () => {
    expect(queuePriority('CRITICAL', new Date('2026-01-01T00:00:00Z'))).toBe(1);
    expect(queuePriority('HIGH', new Date('2026-01-01T00:04:59.999Z'))).toBe(
      1 + PRIORITY_HANDICAP_UNITS.HIGH,
    );
    expect(queuePriority('LOW', new Date('2026-01-01T00:05:00Z'))).toBe(2 + PRIORITY_HANDICAP_UNITS.LOW);
    expect(queuePriority('LOW', new Date('2045-12-08T18:00:00Z'))).toBe(PRIORITY_MAX);
  });
});
