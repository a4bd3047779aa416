import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { facts, table } from './table.ts';
import { padTo, shorten, widthOf } from './width.ts';

describe('table', () => {
  it('lines up its columns, and shows what is missing as a dash', () => {
    expect(
      table(
        ['Id', 'Name'],
        [
          ['1', 'one'],
          [22, null],
        ],
      ),
    ).toBe('Id  Name\n1   one\n22  –');
  });

  it('keeps a cell in its line', () => {
    expect(table(['A'], [['x\ny\u001b[1m']])).toBe('A\nx⏎y␛[1m');
  });

  it('leaves ids whole, however narrow the terminal is', () => {
    const id = '019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b';
    for (const columns of [80, 60, 20]) {
      const [, row = ''] = table(['Id', 'Name'], [[id, 'b'.repeat(100)]], columns).split('\n');
      expect(row).toContain(id);
      expect(widthOf(row)).toBeLessThanOrEqual(Math.max(columns, id.length + 10));
    }
  });

  it('has as many rows as there are', () => {
    expect(table(['A'], Array(200_000).fill(['x'])).length).toBe(2 * 200_001 - 1);
  });

  it('counts wide signs as two columns', () => {
    expect(table(['Name', 'X'], [['日本', 'a']])).toBe('Name  X\n日本  a');
  });

  it('fits into the terminal, the widest columns first, unless it is too narrow for any table', () => {
    const rows = [['short', 'a'.repeat(300), 'b'.repeat(100)]];
    for (const columns of [200, 80, 40]) {
      const lines = table(['One', 'Two', 'Three'], rows, columns).split('\n');
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      expect(lines[1]).toContain('short');
    }
    expect(table(['One', 'Two', 'Three'], rows)).toContain('a'.repeat(300));
    expect(table(['One', 'Two', 'Three'], rows, 1)).toContain('short');
  });
});

describe('facts', () => {
  it('puts each in a line', () => {
    expect(
      facts([
        ['Id', 1],
        ['Status', 'a\nb'],
      ]),
    ).toBe('Id      1\nStatus  a⏎b');
  });
});

describe('shorten', () => {
  it('cuts between signs, and never makes more columns than there are', () => {
    expect(shorten('日本語', 5)).toBe('日本…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, columns) => {
        expect(widthOf(shorten(text, columns))).toBeLessThanOrEqual(Math.max(columns, 1));
        expect(widthOf(padTo(text, columns))).toBeGreaterThanOrEqual(columns);
      }),
    );
  });
});
