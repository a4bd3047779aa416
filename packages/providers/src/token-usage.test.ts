import { describe, expect, it } from '@jest/globals';
import { estimateUsage, readUsage } from './token-usage.ts';

describe('readUsage', () => {
  it('takes the stated numbers', () => {
    const stated = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: {} };

    expect(readUsage(stated, 'm')).toEqual({ input: 10, output: 5, total: 15, model: 'm' });
  });

  it('adds up a missing total', () => {
    expect(readUsage({ prompt_tokens: 10, completion_tokens: 5 }, 'm')).toMatchObject({ total: 15 });
  });

  it('counts as output what only the total holds', () => {
    const stated = { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 };

    expect(readUsage(stated, 'm')).toMatchObject({ input: 20, output: 603, total: 623 });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 15],
    ['an empty object', {}],
    ['a negative number', { prompt_tokens: -1, completion_tokens: 5 }],
    ['a fraction', { prompt_tokens: 1.5, completion_tokens: 5 }],
    ['NaN', { prompt_tokens: Number.NaN, completion_tokens: 5 }],
    ['more than a double counts exactly', { prompt_tokens: 2 ** 53, completion_tokens: 5 }],
    ['text', { prompt_tokens: '10', completion_tokens: '5' }],
    ['a missing part', { prompt_tokens: 10, total_tokens: 15 }],
    ['a total of text', { prompt_tokens: 10, completion_tokens: 5, total_tokens: '15' }],
    ['a total below its parts', { prompt_tokens: 10, completion_tokens: 5, total_tokens: 14 }],
  ])('is null for %s', (_, stated) => {
    expect(readUsage(stated, 'm')).toBeNull();
  });
});

describe('estimateUsage', () => {
  it('takes four characters for a token, and rounds up', () => {
    expect(estimateUsage('12345', '1234', 'm')).toEqual({ input: 2, output: 1, total: 3, model: 'm' });
  });
});
