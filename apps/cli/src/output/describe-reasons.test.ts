import { describe, expect, it } from '@jest/globals';
import { describeReasons } from './describe-reasons.ts';

describe('describeReasons', () => {
  it('says what is wrong, and where', () => {
    const errors = [
      { instancePath: '/answer', schemaPath: '#/properties/answer/type', message: 'must be string' },
      { instancePath: '', message: 'Error: boom' },
    ];
    expect(describeReasons('OUTPUT_SCHEMA_MISMATCH', errors)).toEqual([
      '/answer must be string',
      'Error: boom',
    ]);
  });

  it('shows what it does not know as it is', () => {
    expect(describeReasons(null, ['odd', null, { path: 1 }])).toEqual(['"odd"', 'null', '{"path":1}']);
  });

  it('says what the code means where nothing else is said', () => {
    expect(describeReasons('SANDBOX_TIMEOUT', [])).toEqual([
      'The validation took too long. Simplify the validation.',
    ]);
    expect(describeReasons(null, [])).toEqual([]);
    expect(describeReasons('OF_LATER', [])).toEqual([]);
  });

  it('leaves the rest of many to scripts', () => {
    const errors = Array.from({ length: 12 }, (_, index) => ({ instancePath: `/${index}`, message: 'no' }));
    const lines = describeReasons('OUTPUT_SCHEMA_MISMATCH', errors);
    expect([lines.length, lines.at(-1)]).toEqual([11, 'and 2 more; --json shows all']);
  });
});
