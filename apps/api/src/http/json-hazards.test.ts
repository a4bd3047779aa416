import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findJsonHazards } from './json-hazards.ts';

const hazardsIn = (text: string) => findJsonHazards(JSON.parse(text));
const codesIn = (text: string) => hazardsIn(text).map(({ code, pointer }) => `${code} ${pointer}`);
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('findJsonHazards', () => {
  it('finds nothing in ordinary JSON, whatever its form', () => {
    const key = fc
      .string({ unit: 'grapheme' })
      .filter((text) => text !== '__proto__' && text !== 'constructor');
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, false),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(
          key.map((text) => text.replaceAll('\0', '')),
          tie('json'),
          { maxKeys: 4 },
        ),
      ),
    }));
    fc.assert(fc.property(json, (value) => expect(findJsonHazards(value)).toEqual([])));
  });

  it.each([
    ['NUL', '{"a":{"b":["x\\u0000y"]}}', ['INVALID_CHARACTER /a/b/0']],
    ['an unpaired surrogate', '{"a":"\\ud800"}', ['INVALID_CHARACTER /a']],
    ['surrogates in the wrong order', '{"a":"\\udc00\\ud800"}', ['INVALID_CHARACTER /a']],
    ['NUL in a name', '{"a":{"b\\u0000":1}}', ['INVALID_CHARACTER /a']],
    ['an unpaired surrogate in a name', '{"\\udfff":1}', ['INVALID_CHARACTER ']],
    ['a number beyond the range', '{"a":1e400,"b":[-1e400]}', ['INVALID_NUMBER /b/0', 'INVALID_NUMBER /a']],
    ['__proto__', '{"a":{"__proto__":{"isAdmin":true}}}', ['FORBIDDEN_KEY /a/__proto__']],
    ['__proto__ of no object', '{"__proto__":null}', ['FORBIDDEN_KEY /__proto__']],
    ['constructor.prototype', '{"constructor":{"prototype":{"x":1}}}', ['FORBIDDEN_KEY /constructor']],
    ['a hazard in a bare text', '"\\u0000"', ['INVALID_CHARACTER ']],
  ])('finds %s and points at it', (_, text, expected) => {
    expect(codesIn(text)).toEqual(expected);
  });

  it.each([
    ['a well-formed pair of surrogates', '{"a":"\\ud83d\\ude00"}'],
    ['text that runs from right to left, and marks that combine', '{"a":"\\u202e\\u200b e\\u0301"}'],
    ['the constructor of a car', '{"constructor":"Lotus"}'],
    ['a prototype of no constructor', '{"prototype":{"x":1}}'],
    ['nothing at all', 'null'],
  ])('lets %s through', (_, text) => {
    expect(hazardsIn(text)).toEqual([]);
  });

  it('escapes the pointer, and cuts names that are long', () => {
    expect(codesIn('{"a/b~c":"\\u0000"}')).toEqual(['INVALID_CHARACTER /a~1b~0c']);
    expect(codesIn(`{"${'k'.repeat(5_000)}":"\\u0000"}`)).toEqual([`INVALID_CHARACTER /${'k'.repeat(100)}`]);
  });

  it('lets 32 levels through and refuses 33', () => {
    expect(hazardsIn(nested(32))).toEqual([]);
    expect(codesIn(nested(33))).toEqual([`JSON_TOO_DEEP ${'/0'.repeat(32)}`]);
    expect(codesIn(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)).toEqual([`JSON_TOO_DEEP ${'/a'.repeat(32)}`]);
  });

  it('survives 500,000 levels', () => {
    expect(hazardsIn(nested(500_000))).toHaveLength(1);
  });

  it('stops at more values than a body of 1 MB can have', () => {
    expect(codesIn(`[${'0,'.repeat(499_999)}0]`)).toEqual([]);
    const many = `[${'0,'.repeat(500_000)}0]`;
    expect(codesIn(many)).toEqual(['TOO_MANY_VALUES ']);
    expect(codesIn(`[${`[${'0,'.repeat(99)}0],`.repeat(5_000)}0]`)).toEqual(['TOO_MANY_VALUES ']);
    expect(codesIn(`[${'0,'.repeat(5_000_000)}0]`)).toEqual(['TOO_MANY_VALUES ']);
  });

  it('reports 20 problems at most', () => {
    expect(hazardsIn(JSON.stringify(Array(50_000).fill('\0')))).toHaveLength(20);
    expect(hazardsIn(`{"a":{${Array.from({ length: 99 }, (_, i) => `"k\\u0000${i}":1`)}}}`)).toHaveLength(20);
  });

  it('never repeats a value', () => {
    expect(JSON.stringify(hazardsIn('{"a":"canary-5f3a\\u0000","b":["canary-5f3a\\ud800"]}'))).not.toContain(
      'canary',
    );
  });
});
