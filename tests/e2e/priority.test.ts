import { describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { startStack } from './stack.ts';

describe.each(backends)('priority with the queue on %s', (backend) => {
  it('runs CRITICAL, HIGH, NORMAL, LOW in this order when they waited together', async () => {
    await using stack = await startStack(backend);
    const submitted = [];
    for (const priority of ['LOW', 'NORMAL', 'HIGH', 'CRITICAL'])
      submitted.push(await stack.submit({ priority }));

    await stack.startWorker({ WORKER_CONCURRENCY: '1' });
    const ended = await Promise.all(submitted.map(({ id }) => stack.ended(id)));

    expect(ended.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED']);
    const called = stack.simulator.calls().map(({ idempotencyKey }) => idempotencyKey?.slice(0, 36));
    expect(called).toEqual(submitted.map(({ id }) => id).toReversed());
  });
});
