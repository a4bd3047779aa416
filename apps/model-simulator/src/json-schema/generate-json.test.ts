import { describe, expect, it } from '@jest/globals';
import { generateJson } from './generate-json.ts';
import { SchemaError } from './schema.ts';

describe('generateJson', () => {
  it('fills in what is optional, and stops where a schema contains itself', () => {
    const list = {
      type: 'object',
      properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['value', 'next'],
      additionalProperties: false,
    };
    expect(generateJson(list)).toEqual({
      value: 1,
      next: { value: 1, next: { value: 1, next: { value: 1, next: null } } },
    });
  });

  it.each([
    ['a range', { type: 'number', minimum: 1, maximum: 10 }, 6],
    ['a narrow open range', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
    ['the first of an enum', { enum: ['security', 'bug'] }, 'security'],
    ['null when a constant is null', { const: null }, null],
    ['a pattern', { type: 'string', pattern: '^[A-Z]{2}-\\d+(?:x|y)$' }, 'AA-0x'],
    ['a pattern with a length', { type: 'string', pattern: '^a+$', minLength: 4 }, 'aaaa'],
    ['a format', { type: 'string', format: 'email' }, 'user0@example.com'],
    ['a length in code points', { type: 'string', minLength: 12, maxLength: 12 }, 'simulated te'],
    [
      'different items',
      { type: 'array', items: { type: 'boolean' }, uniqueItems: true, minItems: 2 },
      [true, false],
    ],
    ['what only one of two branches allows', { oneOf: [{ type: 'integer' }, { type: 'number' }] }, 1.5],
    ['what is not forbidden', { not: { type: 'string' } }, 1],
    [
      'what all parts ask for',
      {
        allOf: [
          { type: ['string', 'integer'], minimum: 3 },
          { type: 'integer', maximum: 3 },
        ],
      },
      3,
    ],
    [
      'a property under the rule for other properties, on either side',
      {
        allOf: [
          { additionalProperties: { enum: ['x', 'yy'] } },
          { properties: { a: true }, required: ['a'] },
          { additionalProperties: { minLength: 2 } },
        ],
      },
      { a: 'yy' },
    ],
    [
      'an item under the rule for other items, on either side',
      {
        allOf: [{ items: { enum: ['x', 'yy'] } }, { prefixItems: [true, true] }, { items: { minLength: 2 } }],
      },
      ['yy', 'yy'],
    ],
    [
      'a reference with siblings and escapes',
      { $defs: { 'a/b': { type: 'integer' } }, $ref: '#/$defs/a~1b', minimum: 7 },
      7,
    ],
    ['a property that is called like a keyword', { properties: { if: { const: 1 } } }, { if: 1 }],
  ])('answers %s', (_what, schema, value) => {
    expect(generateJson(schema)).toEqual(value);
  });

  it.each([
    ['something that is no schema', 5, 'Invalid input'],
    ['an unknown type', { properties: { a: { type: 'text' } } }, 'at properties.a.type'],
    ['a keyword it does not support', { items: { if: true } }, 'does not support the keyword if'],
    ['a reference out of the schema', { $ref: 'https://example.com/a' }, 'leads to no schema'],
    ['a reference to nothing', { items: { $ref: '#/$defs/a' } }, '#/$defs/a leads to no schema'],
    [
      'a reference to something else',
      { required: ['a'], items: { $ref: '#/required' } },
      'leads to no schema',
    ],
    ['a reference to itself', { anyOf: [{ $ref: '#' }, true] }, 'leads back to itself'],
    ['a pattern that is none', { pattern: '(' }, 'not a regular expression'],
    ['a pattern that asks for too much', { pattern: 'a{1000000000}' }, 'more than 10000 characters'],
    ['a text that is too long', { type: 'string', minLength: 1e9 }, 'minLength'],
    ['an array that is too long', { type: 'array', minItems: 1e9 }, 'too complex'],
    ['what contradicts itself', { type: 'integer', minimum: 2, maximum: 1 }, 'no value was found'],
    [
      'what never ends',
      { properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] },
      /complex|no value/,
    ],
  ])('refuses %s', (_what, schema, message) => {
    expect(() => generateJson(schema)).toThrow(SchemaError);
    expect(() => generateJson(schema)).toThrow(message);
  });
});
