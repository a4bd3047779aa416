import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { startStack } from './stack.ts';

describe.each(backends)('starting later with the queue on %s', (backend) => {
  it('starts at the time that was asked for, by its bell alone, and not before', async () => {
    await using stack = await startStack(backend);
    // No maintenance comes to help: only the delayed bell can start it.
    await stack.startWorker({ MAINTENANCE_MS: '60000' });
    const runAt = new Date(Date.now() + 3_000);
    const { id } = await stack.submit({ runAt: runAt.toISOString() });
    // What is submitted later and may start at once is run meanwhile.
    const { id: other } = await stack.submit();
    await stack.ended(other);
    const ended = await stack.ended(id);
    expect(ended).toMatchObject({ status: 'COMPLETED', attempts: [{ outcome: 'SUCCEEDED' }] });
    expect(Date.parse(ended.startedAt)).toBeGreaterThanOrEqual(runAt.getTime());
  });

  it('starts at its time also when its bell was lost', async () => {
    await using stack = await startStack(backend);
    const runAt = new Date(Date.now() + 3_000);
    const owner = { userId: stack.user.userId, promptId: stack.promptId };
    const id = await createExecution(stack.pool, owner, { runAt });
    await stack.startWorker();
    const ended = await stack.ended(id);
    expect(ended).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    expect(Date.parse(ended.startedAt)).toBeGreaterThanOrEqual(runAt.getTime());
  });
});
