import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cleanText } from './clean-text.ts';

/** Any sequence of UTF-16 code units, NUL and lone surrogates included. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom(0, 0xd800, 0xdfff, 0x41), fc.nat({ max: 0xffff })))
  .map((units) => String.fromCharCode(...units));

describe('cleanText', () => {
  it('makes any text storable', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const cleaned = cleanText(text).text;
        expect(cleaned.isWellFormed()).toBe(true);
        expect(cleaned).not.toContain('\0');
      }),
    );
  });

  it('changes nothing that is storable, and says whether it changed anything', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const cleaned = cleanText(text);
        expect(cleaned.changed).toBe(cleaned.text !== text);
        expect(cleanText(cleaned.text)).toEqual({ text: cleaned.text, changed: false });
      }),
    );
  });

  it('puts one U+FFFD in the place of each NUL and each lone surrogate, and keeps pairs', () => {
    expect(cleanText('a\0b\ud800c\udc00 😀')).toEqual({ text: 'a\ufffdb\ufffdc\ufffd 😀', changed: true });
  });
});
