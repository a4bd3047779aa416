import { describe, expect, it } from '@jest/globals';
import { type CatalogueEntry, catalogue, isErrorCode } from './catalogue.ts';

const entries: Array<[string, CatalogueEntry]> = Object.entries(catalogue);

describe('catalogue', () => {
  it.each(entries)('%s has a code in capitals, an error status, a title and an advice', (code, entry) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(entry.httpStatus).toBeGreaterThanOrEqual(400);
    expect(entry.httpStatus).toBeLessThan(600);
    expect(entry.title).toMatch(/^[A-Z].*[^.]$/);
    expect(entry.advice).toMatch(/^[A-Z].*\.$/);
  });

  it('tells each error by a title of its own', () => {
    expect(new Set(entries.map(([, entry]) => entry.title)).size).toBe(entries.length);
  });

  it('gives the caller no reason to repeat what was refused, and no status of the 500s', () => {
    const refused = entries.filter(([code]) =>
      /^(INVALID|UNAUTHENTICATED|FORBIDDEN|NOT_FOUND|PLAN|PROMPT)/.test(code),
    );
    for (const [, entry] of refused) {
      expect(entry).toMatchObject({ fault: 'caller', retryable: false });
      expect(entry.httpStatus).toBeLessThan(500);
    }
  });
});

describe('isErrorCode', () => {
  it('knows every code of the catalogue', () => {
    expect(entries.map(([code]) => isErrorCode(code))).not.toContain(false);
  });

  it.each(['NOPE', 'internal', '', 'toString', '__proto__', 'constructor', null, undefined, 42])(
    'does not know %j',
    (value) => {
      expect(isErrorCode(value)).toBe(false);
    },
  );
});
