import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { startStack, type TestStack } from './stack.ts';

describe.each(backends)('retries with the queue on %s', (backend) => {
  // One for all: no case leaves anything behind that another could meet.
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startStack(backend);
    await stack.startWorker();
  });
  afterAll(async () => {
    await stack[Symbol.asyncDispose]();
  });

  it('tries again after errors that may pass, and shows every attempt', async () => {
    const { id } = await stack.submit({ model: 'gpt-4o-mini:status=500,first=1' });
    expect(await stack.ended(id)).toMatchObject({
      status: 'COMPLETED',
      attempts: [{ outcome: 'FAILED', errorCode: 'PROVIDER_UNAVAILABLE' }, { outcome: 'SUCCEEDED' }],
    });
  });

  it('ends as FAILED when the attempts are used up, with a code and no output', async () => {
    const { id } = await stack.submit({ model: 'gpt-4o-mini:status=503', maxAttempts: 2 });
    const execution = await stack.ended(id);
    expect(execution).toMatchObject({
      status: 'FAILED',
      attempt: 2,
      error: { code: 'PROVIDER_UNAVAILABLE' },
    });
    expect(execution).toMatchObject({ output: null, validationStatus: 'SKIPPED' });
  });

  it.each([
    ['status=401', 'PROVIDER_AUTH'],
    ['status=400', 'PROVIDER_BAD_REQUEST'],
    ['status=429,code=insufficient_quota', 'PROVIDER_QUOTA_EXCEEDED'],
    ['filter', 'CONTENT_FILTERED'],
    ['huge=5000000', 'PROVIDER_RESPONSE_TOO_LARGE'],
  ])('does not try again after %s', async (fault, code) => {
    const { id } = await stack.submit({ model: `gpt-4o-mini:${fault}` });
    expect(await stack.ended(id)).toMatchObject({ status: 'FAILED', attempt: 1, error: { code } });
  });

  it('ends a call that hangs at its time limit', async () => {
    const { id } = await stack.submit({ model: 'gpt-4o-mini:hang', timeoutMs: 1_000, maxAttempts: 1 });
    expect(await stack.ended(id)).toMatchObject({ status: 'FAILED', error: { code: 'PROVIDER_TIMEOUT' } });
    await stack.simulator.waitForClosed(({ idempotencyKey }) => idempotencyKey === `${id}-1`);
  });
});
