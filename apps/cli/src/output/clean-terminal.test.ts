import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cleanLine, cleanTerminal, toJson } from './clean-terminal.ts';

describe('cleanTerminal', () => {
  it.each([
    ['colours and cursors', '\u001b[31mred\u001b[2J', '␛[31mred␛[2J'],
    ['a title for the window, and the bell that ends it', '\u001b]0;x\u0007', '␛]0;x␇'],
    ['a C1 control', 'a\u009b31m', 'a�31m'],
    ['what writes over the line', 'safe\rrm', 'safe␍rm'],
    ['another direction of writing', 'a\u202egnp.exe', 'a�gnp.exe'],
    ['rubbing out', 'ab\u007f\b', 'ab␡␈'],
  ])('makes %s visible', (_, text, shown) => {
    expect(cleanTerminal(text)).toBe(shown);
  });

  it('leaves lines, tabs, accents, Chinese and emoji as they are', () => {
    const text = 'Grüße\t日本 👩‍👩‍👧\nnext';
    expect(cleanTerminal(text)).toBe(text);
    expect(cleanTerminal('a\r\nb')).toBe('a\nb');
  });

  it('lets nothing through that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(cleanTerminal(text)).not.toMatch(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(cleanLine(text)).not.toMatch(/[\n\t\r]/);
      }),
    );
  });
});

describe('toJson', () => {
  it('lets nothing through either, and loses nothing', () => {
    expect(toJson('a\u009b31m\u202e\u007f')).toBe(String.raw`"a\u009b31m\u202e\u007f"`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(toJson({ text })).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(JSON.parse(toJson({ text }))).toEqual({ text });
      }),
    );
  });
});
