import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { entityTag, ifMatchOf, isKnownTo } from './etag.ts';

const request = (headers: Record<string, string>) => ({ headers }) as unknown as Request;

describe('ifMatchOf', () => {
  it.each<[string, string[] | null]>([
    ['*', null],
    [' * ', null],
    ['"a"', ['a']],
    ['"a", "b"', ['a', 'b']],
    ['"a","b,c" ,"d"', ['a', 'b,c', 'd']],
    ['W/"a"', []],
    ['W/"a", "b"', ['b']],
    ['a', []],
    ['', []],
    ['"a', []],
    ['"*"', ['*']],
    ['w/"a"', ['a']],
  ])('takes %j for %j', (header, tags) => {
    expect(ifMatchOf(request({ 'if-match': header }))).toEqual(tags);
  });

  it('takes no header for any state', () => {
    expect(ifMatchOf(request({}))).toBeNull();
  });

  it('reads a long header in a short time', () => {
    const startedAt = performance.now();
    ifMatchOf(request({ 'if-match': '"'.repeat(16_001) }));
    ifMatchOf(request({ 'if-match': `"${'a'.repeat(16_000)}` }));
    ifMatchOf(request({ 'if-match': '"a '.repeat(5_000) }));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('isKnownTo', () => {
  it.each<[string, boolean]>([
    ['"a"', true],
    ['W/"a"', true],
    ['"b", W/"a"', true],
    ['*', true],
    ['"b"', false],
    ['a', false],
    ['', false],
  ])('says of %j: %j', (header, known) => {
    expect(isKnownTo(request({ 'if-none-match': header }), 'a')).toBe(known);
  });

  it('says no without the header', () => {
    expect(isKnownTo(request({}), 'a')).toBe(false);
  });
});

describe('entityTag', () => {
  it('writes a strong tag that both read', () => {
    expect(ifMatchOf(request({ 'if-match': entityTag('a1') }))).toEqual(['a1']);
  });
});
