import { describe, expect, it } from '@jest/globals';
import { readOutput } from './read-output.ts';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('readOutput', () => {
  it('returns the value and how it was found', () => {
    expect(readOutput('So: {"a":1}')).toEqual({ value: { a: 1 }, extraction: 'embedded' });
  });

  it('replaces NUL and lone surrogates that escapes brought in, in strings and names', () => {
    const output = '{"a\\u0000":["\\ud83d","x\\udc00y\\u0000"],"b":{"c":"\\ud83d\\ude00"}}';
    expect(readOutput(output)).toMatchObject({
      value: { 'a\uFFFD': ['\uFFFD', 'x\uFFFDy\uFFFD'], b: { c: '😀' } },
    });
  });

  it('replaces lone surrogates that stand in the text', () => {
    expect(readOutput('["\ud83d"]')).toMatchObject({ value: ['\uFFFD'] });
  });

  it('leaves an escaped backslash before u0000 alone', () => {
    expect(readOutput('["\\\\u0000"]')).toMatchObject({ value: ['\\u0000'] });
  });

  it('keeps a member named __proto__ as a member while cleaning', () => {
    const json = readOutput('{"__proto__":{"admin":"\\u0000"}}');
    expect(JSON.stringify(json)).toBe('{"value":{"__proto__":{"admin":"\uFFFD"}},"extraction":"whole"}');
  });

  it('reads 512 levels and refuses 513', () => {
    expect(readOutput(nested(512))).toMatchObject({ extraction: 'whole' });
    expect(readOutput(nested(513))).toEqual({
      problem: 'the output holds no complete JSON of at most 512 levels',
    });
  });

  it('refuses 100,000 levels in prose and as a whole', () => {
    expect(readOutput(nested(100_000))).toHaveProperty('problem');
    expect(readOutput(`So: ${nested(100_000)}`)).toHaveProperty('problem');
  });

  it('refuses a number that would be stored as null', () => {
    expect(readOutput('{"a":[1,-1e999]}')).toEqual({ problem: 'a number in the output is too large' });
  });

  it('says so when there is no JSON', () => {
    expect(readOutput('Sorry.')).toEqual({
      problem: 'the output holds no complete JSON of at most 512 levels',
    });
  });
});
