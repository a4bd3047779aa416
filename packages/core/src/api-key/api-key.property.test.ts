import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { apiKeyPattern, createApiKey, isWellFormedApiKey } from './api-key.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A key made of 30 chosen random numbers. */
const anyKey = fc
  .array(fc.nat({ max: alphabet.length - 1 }), { minLength: 30, maxLength: 30 })
  .map((numbers) => {
    const rest = numbers.values();
    return createApiKey(() => rest.next().value ?? 0);
  });

describe('createApiKey', () => {
  it('makes keys of the published form that are well formed', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(key).toMatch(apiKeyPattern);
        expect(isWellFormedApiKey(key)).toBe(true);
      }),
    );
  });

  it('asks for 30 numbers below 62 and uses each of them', () => {
    const asked: number[] = [];
    const key = createApiKey((below) => asked.push(below) - 1);
    expect(asked).toEqual(Array(30).fill(62));
    expect(key.slice(0, 'fo_live_'.length + 30)).toBe(`fo_live_${alphabet.slice(0, 30)}`);
  });
});

describe('isWellFormedApiKey', () => {
  it('detects any change of a single character', () => {
    fc.assert(
      fc.property(
        anyKey,
        fc.nat({ max: 43 }),
        fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
        (key, place, character) => {
          fc.pre(key[place] !== character);
          expect(isWellFormedApiKey(key.slice(0, place) + character + key.slice(place + 1))).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each(['', 'fo_live_', 'Bearer fo_live_x', `fo_test_${'0'.repeat(36)}`, `fo_live_${'ä'.repeat(36)}`])(
    'refuses %j, which has not the form',
    (text) => {
      expect(isWellFormedApiKey(text)).toBe(false);
    },
  );

  it('refuses a key with anything around it', () => {
    const key = createApiKey(() => 7);
    for (const text of [`${key}\n`, ` ${key}`, `${key}0`, key.slice(0, -1)]) {
      expect(isWellFormedApiKey(text)).toBe(false);
    }
  });
});
