import { describe, expect, it } from '@jest/globals';
import { catalogue } from './catalogue.ts';
import { FormaError, isFormaError } from './forma-error.ts';

describe('FormaError', () => {
  it('says what the catalogue says when it has no message of its own', () => {
    const error = new FormaError('PROVIDER_TIMEOUT');
    expect(error.message).toBe(catalogue.PROVIDER_TIMEOUT.title);
    expect(error.entry).toBe(catalogue.PROVIDER_TIMEOUT);
    expect(String(error)).toBe(`FormaError: ${catalogue.PROVIDER_TIMEOUT.title}`);
  });

  it('carries a message, details, a cause and a waiting time', () => {
    const cause = new Error('socket hang up');
    const options = { message: 'slow down', details: { limit: 3 }, cause, retryAfterMs: 1_500 };
    expect(new FormaError('RATE_LIMITED', options)).toMatchObject({ code: 'RATE_LIMITED', ...options });
  });
});

describe('isFormaError', () => {
  it('recognises one that another copy of the module made', () => {
    expect(isFormaError({ [Symbol.for('formaops.error')]: true, code: 'INTERNAL' })).toBe(true);
    expect(isFormaError(new FormaError('INTERNAL'))).toBe(true);
  });

  it.each([null, undefined, 'INTERNAL', { name: 'FormaError', code: 'INTERNAL' }, new Error('INTERNAL')])(
    'does not take %p for one',
    (value) => {
      expect(isFormaError(value)).toBe(false);
    },
  );
});
