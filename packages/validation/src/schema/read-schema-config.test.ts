import { describe, expect, it } from '@jest/globals';
import { readSchemaConfig } from './read-schema-config.ts';

const nested = (levels: number, keyword: string) =>
  JSON.parse(`${`{"${keyword}":`.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`);

const tooComplex = (message: RegExp) => ({
  code: 'SCHEMA_TOO_COMPLEX',
  problems: [{ pointer: '', message: expect.stringMatching(message) }],
});

describe('readSchemaConfig', () => {
  it.each([true, false, {}, { type: 'object', properties: { a: { enum: [1, 'x', null] } } }])(
    'lets %j through',
    (config) => {
      expect(readSchemaConfig(config)).toEqual({ config });
    },
  );

  it.each([null, undefined, 'x', 7, [], [{}]])('refuses %j, which is no schema', (config) => {
    expect(readSchemaConfig(config)).toEqual({
      code: 'SCHEMA_INVALID',
      problems: [{ pointer: '', message: 'a schema must be an object or a boolean' }],
    });
  });

  it('lets 20 levels through and refuses 21', () => {
    expect(readSchemaConfig(nested(20, 'not')).code).toBeUndefined();
    expect(readSchemaConfig(nested(21, 'not'))).toMatchObject(tooComplex(/deeper than 20 levels/));
  });

  it('refuses 100,000 levels', () => {
    expect(readSchemaConfig(nested(100_000, 'not'))).toMatchObject(tooComplex(/./));
  });

  it('lets 1,000 objects and arrays through and refuses one more', () => {
    expect(readSchemaConfig({ allOf: Array.from({ length: 998 }, () => ({})) }).code).toBeUndefined();
    expect(readSchemaConfig({ allOf: Array.from({ length: 999 }, () => ({})) })).toMatchObject(
      tooComplex(/1000/),
    );
  });

  it('lets 64 kB of JSON through and refuses one byte more', () => {
    const description = 'ü'.repeat((65_536 - '{"description":""}'.length) / 2);
    expect(readSchemaConfig({ description }).code).toBeUndefined();
    expect(readSchemaConfig({ description: `${description}x` })).toMatchObject(tooComplex(/65536 bytes/));
  });
});
