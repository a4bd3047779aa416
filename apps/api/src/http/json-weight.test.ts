import { describe, expect, it } from '@jest/globals';
import { findJsonWeight } from './json-weight.ts';

const weigh = (text: string, maxDepth = 3) => findJsonWeight(Buffer.from(text), maxDepth);

describe('findJsonWeight', () => {
  it('finds what is nested too deeply, in arrays, objects or both', () => {
    expect(weigh('[[{"a":1}],[[]],{"b":[2]}]')).toBeUndefined();
    for (const text of ['[[[[]]]]', '{"a":{"b":{"c":{}}}}', '[{"a":[{}]}]', '[[[['])
      expect(weigh(text)).toMatchObject({ code: 'JSON_TOO_DEEP' });
  });

  it('takes brackets, colons and quotation marks in strings for text', () => {
    expect(
      weigh(JSON.stringify(['[[[[{{{{', '\\"[[[[', ':'.repeat(600_000), '"]"', { 'a[[[[': '\\' }])),
    ).toBeUndefined();
    expect(weigh('["a\\\\",[[[]]]]')).toMatchObject({ code: 'JSON_TOO_DEEP' });
  });

  it('finds more parts than are looked at', () => {
    const members = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [n, 1])));
    expect(weigh(members(499_999))).toBeUndefined();
    for (const text of [members(500_001), `[${'[],'.repeat(500_000)}[]]`, `[${'{},'.repeat(500_000)}{}]`])
      expect(weigh(text)).toMatchObject({ code: 'TOO_MANY_VALUES' });
  });

  it('looks at what is no JSON without an end', () => {
    for (const text of ['"', '"\\', ']]]]', '}{', '', 'a:b']) expect(weigh(text)).toBeUndefined();
  });

  it('takes no time that matters', () => {
    for (const text of ['['.repeat(6_000_000), `"${'\\"'.repeat(6_000_000)}"`, ' '.repeat(12_000_000)]) {
      const body = Buffer.from(text);
      const startedAt = performance.now();
      findJsonWeight(body, 34);
      // Some 30 milliseconds; parsing the first took two seconds.
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    }
  });
});
