import { describe, expect, it } from '@jest/globals';
import { toVerdictErrors } from './verdict-errors.ts';

describe('toVerdictErrors', () => {
  it('keeps the four fields and nothing else', () => {
    const error = { instancePath: '/a', schemaPath: '#/type', keyword: 'type', message: 'must be string' };
    expect(toVerdictErrors([{ ...error, params: { type: 'string' } }])).toEqual([error]);
  });

  it('keeps the first 50', () => {
    const errors = toVerdictErrors(Array.from({ length: 200 }, (_, index) => ({ message: `${index}` })));
    expect(errors.map((error) => error.message)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index}`),
    );
  });

  it('cuts texts at 500 characters without leaving half of one', () => {
    const [error] = toVerdictErrors([{ message: `${'x'.repeat(499)}😀`, instancePath: 'y'.repeat(9_999) }]);
    expect(error?.message).toBe(`${'x'.repeat(499)}\uFFFD`);
    expect(error?.instancePath).toBe('y'.repeat(500));
  });

  it('replaces what PostgreSQL refuses', () => {
    expect(toVerdictErrors([{ instancePath: '/\u0000\ud800' }])[0]?.instancePath).toBe('/\uFFFD\uFFFD');
  });

  it('makes a storable error of anything', () => {
    const nothing = { instancePath: '', schemaPath: '', keyword: '', message: '' };
    expect(toVerdictErrors([null, 'text', 7, { message: {} }])).toEqual([nothing, nothing, nothing, nothing]);
  });
});
