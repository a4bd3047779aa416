import { isFormaError } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { invalidRequest, parseOrRefuse } from './parse.ts';

const schema = z.strictObject({
  name: z.string().max(5),
  level: z.enum(['LOW', 'HIGH']),
  count: z.int().min(1).max(9).optional(),
  'a/b~c': z.strictObject({ list: z.array(z.boolean()) }).optional(),
  odd: z
    .number()
    .refine((value) => value % 2 === 1, { error: 'must be odd', params: { code: 'NOT_ODD' } })
    .optional(),
});

/** What is said about a value, as `code pointer`. */
function problemsOf(value: unknown): string[] {
  return refusalOf(() => parseOrRefuse(schema, value)).map(({ code, pointer }) => `${code} ${pointer}`);
}

function refusalOf(act: () => unknown): Array<{ code: string; pointer: string; detail: string }> {
  try {
    act();
  } catch (error) {
    if (isFormaError(error) && error.code === 'INVALID_REQUEST') return error.details?.['errors'] as never;
    throw error;
  }
  throw new Error('nothing was refused');
}

const good = { name: 'Ada', level: 'LOW' };

describe('parseOrRefuse', () => {
  it('gives back what fits', () => {
    expect(parseOrRefuse(schema, good)).toEqual(good);
  });

  it.each([
    ['what is missing', { level: 'LOW' }, ['REQUIRED /name']],
    ['the wrong type', { ...good, name: 5 }, ['INVALID_TYPE /name']],
    ['null', { ...good, name: null }, ['INVALID_TYPE /name']],
    ['the whole value', null, ['INVALID_TYPE ']],
    ['no value at all', undefined, ['REQUIRED ']],
    ['none of the options', { ...good, level: 'low' }, ['INVALID_ENUM /level']],
    [
      'too long, too small and too large',
      { name: 'Babbage', level: 'LOW', count: 0 },
      ['OUT_OF_RANGE /name', 'OUT_OF_RANGE /count'],
    ],
    ['an unknown field', { ...good, admin: true }, ['UNKNOWN_FIELD /admin']],
    [
      'fields deep inside, with an escaped pointer',
      { ...good, 'a/b~c': { list: [true, 1], x: 1 } },
      ['INVALID_TYPE /a~1b~0c/list/1', 'UNKNOWN_FIELD /a~1b~0c/x'],
    ],
    ['a rule of its own, by its own code', { ...good, odd: 2 }, ['NOT_ODD /odd']],
  ])('points at %s', (_, value, expected) => {
    expect(problemsOf(value)).toEqual(expected);
  });

  it('tells every problem at once', () => {
    expect(problemsOf({ name: 1, level: 2, count: 10, x: 1, y: 2 })).toEqual([
      'INVALID_TYPE /name',
      'INVALID_ENUM /level',
      'OUT_OF_RANGE /count',
      'UNKNOWN_FIELD /x',
      'UNKNOWN_FIELD /y',
    ]);
  });

  it('says what is missing in a word', () => {
    expect(refusalOf(() => parseOrRefuse(schema, { level: 'LOW' }))).toEqual([
      { pointer: '/name', code: 'REQUIRED', detail: 'is required' },
    ]);
  });

  it('never repeats a value', () => {
    const secret = 'canary-5f3a';
    const value = { name: secret, level: secret, count: secret, 'a/b~c': secret, odd: secret };
    expect(JSON.stringify(refusalOf(() => parseOrRefuse(schema, value)))).not.toContain('canary');
  });

  it('cuts long names of fields', () => {
    expect(problemsOf({ ...good, ['k'.repeat(5_000)]: 1 })).toEqual([`UNKNOWN_FIELD /${'k'.repeat(100)}`]);
  });
});

describe('invalidRequest', () => {
  it('keeps the first 100 problems: a body of many must not become an answer of more', () => {
    const problems = Array.from({ length: 5_000 }, (_, index) => ({
      pointer: `/${index}`,
      code: 'X',
      detail: 'no',
    }));
    expect(
      refusalOf(() => {
        throw invalidRequest(problems);
      }),
    ).toEqual(problems.slice(0, 100));
  });
});
