import { FormaError } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { APIConnectionError, APIConnectionTimeoutError } from 'openai';
import { classifyError } from './classify-error.ts';
import { ConnectFailure } from './http-transport.ts';

const context = { now: new Date(0), secrets: [], isAnswerStarted: false };
const systemError = (code: string) => Object.assign(new Error(code), { code });
const wrapped = (cause: Error) => new APIConnectionError({ message: undefined, cause });

describe('classifyError', () => {
  it.each([
    ['a reset connection', systemError('ECONNRESET'), 'PROVIDER_UNAVAILABLE'],
    ['a reset connection, wrapped by the client', wrapped(systemError('ECONNRESET')), 'PROVIDER_UNAVAILABLE'],
    ['a connection that timed out', wrapped(systemError('ETIMEDOUT')), 'PROVIDER_TIMEOUT'],
    ['the client’s own timeout', new APIConnectionTimeoutError(), 'PROVIDER_TIMEOUT'],
    ['an answer that is no HTTP', wrapped(systemError('HPE_INVALID_CONSTANT')), 'PROVIDER_BAD_RESPONSE'],
  ])('takes %s for a failure of the provider that may be billed', (_, error, code) => {
    expect(classifyError(error, context)).toMatchObject({ error: { code, cause: error }, mayBeBilled: true });
  });

  it('takes a connection that broke within an answer for a truncated answer', () => {
    const { error } = classifyError(systemError('ECONNRESET'), { ...context, isAnswerStarted: true });

    expect(error.code).toBe('PROVIDER_TRUNCATED');
  });

  it.each([
    ['timeout', 'PROVIDER_TIMEOUT'],
    ['network', 'PROVIDER_UNAVAILABLE'],
  ] as const)('knows that a connection that failed by %s cost nothing', (kind, code) => {
    expect(classifyError(wrapped(new ConnectFailure(kind)), context)).toMatchObject({
      error: { code },
      mayBeBilled: false,
    });
  });

  it('finds an error of ours however deep it is wrapped', () => {
    const ours = new FormaError('PROVIDER_RESPONSE_TOO_LARGE');

    expect(classifyError(wrapped(new TypeError('terminated', { cause: ours })), context).error).toBe(ours);
  });

  it.each([[new TypeError('x is not a function')], ['text'], [undefined], [systemError('ENOENT')]])(
    'makes INTERNAL of %p, which nobody foresaw, and keeps it as the cause',
    (error) => {
      expect(classifyError(error, context).error).toMatchObject({ code: 'INTERNAL', cause: error });
    },
  );

  it('ends with a chain of causes that is a circle', () => {
    const error = new Error('a');
    error.cause = error;

    expect(classifyError(error, context).error.code).toBe('INTERNAL');
  });
});
