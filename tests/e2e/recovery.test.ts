import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { startStack } from './stack.ts';

describe.each(backends)('recovery with the queue on %s', (backend) => {
  it('lets another worker finish what a killed worker was doing, and shows the lost attempt', async () => {
    await using stack = await startStack(backend);
    const victim = await stack.startWorker({ WORKER_ID: 'victim' });
    const { id } = await stack.submit({ model: 'gpt-4o-mini:hang,first=1' });
    await stack.simulator.waitForCall(({ attempt }) => attempt === 1);

    await victim.end('SIGKILL');
    await stack.startWorker({ WORKER_ID: 'heir' });
    const execution = await stack.ended(id);

    expect(execution).toMatchObject({
      status: 'COMPLETED',
      attempt: 2,
      costIsComplete: false,
      attempts: [
        { outcome: 'LOST', workerId: 'victim', errorCode: 'WORKER_LOST' },
        { outcome: 'SUCCEEDED', workerId: 'heir' },
      ],
    });
  });

  it('gives running executions back when a worker is stopped, without charging the attempt', async () => {
    await using stack = await startStack(backend);
    const stopped = await stack.startWorker({ WORKER_ID: 'stopped' });
    const { id } = await stack.submit({ model: 'gpt-4o-mini:hang,first=1', maxAttempts: 1 });
    await stack.simulator.waitForCall(({ attempt }) => attempt === 1);

    expect(await stopped.end('SIGTERM')).toBe(0);
    await stack.startWorker({ WORKER_ID: 'heir' });
    const execution = await stack.ended(id);

    expect(execution).toMatchObject({
      status: 'COMPLETED',
      attempts: [
        { outcome: 'SHUTDOWN', workerId: 'stopped' },
        { outcome: 'SUCCEEDED', workerId: 'heir' },
      ],
    });
  });

  it('rings for an execution whose bell nobody rang', async () => {
    await using stack = await startStack(backend);
    // As if the process that stored it had died before it could ring.
    const id = await createExecution(stack.pool, { userId: stack.user.userId, promptId: stack.promptId });
    await stack.pool.query(
      `UPDATE executions SET created_at = created_at - interval '1 minute' WHERE id = $1`,
      [id],
    );

    await stack.startWorker();
    expect(await stack.ended(id)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });
});
