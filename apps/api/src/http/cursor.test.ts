import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { cursorParameter, encodeCursor, limitParameter, toPage } from './cursor.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64url');
const cursorOf = (...parts: unknown[]) => base64(JSON.stringify(parts));
const now = '2027-03-01T12:00:00.000Z';

describe('a cursor', () => {
  it('leads back to its place, for every time and id', () => {
    const year0To9999 = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') };
    const at = fc.date({ ...year0To9999, noInvalidDate: true });
    const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/));
    fc.assert(
      fc.property(at, id, (time, name) => {
        expect(cursorParameter.parse(encodeCursor({ at: time, id: name }))).toEqual({ at: time, id: name });
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a word', 'abc'],
    ['signs', '!!!%%%'],
    ['no JSON', base64('{')],
    ['an object', base64('{}')],
    ['too few parts', cursorOf(now)],
    ['too many parts', cursorOf(now, 'a', 'b')],
    ['no time', cursorOf('yesterday', 'a')],
    ['a time as a number', cursorOf(0, 'a')],
    ['a day that does not exist', cursorOf('2027-02-30T00:00:00.000Z', 'a')],
    ['a time far beyond', cursorOf('+275760-09-13T00:00:00.000Z', 'a')],
    ['no id', cursorOf(now, '')],
    ['NUL in the id', cursorOf(now, '\0')],
    ['SQL in the id', cursorOf(now, "' OR 1=1")],
    ['a long id', cursorOf(now, 'a'.repeat(65))],
    ['much of it', 'A'.repeat(100_000)],
  ])('that holds %s is refused', (_, text) => {
    expect(cursorParameter.safeParse(text).success).toBe(false);
  });

  it('that is any other text is refused, and nothing else happens', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json().map(base64), fc.base64String());
    fc.assert(fc.property(text, (garbage) => expect(cursorParameter.safeParse(garbage).success).toBe(false)));
  });
});

describe('limit', () => {
  const query = z.object({ limit: limitParameter });

  it('is 20 when it is left out, and may be 1 to 100', () => {
    expect([{}, { limit: '1' }, { limit: '100' }].map((one) => query.parse(one).limit)).toEqual([20, 1, 100]);
  });

  it.each([
    '',
    ' ',
    '0',
    '101',
    '-1',
    '1.5',
    '1e9',
    '1e1',
    '0x10',
    '+5',
    ' 5',
    'abc',
    'NaN',
    'Infinity',
    '9'.repeat(400),
  ])('cannot be %j', (limit) => {
    const { error } = query.safeParse({ limit });
    expect(error?.issues.map(({ message }) => message)).toEqual(['must be a whole number from 1 to 100']);
  });

  it('cannot be given twice', () => {
    expect(query.safeParse({ limit: ['10', '20'] }).success).toBe(false);
  });
});

describe('toPage', () => {
  const position = (id: string) => ({ at: new Date(now), id });

  it('cuts the entry too many and leads on from the last one shown', () => {
    const { data, nextCursor } = toPage(['a', 'b', 'c'], 2, position);
    expect(data).toEqual(['a', 'b']);
    expect(cursorParameter.parse(nextCursor)).toEqual(position('b'));
  });

  it.each([[[]], [['a']], [['a', 'b']]])('has no next page after %j', (entries: string[]) => {
    expect(toPage(entries, 2, position)).toEqual({ data: entries, nextCursor: null });
  });
});
