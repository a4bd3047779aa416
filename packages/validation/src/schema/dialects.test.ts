import { describe, expect, it } from '@jest/globals';
import { dialectOf } from './dialects.ts';

describe('dialectOf', () => {
  it.each([
    ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
    ['https://json-schema.org/draft/2019-09/schema', '2019-09'],
    ['http://json-schema.org/draft-07/schema#', '07'],
    ['https://json-schema.org/draft-07/schema', '07'],
    ['http://json-schema.org/draft-06/schema#', '06'],
    ['http://json-schema.org/draft-04/schema#', '04'],
  ])('reads %s as %s', ($schema, dialect) => {
    expect(dialectOf({ $schema })).toBe(dialect);
  });

  it('takes 2020-12 when none is named', () => {
    expect(dialectOf({ type: 'object' })).toBe('2020-12');
    expect(dialectOf(true)).toBe('2020-12');
  });

  it.each([
    '',
    'http://json-schema.org/schema#',
    'http://json-schema.org/draft-03/schema#',
    'toString',
    7,
    null,
    {},
  ])('does not know %j', ($schema) => {
    expect(dialectOf({ $schema })).toBeUndefined();
  });
});
