import { describe, expect, it } from '@jest/globals';
import { requireFewParts, windowOf } from './metrics-window.ts';

const now = new Date('2030-01-02T12:34:56.789Z');
const time = (text: string) => new Date(text);
const day = 86_400_000;

const problemOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as { details: { errors: object[] } }).details.errors;
  }
  return null;
};

describe('windowOf', () => {
  it('is the last 24 hours where nothing is said', () => {
    expect(windowOf({}, now)).toEqual({ from: time('2030-01-01T12:34:56.789Z'), to: now });
  });

  it('begins 24 hours before an end, and ends now', () => {
    const to = time('2029-05-05T00:00:00Z');
    expect(windowOf({ to }, now).from).toEqual(time('2029-05-04T00:00:00Z'));
    const from = time('2030-01-02T00:00:00Z');
    expect(windowOf({ from }, now)).toEqual({ from, to: now });
  });

  it('is refused when it is empty or longer than 92 days', () => {
    const from = (ms: number) => ({ from: new Date(now.getTime() - ms), to: now });
    expect(windowOf(from(92 * day), now)).toEqual(from(92 * day));
    for (const ms of [0, -1, 92 * day + 1])
      expect(problemOf(() => windowOf(from(ms), now))).toMatchObject([
        { pointer: '/from', code: 'OUT_OF_RANGE' },
      ]);
  });
});

describe('requireFewParts', () => {
  it('counts the parts that a time touches', () => {
    const from = time('2030-01-01T00:00:30Z');
    const to = (minutes: number) => new Date(from.getTime() + minutes * 60_000);
    expect(problemOf(() => requireFewParts({ from, to: to(1_499) }, 60_000))).toBeNull();
    expect(problemOf(() => requireFewParts({ from, to: to(1_500) }, 60_000))).toMatchObject([
      { pointer: '/step', code: 'OUT_OF_RANGE', detail: expect.stringContaining('1501 parts') },
    ]);
  });
});
