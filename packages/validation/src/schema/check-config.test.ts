import { describe, expect, it } from '@jest/globals';
import { checkConfig } from './check-config.ts';

const nested = (levels: number, keyword: string) =>
  JSON.parse(`${`{"${keyword}":`.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`);

describe('checkConfig', () => {
  it.each([true, false, {}, { type: 'object', properties: { a: { enum: [1, 'x', null] } } }])(
    'lets %j through',
    (config) => {
      expect(checkConfig(config)).toEqual({ schema: config });
    },
  );

  it.each([null, undefined, 'x', 7, [], [{}]])('refuses %j, which is no schema', (config) => {
    expect(checkConfig(config).errors).toEqual([
      { instancePath: '', schemaPath: '#', keyword: '', message: 'a schema must be an object or a boolean' },
    ]);
  });

  it('lets 20 levels through and refuses 21', () => {
    expect(checkConfig(nested(20, 'not')).errors).toBeUndefined();
    expect(checkConfig(nested(21, 'not')).errors?.[0]?.message).toMatch(/deeper than 20 levels/);
  });

  it('refuses 100,000 levels', () => {
    expect(checkConfig(nested(100_000, 'not')).errors).toHaveLength(1);
  });

  it('lets 1,000 objects and arrays through and refuses one more', () => {
    expect(checkConfig({ allOf: Array.from({ length: 998 }, () => ({})) }).errors).toBeUndefined();
    expect(checkConfig({ allOf: Array.from({ length: 999 }, () => ({})) }).errors?.[0]?.message).toMatch(
      /1000/,
    );
  });

  it('lets 64 kB of JSON through and refuses one byte more', () => {
    const description = 'ü'.repeat((65_536 - '{"description":""}'.length) / 2);
    expect(checkConfig({ description }).errors).toBeUndefined();
    expect(checkConfig({ description: `${description}x` }).errors?.[0]?.message).toMatch(/65536 bytes/);
  });
});
