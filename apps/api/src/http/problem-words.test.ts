import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { wordsFor } from './problem-words.ts';

function said(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value, { reportInput: true, error: wordsFor });
  return (error?.issues ?? []).map(({ message }) => message);
}

describe('wordsFor', () => {
  it.each([
    ['is required', z.string(), undefined],
    ['must be a string', z.string(), 5],
    ['must be a number', z.number(), '5'],
    ['must be a whole number', z.int(), 1.5],
    ['must be true or false', z.boolean(), 'yes'],
    ['must be an array', z.array(z.string()), {}],
    ['must be an object', z.strictObject({}), []],
    ['must be an object', z.record(z.string(), z.unknown()), []],
    ['must be one of "LOW", "HIGH"', z.enum(['LOW', 'HIGH']), 'low'],
    ['must be true', z.literal(true), false],
    ['must not be empty', z.string().min(1), ''],
    ['must have at least 2 characters', z.string().min(2), 'a'],
    ['must have at most 1 character', z.string().max(1), 'ab'],
    ['must have at least 1 entry', z.array(z.string()).min(1), []],
    ['must have at most 2 entries', z.array(z.number()).max(2), [1, 2, 3]],
    ['must be at least 1', z.number().min(1), 0],
    ['must be at most 9', z.int().max(9), 10],
    ['must be more than 0', z.number().gt(0), 0],
    ['must be less than 1', z.number().lt(1), 1],
  ])('says that it %s', (words, schema, value) => {
    expect(said(schema, value)).toEqual([words]);
  });

  it('leaves what a schema says itself', () => {
    expect(said(z.string({ error: 'must be a name' }).min(3, { error: 'is short' }), 'ab')).toEqual([
      'is short',
    ]);
    expect(said(z.string({ error: 'must be a name' }), undefined)).toEqual(['must be a name']);
  });
});
