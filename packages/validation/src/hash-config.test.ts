import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hashConfig } from './hash-config.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('hashConfig', () => {
  it('hashes the canonical form of a config', () => {
    const config = { b: [1, 'x', null, [], {}], a: { d: 1.5e300, c: true }, '': 'ü"\n' };
    const canonical = '{"":"ü\\"\\n","a":{"c":true,"d":1.5e+300},"b":[1,"x",null,[],{}]}';
    expect(hashConfig(config)).toBe(sha256(canonical));
  });

  it('does not see the order of members', () => {
    expect(hashConfig(JSON.parse('{"a":1,"b":{"c":2,"d":3}}'))).toBe(
      hashConfig(JSON.parse('{"b":{"d":3,"c":2},"a":1}')),
    );
  });

  it('sees the order of elements, and members named __proto__', () => {
    expect(hashConfig([1, 2])).not.toBe(hashConfig([2, 1]));
    expect(hashConfig(JSON.parse('{"__proto__":1}'))).not.toBe(hashConfig({}));
  });

  it.each([
    [null, 'null'],
    [undefined, 'null'],
    [false, 'false'],
    ['x', '"x"'],
    [0, '0'],
  ])('hashes %j', (config, canonical) => {
    expect(hashConfig(config)).toBe(sha256(canonical));
  });

  it('hashes a config that is nested 100,000 levels deep', () => {
    const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(hashConfig(JSON.parse(text))).toBe(sha256(text));
  });
});
