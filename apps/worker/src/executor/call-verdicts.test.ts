import type { ErrorCode } from '@formaops/core';
import type { ModelCall } from '@formaops/providers';
import { describe, expect, it } from '@jest/globals';
import { judgeCall } from './call-verdicts.ts';
import { answered, endless, failed } from './executor.fixture.ts';

const verdictsOf = (code: ErrorCode, details?: Record<string, unknown>) =>
  judgeCall(failed(code, details ? { details } : {}));

describe('judgeCall', () => {
  it('takes an answer for a sign that all is well', () => {
    expect(judgeCall(answered())).toEqual({ credential: 'succeeded', model: 'succeeded' });
  });

  it('learns nothing from a call that was ended here', async () => {
    const aborted = await endless({ signal: AbortSignal.abort('cancelled') } as ModelCall);
    expect(judgeCall(aborted)).toEqual({ credential: 'neither', model: 'neither' });
  });

  it.each<[string, ErrorCode, Record<string, unknown> | undefined]>([
    ['401', 'PROVIDER_AUTH', { httpStatus: 401 }],
    ['an authentication error within a stream', 'PROVIDER_AUTH', undefined],
    ['a quota that is used up', 'PROVIDER_QUOTA_EXCEEDED', { httpStatus: 429 }],
  ])('blames the credential for %s', (_what, code, details) => {
    expect(verdictsOf(code, details)).toEqual({ credential: 'failed', model: 'neither' });
  });

  it.each<[string, ErrorCode, Record<string, unknown> | undefined]>([
    ['500', 'PROVIDER_UNAVAILABLE', { httpStatus: 500 }],
    ['a connection that broke', 'PROVIDER_UNAVAILABLE', undefined],
    ['a connection that took too long', 'PROVIDER_TIMEOUT', undefined],
    ['no first byte', 'PROVIDER_TIMEOUT', { limit: 'firstByte', limitMs: 60_000 }],
    ['silence', 'PROVIDER_TIMEOUT', { limit: 'idle', limitMs: 30_000 }],
  ])('blames the model for %s', (_what, code, details) => {
    expect(verdictsOf(code, details)).toEqual({ credential: 'neither', model: 'failed' });
  });

  it.each<[string, ErrorCode, Record<string, unknown>]>([
    ['403, which may mean this model only', 'PROVIDER_AUTH', { httpStatus: 403 }],
    ['402, which may mean this request only', 'PROVIDER_QUOTA_EXCEEDED', { httpStatus: 402 }],
    ["the provider's own time-out", 'PROVIDER_TIMEOUT', { httpStatus: 408 }],
  ])('blames the model for %s, and knows the credential is taken', (_what, code, details) => {
    expect(verdictsOf(code, details)).toEqual({ credential: 'succeeded', model: 'failed' });
  });

  it.each<[string, ErrorCode, Record<string, unknown> | undefined]>([
    ["the caller's own limit", 'PROVIDER_TIMEOUT', { limit: 'total', limitMs: 1_000 }],
    ['rubbish', 'PROVIDER_BAD_RESPONSE', undefined],
    ['an answer that broke off', 'PROVIDER_TRUNCATED', undefined],
    ['an answer that is too large', 'PROVIDER_RESPONSE_TOO_LARGE', { maxBytes: 1_024 }],
    ['a filter', 'CONTENT_FILTERED', undefined],
    ['an error of ours', 'INTERNAL', undefined],
  ])('blames nobody for %s', (_what, code, details) => {
    expect(verdictsOf(code, details)).toEqual({ credential: 'neither', model: 'neither' });
  });

  it.each<[string, ErrorCode, Record<string, unknown>]>([
    ['a bad request', 'PROVIDER_BAD_REQUEST', { httpStatus: 400 }],
    ['a rate limit', 'PROVIDER_RATE_LIMITED', { httpStatus: 429 }],
    ['a filter', 'CONTENT_FILTERED', { httpStatus: 400 }],
  ])('blames nobody for %s, and knows the credential is taken', (_what, code, details) => {
    expect(verdictsOf(code, details)).toEqual({ credential: 'succeeded', model: 'neither' });
  });
});
