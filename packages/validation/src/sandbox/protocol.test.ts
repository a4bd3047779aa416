import { describe, expect, it } from '@jest/globals';
import { readReply } from './protocol.ts';

describe('readReply', () => {
  it('reads a reply', () => {
    const reply = { code: null, extraction: 'whole', residentMb: 100, errors: [], value: { a: null } };
    expect(readReply('judge', reply)).toEqual(reply);
  });

  it("tells JSON's null from no value", () => {
    const reply = { code: null, extraction: 'whole', residentMb: 100, errors: [] };
    expect(readReply('judge', { ...reply, value: null })).toEqual({ ...reply, value: null });
    expect(readReply('judge', reply)).toEqual(reply);
  });

  it('makes errors short and storable, whatever the child did to them', () => {
    const errors = Array.from({ length: 60 }, () => ({ message: '\u0000'.repeat(600) }));
    const read = readReply('judge', { code: 'SCHEMA_INVALID', extraction: 'none', residentMb: 100, errors });
    expect(read).toMatchObject({ errors: Array(50).fill({ message: '\uFFFD'.repeat(500) }) });
  });

  it('reads the reply to a check, and takes none that belongs to a judgement', () => {
    const reply = {
      code: 'REGEX_INVALID',
      problems: [{ pointer: '/pattern', message: 'bad' }],
      warnings: [],
      residentMb: 100,
    };
    expect(readReply('check', reply)).toEqual(reply);
    expect(readReply('judge', reply)).toBeUndefined();
    expect(readReply('check', { ...reply, code: 'OUTPUT_NOT_JSON' })).toBeUndefined();
  });

  it.each([
    ['no object', 'started'],
    ['nothing', null],
    ['a code of our own', { code: 'SANDBOX_UNAVAILABLE', extraction: 'none', residentMb: 100, errors: [] }],
    ['a code that does not exist', { code: 'toString', extraction: 'none', residentMb: 100, errors: [] }],
    ['an unknown extraction', { code: null, extraction: 'guessed', residentMb: 100, errors: [] }],
    ['no size', { code: null, extraction: 'none', errors: [] }],
    ['no list of errors', { code: null, extraction: 'none', residentMb: 100, errors: { length: 1 } }],
  ])('refuses %s', (_, message) => {
    expect(readReply('judge', message)).toBeUndefined();
  });
});
