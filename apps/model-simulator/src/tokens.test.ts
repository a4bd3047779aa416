import { describe, expect, it } from '@jest/globals';
import { countTokens, countUsage } from './tokens.ts';

describe('countTokens', () => {
  it.each([
    ['', 1],
    ['a', 1],
    ['abcd', 1],
    ['abcde', 2],
    ['x'.repeat(400), 100],
  ])('counts a token for every four characters begun, at least one: %j', (text, tokens) => {
    expect(countTokens(text)).toBe(tokens);
  });
});

describe('countUsage', () => {
  it('counts prompt and completion alike and adds them up', () => {
    expect(countUsage('12345678', '123456789')).toEqual({
      prompt_tokens: 2,
      completion_tokens: 3,
      total_tokens: 5,
    });
  });
});
